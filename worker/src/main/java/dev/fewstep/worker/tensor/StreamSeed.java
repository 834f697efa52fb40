package dev.fewstep.worker.tensor;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * Counter-based seeds: every random stream of an experiment is seeded by a hash of what it is for
 * and where it stands, so no generator state is ever saved and any step can be replayed.
 *
 * <p>H(seed, purpose, c1, c2, ...) is the first eight bytes, big-endian, of SHA-256 over: the seed
 * as eight bytes, the length of the purpose in bytes as four bytes, the purpose in UTF-8, and each
 * counter as eight bytes (all big-endian). Counters are, in this order and as far as they apply:
 * step, micro-batch or image index, chain index, layer.
 */
public final class StreamSeed {
  private StreamSeed() {}

  /**
   * Derives a seed.
   *
   * @param seed the seed of the experiment or the evaluation
   * @param purpose what the stream is for, for example {@code noise}
   * @param counters where the stream stands
   * @return a 64-bit seed for a generator
   */
  public static long of(long seed, String purpose, long... counters) {
    byte[] name = purpose.getBytes(StandardCharsets.UTF_8);
    ByteBuffer bytes = ByteBuffer.allocate(12 + name.length + 8 * counters.length);
    bytes.putLong(seed).putInt(name.length).put(name);
    for (long counter : counters) {
      bytes.putLong(counter);
    }
    try {
      byte[] hash = MessageDigest.getInstance("SHA-256").digest(bytes.array());
      return ByteBuffer.wrap(hash).getLong();
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java platform has SHA-256", e);
    }
  }

  /**
   * Derives one seed per row of a batch.
   *
   * @return seeds H(seed, purpose, from + i)
   */
  public static long[] rows(long seed, String purpose, long from, int count) {
    long[] seeds = new long[count];
    for (int i = 0; i < count; i++) {
      seeds[i] = of(seed, purpose, from + i);
    }
    return seeds;
  }

  /**
   * Derives one seed per row of a batch: the last counter runs from {@code from}.
   *
   * @param seed as for {@link #of}
   * @param purpose as for {@link #of}
   * @param step the first counter
   * @param from index of the first row
   * @param count number of rows
   * @return seeds H(seed, purpose, step, from + i)
   */
  public static long[] rows(long seed, String purpose, long step, long from, int count) {
    long[] seeds = new long[count];
    for (int i = 0; i < count; i++) {
      seeds[i] = of(seed, purpose, step, from + i);
    }
    return seeds;
  }
}
