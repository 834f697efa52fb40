package dev.fewstep.orchestrator.tensorboard;

import static java.util.Objects.requireNonNull;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32C;

/**
 * A TensorBoard event file: {@code Event} messages (tensorflow/core/util/event.proto) in the frames
 * of TFRecord (tensorflow/core/lib/io/record_writer.h): the length as 8 bytes, a masked CRC32C of
 * them, the message, a masked CRC32C of it, all little-endian. Does not close its stream.
 */
final class EventFile {
  private static final int MASK_DELTA = 0xa282ead8;
  private static final int PNG_HEAD = 26;

  private final OutputStream out;
  private final double seconds;

  /**
   * Begins a file.
   *
   * @param seconds since 1970: when what it tells was known
   */
  EventFile(OutputStream out, double seconds) throws IOException {
    this.out = requireNonNull(out, "out");
    this.seconds = seconds;
    Message event = event(0);
    event.bytes(3, "brain.Event:2".getBytes(StandardCharsets.UTF_8));
    frame(event.toByteArray());
  }

  private Message event(long step) {
    Message event = new Message();
    event.fixed64(1, Double.doubleToRawLongBits(seconds));
    event.varint(2, step);
    return event;
  }

  /** Adds a number. */
  void scalar(String tag, long step, double value) throws IOException {
    Message item = new Message();
    item.bytes(1, tag.getBytes(StandardCharsets.UTF_8));
    item.fixed32(2, Float.floatToRawIntBits((float) value));
    summary(step, item);
  }

  /**
   * Adds a picture.
   *
   * @param png a PNG file; anything else is left out
   * @return whether it is one
   */
  boolean image(String tag, long step, byte[] png) throws IOException {
    ByteBuffer head = ByteBuffer.wrap(png);
    if (png.length < PNG_HEAD || head.getLong(0) != 0x89504e470d0a1a0aL) {
      return false;
    }
    Message image = new Message();
    image.varint(1, head.getInt(20));
    image.varint(2, head.getInt(16));
    image.varint(3, channels(png[25]));
    image.bytes(4, png);
    Message item = new Message();
    item.bytes(1, tag.getBytes(StandardCharsets.UTF_8));
    item.bytes(4, image.toByteArray());
    summary(step, item);
    return true;
  }

  /**
   * Channels of a PNG colour type: grey, grey and alpha, RGB and a palette of it, RGB and alpha.
   */
  private static int channels(int colourType) {
    return switch (colourType) {
      case 0 -> 1;
      case 4 -> 2;
      case 6 -> 4;
      default -> 3;
    };
  }

  private void summary(long step, Message item) throws IOException {
    Message summary = new Message();
    summary.bytes(1, item.toByteArray());
    Message event = event(step);
    event.bytes(5, summary.toByteArray());
    frame(event.toByteArray());
  }

  private void frame(byte[] message) throws IOException {
    byte[] length = little(8).putLong(message.length).array();
    out.write(length);
    out.write(little(4).putInt(masked(length)).array());
    out.write(message);
    out.write(little(4).putInt(masked(message)).array());
  }

  private static ByteBuffer little(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** Rotated by 15 bits plus a constant, so that a CRC of data with CRCs in it is no trap. */
  static int masked(byte[] data) {
    CRC32C crc = new CRC32C();
    crc.update(data, 0, data.length);
    int value = (int) crc.getValue();
    return Integer.rotateRight(value, 15) + MASK_DELTA;
  }

  /** Fields of a protocol buffer message. */
  private static final class Message {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    void varint(int field, long value) {
      raw((long) field << 3);
      raw(value);
    }

    void fixed64(int field, long value) {
      raw(((long) field << 3) | 1);
      bytes.writeBytes(little(8).putLong(value).array());
    }

    void fixed32(int field, int value) {
      raw(((long) field << 3) | 5);
      bytes.writeBytes(little(4).putInt(value).array());
    }

    void bytes(int field, byte[] value) {
      raw(((long) field << 3) | 2);
      raw(value.length);
      bytes.writeBytes(value);
    }

    private void raw(long value) {
      long left = value;
      while ((left & ~0x7fL) != 0) {
        bytes.write((int) ((left & 0x7f) | 0x80));
        left >>>= 7;
      }
      bytes.write((int) left);
    }

    byte[] toByteArray() {
      return bytes.toByteArray();
    }
  }
}
