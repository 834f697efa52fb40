package dev.fewstep.worker.checkpoint;

import ai.djl.ndarray.types.DataType;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/**
 * NumPy's {@code .npz}: a zip of {@code .npy} arrays (format versions 1 to 3, C or Fortran order,
 * little-endian). Object arrays are refused: they are pickles.
 */
public final class NpzFile {
  private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};
  private static final int MAX_HEADER = 1 << 16;

  /** Larger expansion, beyond what is free, is a bomb: bytes of images shrink by a few times. */
  private static final long MAX_EXPANSION = 100;

  private static final long FREE_BYTES = 256L << 20;
  private static final int MAX_RANK = 32;
  private static final int STREAMED = 1 << 20;

  private static final Pattern DESCR = Pattern.compile("'descr'\\s*:\\s*'([^'\\p{Cntrl}]{1,8})'");
  private static final Pattern ORDER = Pattern.compile("'fortran_order'\\s*:\\s*(True|False)");
  private static final Pattern SHAPE = Pattern.compile("'shape'\\s*:\\s*\\(([0-9, L]*)\\)");

  /**
   * Entries carry this time, so that equal content makes equal bytes. Two seconds earlier, the zip
   * would get a second time, in the time zone of the machine.
   */
  private static final LocalDateTime EPOCH = LocalDateTime.of(1980, 1, 1, 0, 0, 2);

  private NpzFile() {}

  /** What an array's header says. */
  private record Header(DataType type, boolean fortran, List<Long> sizes, int length) {
    long[] shape() {
      return TensorInfo.dimensions(sizes);
    }
  }

  /**
   * Reads every array, in the order of the archive.
   *
   * @throws TensorFormatException when the file is not such an archive, or claims more than it has
   */
  public static Map<String, RawTensor> read(Path file) throws IOException {
    return read(file, name -> true);
  }

  /**
   * Reads the arrays with certain names, in the order of the archive; the others stay unread.
   *
   * @throws TensorFormatException as {@link #read(Path)} does
   */
  public static Map<String, RawTensor> read(Path file, Predicate<String> wanted)
      throws IOException {
    try (TensorArchive archive = open(file)) {
      return archive.read(archive.tensors().keySet().stream().filter(wanted).toList());
    }
  }

  /** Takes the bytes of an array piece by piece. */
  @FunctionalInterface
  public interface Sink {
    /**
     * The next bytes, little-endian, in C order.
     *
     * @param type of the elements
     * @param shape of the whole array
     * @param bytes from position to limit whole elements; valid during the call
     */
    void take(DataType type, long[] shape, ByteBuffer bytes) throws IOException;
  }

  /**
   * Reads one array without holding it in memory. A checksum that differs is found at the end.
   *
   * @return false when there is no such array
   * @throws TensorFormatException when it is no readable array in C order
   */
  public static boolean stream(Path file, String name, Sink sink) throws IOException {
    try (ZipFile zip = new ZipFile(file.toFile())) {
      ZipEntry entry = ZipEntries.of(file, zip).get(name + ".npy");
      if (entry == null) {
        return false;
      }
      Header header;
      try (InputStream in = zip.getInputStream(entry)) {
        header = readHeader(file, entry, in);
      }
      if (header.fortran() && header.shape().length > 1) {
        throw new TensorFormatException(
            file, where(entry) + "is in Fortran order, expected C order");
      }
      readElements(
          file,
          zip,
          entry,
          header,
          STREAMED,
          bytes -> sink.take(header.type(), header.shape(), bytes));
      return true;
    } catch (ZipException e) {
      throw new TensorFormatException(file, "not a readable zip (" + e.getMessage() + ")", e);
    }
  }

  static TensorArchive open(Path file) throws IOException {
    ZipFile zip = null;
    boolean done = false;
    try {
      zip = new ZipFile(file.toFile());
      TensorArchive archive = open(file, zip);
      done = true;
      return archive;
    } catch (ZipException | EOFException e) {
      throw new TensorFormatException(file, "not a readable zip (" + e.getMessage() + ")", e);
    } finally {
      if (!done && zip != null) {
        zip.close();
      }
    }
  }

  private static TensorArchive open(Path file, ZipFile zip) throws IOException {
    Map<String, ZipEntry> entries = new LinkedHashMap<>();
    Map<String, Header> headers = new LinkedHashMap<>();
    Map<String, TensorInfo> infos = new LinkedHashMap<>();
    long total = 0;
    for (ZipEntry entry : ZipEntries.of(file, zip).values()) {
      if (!entry.getName().endsWith(".npy")) {
        continue;
      }
      String name = entry.getName().substring(0, entry.getName().length() - 4);
      Header header;
      try (InputStream in = zip.getInputStream(entry)) {
        header = readHeader(file, entry, in);
      }
      TensorInfo info = new TensorInfo(header.type(), header.sizes(), "");
      total += info.bytes();
      entries.put(name, entry);
      headers.put(name, header);
      infos.put(name, info);
    }
    if (infos.isEmpty()) {
      throw new TensorFormatException(file, "a zip without any .npy array");
    }
    if (total > Math.max(FREE_BYTES, MAX_EXPANSION * Files.size(file))) {
      throw new TensorFormatException(
          file, "its arrays take " + total + " bytes, more than is believed of a file of its size");
    }
    return new TensorArchive(
        file,
        TensorFormat.NPZ,
        infos,
        Map.of(),
        name -> readData(file, zip, entries.get(name), headers.get(name)),
        zip);
  }

  private static String where(ZipEntry entry) {
    return "array " + ZipEntries.quoted(entry.getName()) + " ";
  }

  private static Header readHeader(Path file, ZipEntry entry, InputStream raw) throws IOException {
    String where = where(entry);
    DataInputStream in = new DataInputStream(raw);
    try {
      byte[] magic = in.readNBytes(MAGIC.length);
      if (!Arrays.equals(magic, MAGIC)) {
        throw new TensorFormatException(file, where + "does not begin with the .npy magic");
      }
      int major = in.readUnsignedByte();
      in.readUnsignedByte();
      long headerLength =
          major == 1
              ? Short.toUnsignedInt(Short.reverseBytes(in.readShort()))
              : Integer.toUnsignedLong(Integer.reverseBytes(in.readInt()));
      if (major < 1 || major > 3 || headerLength > MAX_HEADER) {
        throw new TensorFormatException(
            file, where + "has format version " + major + " and a header of " + headerLength);
      }
      byte[] bytes = new byte[(int) headerLength];
      in.readFully(bytes);
      String header = new String(bytes, StandardCharsets.UTF_8);
      DataType type = type(field(DESCR, header, "descr"));
      boolean fortran = field(ORDER, header, "fortran_order").equals("True");
      long[] shape = shape(field(SHAPE, header, "shape"));
      int length = MAGIC.length + (major == 1 ? 4 : 6) + bytes.length;
      long size = RawTensor.byteSize(type, shape);
      if (entry.getSize() - length != size) {
        throw new TensorFormatException(
            file, where + "claims " + size + " bytes, but has " + (entry.getSize() - length));
      }
      return new Header(type, fortran, Arrays.stream(shape).boxed().toList(), length);
    } catch (EOFException e) {
      throw new TensorFormatException(file, where + "ends too early", e);
    } catch (IllegalArgumentException e) {
      throw new TensorFormatException(file, where + e.getMessage(), e);
    }
  }

  private static RawTensor readData(Path file, ZipFile zip, ZipEntry entry, Header header)
      throws IOException {
    long[] shape = header.shape();
    ByteBuffer bytes = RawTensor.allocate(RawTensor.byteSize(header.type(), shape));
    readElements(file, zip, entry, header, 1 << 16, bytes::put);
    bytes.flip();
    return header.fortran() && shape.length > 1
        ? Strided.gather(header.type(), shape, fortranStrides(shape), 0, bytes)
        : new RawTensor(header.type(), shape, bytes);
  }

  private interface Chunks {
    void take(ByteBuffer bytes) throws IOException;
  }

  private static void readElements(
      Path file, ZipFile zip, ZipEntry entry, Header header, int chunkSize, Chunks chunks)
      throws IOException {
    CRC32 crc = new CRC32();
    try (InputStream in = zip.getInputStream(entry)) {
      crc.update(in.readNBytes(header.length()));
      byte[] chunk = new byte[chunkSize];
      long left = RawTensor.byteSize(header.type(), header.shape());
      while (left > 0) {
        int wanted = (int) Math.min(chunk.length, left);
        if (in.readNBytes(chunk, 0, wanted) < wanted) {
          throw new EOFException("it ends too early");
        }
        crc.update(chunk, 0, wanted);
        chunks.take(ByteBuffer.wrap(chunk, 0, wanted).order(ByteOrder.LITTLE_ENDIAN));
        left -= wanted;
      }
      if (in.read() >= 0) {
        throw new ZipException("it has bytes after its last element");
      }
    } catch (EOFException | ZipException e) {
      throw new TensorFormatException(file, where(entry) + "is unreadable: " + e.getMessage(), e);
    }
    if (crc.getValue() != entry.getCrc()) {
      throw new TensorFormatException(file, where(entry) + "is damaged: its checksum differs");
    }
  }

  private static long[] fortranStrides(long[] shape) {
    long[] strides = new long[shape.length];
    long stride = 1;
    for (int i = 0; i < shape.length; i++) {
      strides[i] = stride;
      stride *= shape[i];
    }
    return strides;
  }

  private static String field(Pattern pattern, String header, String name) {
    Matcher matcher = pattern.matcher(header);
    if (!matcher.find()) {
      throw new IllegalArgumentException("has no readable '" + name + "' in its header");
    }
    return matcher.group(1);
  }

  private static long[] shape(String text) {
    long[] shape =
        Pattern.compile(",")
            .splitAsStream(text.replace("L", ""))
            .map(String::strip)
            .filter(s -> !s.isEmpty())
            .mapToLong(Long::parseLong)
            .toArray();
    if (shape.length > MAX_RANK) {
      throw new IllegalArgumentException("has " + shape.length + " dimensions");
    }
    return shape;
  }

  private static DataType type(String descr) {
    return switch (descr) {
      case "<f4" -> DataType.FLOAT32;
      case "<f8" -> DataType.FLOAT64;
      case "<f2" -> DataType.FLOAT16;
      case "<i8" -> DataType.INT64;
      case "<i4" -> DataType.INT32;
      case "<i2" -> DataType.INT16;
      case "|i1" -> DataType.INT8;
      case "|u1" -> DataType.UINT8;
      case "|b1" -> DataType.BOOLEAN;
      default ->
          throw new IllegalArgumentException(
              "has the element type '"
                  + descr
                  + "'; readable are <f2 <f4 <f8 <i2 <i4 <i8 |i1 |u1 |b1");
    };
  }

  private static String descr(DataType type) {
    return switch (type) {
      case FLOAT32 -> "<f4";
      case FLOAT64 -> "<f8";
      case FLOAT16 -> "<f2";
      case INT64 -> "<i8";
      case INT32 -> "<i4";
      case INT16 -> "<i2";
      case INT8 -> "|i1";
      case UINT8 -> "|u1";
      case BOOLEAN -> "|b1";
      default -> throw new IllegalArgumentException("NumPy has no element type for " + type);
    };
  }

  /**
   * Writes the arrays atomically, stored and not deflated: equal arrays make equal bytes, whichever
   * zlib the platform has.
   */
  public static void write(Path file, Map<String, RawTensor> tensors) throws IOException {
    AtomicFile.write(file, out -> write(out, tensors));
  }

  /** Writes the archive to a stream, which stays open. */
  static void write(OutputStream out, Map<String, RawTensor> tensors) throws IOException {
    ZipOutputStream zip = new ZipOutputStream(out);
    for (Map.Entry<String, RawTensor> tensor : tensors.entrySet()) {
      ZipEntry entry = new ZipEntry(tensor.getKey() + ".npy");
      entry.setTimeLocal(EPOCH);
      byte[] header = header(tensor.getValue());
      CRC32 crc = new CRC32();
      crc.update(header);
      crc.update(tensor.getValue().bytes());
      entry.setMethod(ZipEntry.STORED);
      entry.setSize((long) header.length + tensor.getValue().bytes().remaining());
      entry.setCrc(crc.getValue());
      zip.putNextEntry(entry);
      zip.write(header);
      WritableByteChannel channel = Channels.newChannel(zip);
      ByteBuffer bytes = tensor.getValue().bytes();
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
      zip.closeEntry();
    }
    zip.finish();
  }

  private static byte[] header(RawTensor tensor) {
    long[] dimensions = tensor.shape();
    StringJoiner shape = new StringJoiner(", ", "(", dimensions.length == 1 ? ",)" : ")");
    for (long dimension : dimensions) {
      shape.add(Long.toString(dimension));
    }
    String text =
        "{'descr': '"
            + descr(tensor.type())
            + "', 'fortran_order': False, 'shape': "
            + shape
            + ", }";
    int unpadded = MAGIC.length + 4 + text.length() + 1;
    int padding = (64 - unpadded % 64) % 64;
    byte[] body = (text + " ".repeat(padding) + "\n").getBytes(StandardCharsets.US_ASCII);
    ByteBuffer header = ByteBuffer.allocate(MAGIC.length + 4 + body.length);
    header.put(MAGIC).put((byte) 1).put((byte) 0);
    header.put((byte) body.length).put((byte) (body.length >> 8)).put(body);
    return header.array();
  }
}
