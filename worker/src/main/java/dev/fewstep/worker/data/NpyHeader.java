package dev.fewstep.worker.data;

import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.StringJoiner;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The header of a {@code .npy} array of format version 1 to 3.
 *
 * @param descr NumPy's element type, such as {@code |u1}
 * @param shape dimensions, none negative
 * @param fortran whether the first dimension varies fastest
 * @param length bytes of the header itself: where the elements begin
 */
public record NpyHeader(String descr, List<Long> shape, boolean fortran, int length) {
  private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};
  private static final int MAX_TEXT = 1 << 16;
  private static final Pattern DESCR = Pattern.compile("'descr'\\s*:\\s*'([^']{1,8})'");
  private static final Pattern ORDER = Pattern.compile("'fortran_order'\\s*:\\s*(True|False)");
  private static final Pattern SHAPE = Pattern.compile("'shape'\\s*:\\s*\\(([0-9, L]{0,200})\\)");

  public NpyHeader {
    shape = List.copyOf(shape);
  }

  /**
   * Reads a header and leaves the stream at the first element.
   *
   * @throws IllegalArgumentException when it is none
   */
  public static NpyHeader read(InputStream stream) throws IOException {
    DataInputStream in = new DataInputStream(stream);
    try {
      if (!Arrays.equals(in.readNBytes(MAGIC.length), MAGIC)) {
        throw new IllegalArgumentException("it does not begin as a .npy array");
      }
      int major = in.readUnsignedByte();
      in.readUnsignedByte();
      long text =
          major == 1
              ? Short.toUnsignedInt(Short.reverseBytes(in.readShort()))
              : Integer.toUnsignedLong(Integer.reverseBytes(in.readInt()));
      if (major < 1 || major > 3 || text > MAX_TEXT) {
        throw new IllegalArgumentException(
            "format version " + major + " with a header of " + text + " bytes");
      }
      String header = new String(in.readNBytes((int) text), StandardCharsets.UTF_8);
      int length = MAGIC.length + (major == 1 ? 4 : 6) + (int) text;
      return new NpyHeader(
          field(DESCR, header),
          shape(field(SHAPE, header)),
          field(ORDER, header).equals("True"),
          length);
    } catch (EOFException e) {
      throw new IllegalArgumentException("its header ends too early", e);
    } catch (ArithmeticException | NumberFormatException e) {
      throw new IllegalArgumentException("it claims more elements than can be", e);
    }
  }

  /**
   * Elements; one for a scalar.
   *
   * @throws ArithmeticException when there are more than a long can count
   */
  public long elements() {
    return shape.stream().reduce(1L, Math::multiplyExact);
  }

  private static List<Long> shape(String text) {
    return Pattern.compile(",")
        .splitAsStream(text.replace("L", ""))
        .map(String::strip)
        .filter(s -> !s.isEmpty())
        .map(Long::valueOf)
        .toList();
  }

  private static String field(Pattern pattern, String header) {
    Matcher matcher = pattern.matcher(header);
    if (!matcher.find()) {
      throw new IllegalArgumentException("its header has no readable descr, order and shape");
    }
    return matcher.group(1);
  }

  /** A header of format version 1 as NumPy pads it, to a multiple of 64 bytes. */
  static byte[] bytes(String descr, long... shape) {
    StringJoiner dimensions = new StringJoiner(", ", "(", shape.length == 1 ? ",)" : ")");
    for (long dimension : shape) {
      dimensions.add(Long.toString(dimension));
    }
    String text =
        "{'descr': '" + descr + "', 'fortran_order': False, 'shape': " + dimensions + ", }";
    int unpadded = MAGIC.length + 4 + text.length() + 1;
    int padding = (64 - unpadded % 64) % 64;
    byte[] body = (text + " ".repeat(padding) + "\n").getBytes(StandardCharsets.US_ASCII);
    ByteBuffer header = ByteBuffer.allocate(MAGIC.length + 4 + body.length);
    header.put(MAGIC).put((byte) 1).put((byte) 0);
    header.put((byte) body.length).put((byte) (body.length >> 8)).put(body);
    return header.array();
  }
}
