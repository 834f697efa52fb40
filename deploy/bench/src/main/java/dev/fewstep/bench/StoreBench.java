package dev.fewstep.bench;

import dev.fewstep.embedded.EmbeddedS3;
import dev.fewstep.embedded.S3Credentials;
import dev.fewstep.store.ObjectInfo;
import dev.fewstep.store.S3Bucket;
import dev.fewstep.store.S3Settings;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;

/**
 * Sends a large file to an object store and reads it back, with what the heap holds before, between
 * and after. Arguments: {@code serve FOLDER} to be an S3 store of the embedded kind until standard
 * input ends (prints its address), or {@code move FOLDER ENDPOINT MIB...} for one row a size. Keys
 * of the store come from {@code AWS_ACCESS_KEY_ID} and {@code AWS_SECRET_ACCESS_KEY}.
 */
public final class StoreBench {
  private static final int BLOCK = 1 << 20;

  private StoreBench() {}

  /** Serves or prints the table. */
  public static void main(String[] arguments) throws IOException {
    String access = key("AWS_ACCESS_KEY_ID");
    String secret = key("AWS_SECRET_ACCESS_KEY");
    Path folder = Path.of(arguments[1]);
    if ("serve".equals(arguments[0])) {
      EmbeddedS3 server = EmbeddedS3.start(folder, 0, new S3Credentials(access, secret));
      System.out.println(server.endpoint());
      System.in.transferTo(OutputStream.nullOutputStream());
      server.close();
      return;
    }
    S3Settings settings =
        new S3Settings(URI.create(arguments[2]), "us-east-1", "bench", access, secret);
    System.out.printf(
        Locale.ROOT,
        "%8s %10s %10s %12s %12s %12s %12s%n",
        "MiB",
        "up MiB/s",
        "down MiB/s",
        "heap before",
        "sent",
        "read",
        "resident");
    try (S3Bucket bucket = new S3Bucket(settings)) {
      bucket.make();
      for (String size : Arrays.copyOfRange(arguments, 3, arguments.length)) {
        move(bucket, folder.resolve("large.bin"), Integer.parseInt(size));
      }
    }
  }

  private static String key(String name) {
    String value = System.getenv(name);
    if (value == null || value.isBlank()) {
      throw new IllegalArgumentException(name + " is not set");
    }
    return value;
  }

  private static void move(S3Bucket bucket, Path file, int size) throws IOException {
    final String digest = write(file, size);
    final String key = "sha256/" + digest.substring(0, 2) + "/" + digest;
    final double before = live();
    long start = System.nanoTime();
    bucket.upload(key, file, Map.of());
    final double up = size / seconds(start);
    Files.delete(file);
    final double sent = live();
    ObjectInfo info = bucket.stat(key).orElseThrow();
    require(info.bytes() == (long) size * BLOCK, "the store says " + info.bytes() + " bytes");
    start = System.nanoTime();
    MessageDigest sha256 = sha256();
    try (S3Bucket.Content content = bucket.open(key).orElseThrow();
        InputStream in = new DigestInputStream(content.stream(), sha256)) {
      in.transferTo(OutputStream.nullOutputStream());
    }
    final double down = size / seconds(start);
    require(HexFormat.of().formatHex(sha256.digest()).equals(digest), "other bytes came back");
    System.out.printf(
        Locale.ROOT,
        "%8d %10.1f %10.1f %12.1f %12.1f %12.1f %12.1f%n",
        size,
        up,
        down,
        before,
        sent,
        live(),
        resident());
    bucket.delete(key);
  }

  /** Writes a file of random bytes, no two blocks alike; its SHA-256. */
  private static String write(Path file, int blocks) throws IOException {
    Random random = new Random(7);
    byte[] block = new byte[BLOCK];
    random.nextBytes(block);
    MessageDigest sha256 = sha256();
    try (OutputStream out = new DigestOutputStream(Files.newOutputStream(file), sha256)) {
      for (int i = 0; i < blocks; i++) {
        for (int at = 0; at < BLOCK; at += 4096) {
          block[at] = (byte) random.nextInt();
        }
        out.write(block);
      }
    }
    return HexFormat.of().formatHex(sha256.digest());
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private static double seconds(long start) {
    return (System.nanoTime() - start) * 1e-9;
  }

  /** MiB of heap that are still in use after a collection. */
  private static double live() {
    System.gc();
    return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed() / (double) BLOCK;
  }

  /** MiB of memory that this process had at most, as Linux tells it; NaN elsewhere. */
  private static double resident() {
    Path status = Path.of("/proc/self/status");
    if (!Files.isReadable(status)) {
      return Double.NaN;
    }
    try (Stream<String> lines = Files.lines(status)) {
      return lines
          .filter(line -> line.startsWith("VmHWM:"))
          .mapToDouble(line -> Double.parseDouble(line.replaceAll("[^0-9]", "")) / 1024)
          .findFirst()
          .orElse(Double.NaN);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void require(boolean right, String otherwise) {
    if (!right) {
      throw new IllegalStateException(otherwise);
    }
  }
}
