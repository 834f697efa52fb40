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
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.Enumeration;
import java.util.LinkedHashMap;
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

  /** Deflate cannot expand more than this; a larger claim is a lie. */
  private static final long MAX_EXPANSION = 1032;

  private static final Pattern DESCR = Pattern.compile("'descr'\\s*:\\s*'([^']{1,8})'");
  private static final Pattern ORDER = Pattern.compile("'fortran_order'\\s*:\\s*(True|False)");
  private static final Pattern SHAPE = Pattern.compile("'shape'\\s*:\\s*\\(([0-9, L]*)\\)");

  /**
   * Entries carry this time, so that equal content makes equal bytes. Two seconds earlier, the zip
   * would get a second time, in the time zone of the machine.
   */
  private static final LocalDateTime EPOCH = LocalDateTime.of(1980, 1, 1, 0, 0, 2);

  private NpzFile() {}

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
    try (ZipFile zip = new ZipFile(file.toFile())) {
      Map<String, RawTensor> tensors = new LinkedHashMap<>();
      boolean any = false;
      Enumeration<? extends ZipEntry> entries = zip.entries();
      while (entries.hasMoreElements()) {
        ZipEntry entry = entries.nextElement();
        if (!entry.getName().endsWith(".npy")) {
          continue;
        }
        any = true;
        String name = entry.getName().substring(0, entry.getName().length() - 4);
        if (wanted.test(name)) {
          try (InputStream in = zip.getInputStream(entry)) {
            tensors.put(name, readArray(file, entry, in));
          }
        }
      }
      if (!any) {
        throw new TensorFormatException(file, "a zip without any .npy array");
      }
      return tensors;
    } catch (ZipException e) {
      throw new TensorFormatException(file, "not a readable zip (" + e.getMessage() + ")", e);
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
   * Reads one array without holding it in memory.
   *
   * @return false when there is no such array
   * @throws TensorFormatException when it is no readable array in C order
   */
  public static boolean stream(Path file, String name, Sink sink) throws IOException {
    try (ZipFile zip = new ZipFile(file.toFile())) {
      ZipEntry entry = zip.getEntry(name + ".npy");
      if (entry == null) {
        return false;
      }
      String where = "array '" + entry.getName() + "' ";
      try (DataInputStream in = new DataInputStream(zip.getInputStream(entry))) {
        String header = header(file, where, in);
        DataType type = type(field(DESCR, header, "descr"));
        long[] shape = shape(field(SHAPE, header, "shape"));
        if (shape.length > 1 && field(ORDER, header, "fortran_order").equals("True")) {
          throw new TensorFormatException(file, where + "is in Fortran order, expected C order");
        }
        long left = RawTensor.byteSize(type, shape);
        byte[] chunk = new byte[1 << 20];
        while (left > 0) {
          int read = in.readNBytes(chunk, 0, (int) Math.min(chunk.length, left));
          if (read == 0 || read % type.getNumOfBytes() != 0) {
            throw new EOFException();
          }
          sink.take(
              type, shape.clone(), ByteBuffer.wrap(chunk, 0, read).order(ByteOrder.LITTLE_ENDIAN));
          left -= read;
        }
        return true;
      } catch (EOFException e) {
        throw new TensorFormatException(file, where + "ends too early", e);
      } catch (IllegalArgumentException e) {
        throw new TensorFormatException(file, where + e.getMessage(), e);
      }
    } catch (ZipException e) {
      throw new TensorFormatException(file, "not a readable zip (" + e.getMessage() + ")", e);
    }
  }

  private static RawTensor readArray(Path file, ZipEntry entry, InputStream raw)
      throws IOException {
    String where = "array '" + entry.getName() + "' ";
    DataInputStream in = new DataInputStream(raw);
    try {
      return readData(file, where, entry, header(file, where, in), in);
    } catch (EOFException e) {
      throw new TensorFormatException(file, where + "ends too early", e);
    } catch (IllegalArgumentException e) {
      throw new TensorFormatException(file, where + e.getMessage(), e);
    }
  }

  /** Reads the header and stops before the first element. */
  private static String header(Path file, String where, DataInputStream in) throws IOException {
    byte[] magic = in.readNBytes(MAGIC.length);
    if (!java.util.Arrays.equals(magic, MAGIC)) {
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
    return new String(in.readNBytes((int) headerLength), StandardCharsets.UTF_8);
  }

  private static RawTensor readData(
      Path file, String where, ZipEntry entry, String header, InputStream in) throws IOException {
    DataType type = type(field(DESCR, header, "descr"));
    boolean fortran = field(ORDER, header, "fortran_order").equals("True");
    long[] shape = shape(field(SHAPE, header, "shape"));
    long size = RawTensor.byteSize(type, shape);
    if (size > entry.getSize() || size > MAX_EXPANSION * (entry.getCompressedSize() + 1)) {
      throw new TensorFormatException(
          file, where + "claims " + size + " bytes, more than the archive can hold");
    }
    ByteBuffer bytes = RawTensor.allocate(size);
    byte[] chunk = new byte[1 << 16];
    while (bytes.hasRemaining()) {
      int read = in.read(chunk, 0, Math.min(chunk.length, bytes.remaining()));
      if (read < 0) {
        throw new EOFException();
      }
      bytes.put(chunk, 0, read);
    }
    if (in.read() >= 0) {
      throw new TensorFormatException(file, where + "has bytes after its last element");
    }
    bytes.flip();
    return fortran && shape.length > 1
        ? Strided.gather(type, shape, fortranStrides(shape), 0, bytes)
        : new RawTensor(type, shape, bytes);
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
    return Pattern.compile(",")
        .splitAsStream(text.replace("L", ""))
        .map(String::strip)
        .filter(s -> !s.isEmpty())
        .mapToLong(Long::parseLong)
        .toArray();
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
