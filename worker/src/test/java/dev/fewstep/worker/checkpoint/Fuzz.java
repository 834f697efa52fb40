package dev.fewstep.worker.checkpoint;

import ai.djl.ndarray.types.DataType;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;

/**
 * Feeds damaged files of tensors to the readers. A case is determined by its seed alone. Every case
 * must end in tensors or in a {@link TensorFormatException}; anything else is a crash.
 *
 * <p>Run it by {@code deploy/bench/fuzz.sh [cases] [seed]}.
 */
final class Fuzz {
  /** Where the damage is done. */
  enum Kind {
    /** Opcodes drawn at random, in a sound zip. */
    PICKLE_GRAMMAR,
    /** A sound pickle damaged, in a sound zip. */
    PICKLE_DAMAGED,
    /** The bytes of a .pth zip: its headers and directory too. */
    PTH_ZIP,
    /** The bytes of a file of before PyTorch 1.6. */
    PTH_LEGACY,
    /** The bytes of a .safetensors, mostly of its header. */
    SAFETENSORS,
    /** The bytes of an .npz. */
    NPZ,
    /** The header of an .npy, in a sound zip. */
    NPY_HEADER
  }

  private static final long[] NUMBERS = {
    0,
    1,
    -1,
    2,
    127,
    128,
    255,
    256,
    65535,
    1 << 16,
    Integer.MAX_VALUE,
    Integer.MIN_VALUE,
    0xffffffffL,
    1L << 32,
    1L << 40,
    1L << 62,
    Long.MAX_VALUE,
    Long.MIN_VALUE
  };

  /** What pickles are made of: opcodes with their arguments. */
  private static final String[] PIECES = {
    "(",
    "t",
    ")",
    "]",
    "}",
    "l",
    "d",
    "e",
    "a",
    "u",
    "s",
    "R",
    "b",
    "Q",
    "N",
    "0",
    "1",
    "2",
    ".",
    "\u0085",
    "\u0086",
    "\u0087",
    "\u0088",
    "\u0089",
    "\u0081",
    "\u0094",
    "\u0080\u0002",
    "h\u0000",
    "h\u0001",
    "q\u0000",
    "q\u0001",
    "r\u00ff\u00ff\u00ff\u007f",
    "j\u0001\u0000\u0000\u0000",
    "K\u0003",
    "M\u00ff\u00ff",
    "J\u00ff\u00ff\u00ff\u00ff",
    "\u008a\u0002\u0000\u0001",
    "\u008a\u0009\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0001",
    "\u008b\u0004\u0000\u0000\u0000abcd",
    "G\u007f\u00f8\u0000\u0000\u0000\u0000\u0000\u0000",
    "I7\n",
    "L9L\n",
    "F1.5\n",
    "S'a'\n",
    "Vb\n",
    "p1\n",
    "g1\n",
    "P1\n",
    "X\u0001\u0000\u0000\u0000a",
    "X\u0007\u0000\u0000\u0000storage",
    "X\u0001\u0000\u0000\u00000",
    "X\u0003\u0000\u0000\u0000cpu",
    "U\u0001b",
    "T\u0001\u0000\u0000\u0000c",
    "\u008c\u0001d",
    "\u0095\u0008\u0000\u0000\u0000\u0000\u0000\u0000\u0000",
    "\u008f",
    "\u0090",
    "\u0091",
    "\u0092",
    "\u0093",
    "\u0096",
    "\u0097",
    "\u0098",
    "\u0082\u0001",
    "ctorch\nFloatStorage\n",
    "ctorch\nLongStorage\n",
    "ctorch._utils\n_rebuild_tensor_v2\n",
    "ctorch._utils\n_rebuild_tensor\n",
    "ctorch._utils\n_rebuild_parameter\n",
    "ccollections\nOrderedDict\n",
    "ccollections\nOrderedDict\n)R",
    "ctorch\nSize\n",
    "cos\nsystem\n",
    "(X\u0007\u0000\u0000\u0000storagectorch\nFloatStorage\nX\u0001\u0000\u0000\u00000X\u0003\u0000\u0000\u0000cpuK\u0006tQ",
    "ctorch._utils\n_rebuild_tensor_v2\n((X\u0007\u0000\u0000\u0000storagectorch\nFloatStorage\n"
        + "X\u0001\u0000\u0000\u00000X\u0003\u0000\u0000\u0000cpuK\u0006tQK\u0000K\u0002K\u0003\u0086"
        + "K\u0003K\u0001\u0086\u0089ccollections\nOrderedDict\n)RtR"
  };

  private final Path file;
  private final byte[] pth;
  private final byte[] legacy;
  private final byte[] safetensors;
  private final byte[] npz;
  private final Map<Kind, Map<String, Integer>> outcomes = new EnumMap<>(Kind.class);
  private final Map<String, String> crashes = new TreeMap<>();
  private volatile String current = "";
  private volatile long since = System.nanoTime();
  private long slowest;

  Fuzz(Path folder) throws IOException {
    file = folder.resolve("case");
    Map<String, RawTensor> tensors = new LinkedHashMap<>();
    tensors.put("conv.weight", tensor(DataType.FLOAT32, 2, 3));
    tensors.put("n", tensor(DataType.INT64));
    Path made = folder.resolve("made");
    PthFile.write(
        made,
        DdimCheckpoint.of(
            tensors, 1e-3, 1, 1L << 40, Optional.of(Map.of("e", tensor(DataType.FLOAT16, 4)))));
    pth = Files.readAllBytes(made);
    SafetensorsFile.write(made, tensors, Map.of("fewstep.network", "{}"));
    safetensors = Files.readAllBytes(made);
    NpzFile.write(made, tensors);
    npz = Files.readAllBytes(made);
    try (var in = Fuzz.class.getResourceAsStream("legacy-list.pth")) {
      legacy = in.readAllBytes();
    }
  }

  private static RawTensor tensor(DataType type, long... shape) {
    return new RawTensor(type, shape, RawTensor.allocate(RawTensor.byteSize(type, shape)));
  }

  /** Runs cases {@code seed}, {@code seed} + 1, …, the kinds in turn. */
  void run(long seed, int cases) throws IOException {
    for (int i = 0; i < cases; i++) {
      Kind kind = Kind.values()[i % Kind.values().length];
      one(kind, seed + i);
    }
  }

  private void one(Kind kind, long seed) throws IOException {
    current = kind + " " + seed;
    since = System.nanoTime();
    Files.write(file, bytes(kind, new SplittableRandom(seed)));
    String outcome;
    try (TensorArchive archive = TensorArchive.open(file)) {
      for (String name : archive.tensors().keySet()) {
        archive.read(name);
      }
      outcome = "read";
    } catch (TensorFormatException e) {
      String message = String.valueOf(e.getMessage());
      outcome = message.length() > 2000 || message.contains("\n") ? "no sentence" : "refused";
      if (outcome.equals("no sentence")) {
        crashes.putIfAbsent("no sentence: " + message, current);
      }
    } catch (IOException | RuntimeException | Error e) {
      outcome = "crash";
      StackTraceElement[] trace = e.getStackTrace();
      crashes.putIfAbsent(
          e.getClass().getName()
              + " at "
              + (trace.length > 0 ? trace[0] : "?")
              + ": "
              + e.getMessage(),
          current);
    }
    slowest = Math.max(slowest, System.nanoTime() - since);
    outcomes.computeIfAbsent(kind, k -> new TreeMap<>()).merge(outcome, 1, Integer::sum);
  }

  private byte[] bytes(Kind kind, SplittableRandom random) throws IOException {
    return switch (kind) {
      case PICKLE_GRAMMAR -> withEntry(pth, "archive/data.pkl", grammar(random));
      case PICKLE_DAMAGED ->
          withEntry(
              pth,
              "archive/data.pkl",
              damaged(entry(pth, "archive/data.pkl"), random, Integer.MAX_VALUE));
      case PTH_ZIP -> damaged(pth, random, Integer.MAX_VALUE);
      case PTH_LEGACY -> damaged(legacy, random, Integer.MAX_VALUE);
      case SAFETENSORS ->
          damaged(safetensors, random, random.nextInt(10) == 0 ? Integer.MAX_VALUE : 8 + header());
      case NPZ -> damaged(npz, random, Integer.MAX_VALUE);
      case NPY_HEADER ->
          withEntry(npz, "conv.weight.npy", damaged(entry(npz, "conv.weight.npy"), random, 128));
    };
  }

  private int header() {
    return ByteBuffer.wrap(safetensors).order(ByteOrder.LITTLE_ENDIAN).getInt(0);
  }

  private static byte[] grammar(SplittableRandom random) {
    StringBuilder pickle = new StringBuilder();
    int pieces = 1 + random.nextInt(40);
    for (int i = 0; i < pieces; i++) {
      pickle.append(PIECES[random.nextInt(PIECES.length)]);
    }
    if (random.nextInt(4) > 0) {
      pickle.append('.');
    }
    return pickle.toString().getBytes(StandardCharsets.ISO_8859_1);
  }

  /** One to eight changes among the first bytes. */
  private static byte[] damaged(byte[] sound, SplittableRandom random, int first) {
    byte[] bytes = sound.clone();
    int changes = 1 + random.nextInt(8);
    for (int i = 0; i < changes && bytes.length > 0; i++) {
      int at = random.nextInt(Math.min(bytes.length, first));
      switch (random.nextInt(9)) {
        case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
        case 1 -> bytes[at] = (byte) random.nextInt(256);
        case 2 -> number(bytes, at, 4, random);
        case 3 -> number(bytes, at, 8, random);
        case 4 -> bytes = Arrays.copyOf(bytes, random.nextInt(4) == 0 ? at : bytes.length);
        case 5 -> bytes = spliced(bytes, at, 0, piece(random));
        case 6 ->
            bytes =
                spliced(
                    bytes, at, Math.min(bytes.length - at, 1 + random.nextInt(16)), new byte[0]);
        case 7 -> {
          int length = Math.min(bytes.length - at, 1 + random.nextInt(64));
          bytes =
              spliced(
                  bytes,
                  random.nextInt(bytes.length),
                  0,
                  Arrays.copyOfRange(bytes, at, at + length));
        }
        default -> {
          byte[] digits =
              Long.toString(NUMBERS[random.nextInt(NUMBERS.length)])
                  .getBytes(StandardCharsets.US_ASCII);
          bytes = spliced(bytes, at, Math.min(bytes.length - at, 1), digits);
        }
      }
    }
    return bytes;
  }

  private static byte[] piece(SplittableRandom random) {
    return PIECES[random.nextInt(PIECES.length)].getBytes(StandardCharsets.ISO_8859_1);
  }

  private static void number(byte[] bytes, int at, int width, SplittableRandom random) {
    long value = NUMBERS[random.nextInt(NUMBERS.length)];
    for (int i = 0; i < width && at + i < bytes.length; i++) {
      bytes[at + i] = (byte) (value >> (8 * i));
    }
  }

  private static byte[] spliced(byte[] bytes, int at, int gone, byte[] added) {
    byte[] result = new byte[bytes.length - gone + added.length];
    System.arraycopy(bytes, 0, result, 0, at);
    System.arraycopy(added, 0, result, at, added.length);
    System.arraycopy(bytes, at + gone, result, at + added.length, bytes.length - at - gone);
    return result;
  }

  private static byte[] entry(byte[] zip, String name) throws IOException {
    try (ZipInputStream in = new ZipInputStream(new ByteArrayInputStream(zip))) {
      for (ZipEntry entry = in.getNextEntry(); entry != null; entry = in.getNextEntry()) {
        if (entry.getName().equals(name)) {
          return in.readAllBytes();
        }
      }
    }
    throw new IllegalArgumentException(name);
  }

  private static byte[] withEntry(byte[] zip, String name, byte[] content) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipInputStream in = new ZipInputStream(new ByteArrayInputStream(zip));
        ZipOutputStream out = new ZipOutputStream(bytes)) {
      out.setLevel(0);
      for (ZipEntry entry = in.getNextEntry(); entry != null; entry = in.getNextEntry()) {
        out.putNextEntry(new ZipEntry(entry.getName()));
        out.write(entry.getName().equals(name) ? content : in.readAllBytes());
      }
    }
    return bytes.toByteArray();
  }

  /** Crashes by what and where, each with the first case that had it. */
  Map<String, String> crashes() {
    return crashes;
  }

  /** How many cases of a kind ended so. */
  int count(Kind kind, String outcome) {
    return outcomes.getOrDefault(kind, Map.of()).getOrDefault(outcome, 0);
  }

  /** A Markdown table of counts by kind and outcome. */
  String table() {
    List<String> columns = List.of("refused", "read", "no sentence", "crash");
    StringBuilder text =
        new StringBuilder(
            "| kind | cases | refused | read | no sentence | crash |\n|---|---|---|---|---|---|\n");
    Map<String, Integer> sums = new HashMap<>();
    int total = 0;
    for (Kind kind : outcomes.keySet()) {
      int cases = outcomes.get(kind).values().stream().mapToInt(Integer::intValue).sum();
      total += cases;
      text.append("| ").append(kind).append(" | ").append(cases);
      for (String column : columns) {
        text.append(" | ").append(count(kind, column));
        sums.merge(column, count(kind, column), Integer::sum);
      }
      text.append(" |\n");
    }
    text.append("| all | ").append(total);
    columns.forEach(column -> text.append(" | ").append(sums.getOrDefault(column, 0)));
    return text.append(" |\n\nSlowest case: ")
        .append(slowest / 1_000_000)
        .append(" ms.\n")
        .toString();
  }

  /** Ends the JVM when a case takes longer than 20 s. */
  private void watch() {
    Thread watcher =
        new Thread(
            () -> {
              while (true) {
                try {
                  Thread.sleep(1000);
                } catch (InterruptedException e) {
                  return;
                }
                if (System.nanoTime() - since > 20_000_000_000L) {
                  System.out.println("HANG in " + current);
                  Runtime.getRuntime().halt(3);
                }
              }
            });
    watcher.setDaemon(true);
    watcher.start();
  }

  /**
   * Runs and prints the table.
   *
   * @param arguments cases and first seed
   */
  public static void main(String[] arguments) throws IOException {
    int cases = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 1_000_000;
    long seed = arguments.length > 1 ? Long.parseLong(arguments[1]) : 0;
    Path folder = Files.createTempDirectory("fewstep-fuzz");
    Fuzz fuzz = new Fuzz(folder);
    fuzz.watch();
    long start = System.nanoTime();
    fuzz.run(seed, cases);
    System.out.print(fuzz.table());
    System.out.printf(
        "%,d cases from seed %d in %d s, heap at most %d MiB.%n",
        cases,
        seed,
        (System.nanoTime() - start) / 1_000_000_000,
        Runtime.getRuntime().maxMemory() >> 20);
    fuzz.crashes.forEach(
        (what, first) -> System.out.println("CRASH " + what + " (first: " + first + ")"));
    Files.deleteIfExists(folder.resolve("case"));
    Files.deleteIfExists(folder.resolve("made"));
    Files.deleteIfExists(folder);
    System.exit(fuzz.crashes.isEmpty() ? 0 : 1);
  }
}
