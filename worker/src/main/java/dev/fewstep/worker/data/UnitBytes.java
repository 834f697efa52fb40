package dev.fewstep.worker.data;

/** Unsigned bytes as numbers in [0, 1]. */
final class UnitBytes {
  private static final float[] UNIT = new float[256];

  static {
    for (int i = 0; i < UNIT.length; i++) {
      UNIT[i] = i / 255f;
    }
  }

  private UnitBytes() {}

  static float value(byte unsigned) {
    return UNIT[Byte.toUnsignedInt(unsigned)];
  }
}
