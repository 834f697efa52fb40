package dev.fewstep.worker.data.source;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The pickled dictionary of a CIFAR batch: plain values, lists, tuples, dictionaries and NumPy byte
 * arrays, of pickle protocols 0 to 5. The opcodes are read, not executed: the only names that a
 * pickle may call are NumPy's array constructors, and these build nothing but {@link Bytes}.
 */
final class BatchPickle {
  /** An array of unsigned bytes. */
  record Bytes(List<Long> shape, ByteBuffer data) {}

  /** Thrown for a pickle that is damaged or wants something else than data. */
  static final class PickleException extends Exception {
    private static final long serialVersionUID = 1;

    PickleException(String message) {
      super(message);
    }
  }

  private enum Marker {
    MARK
  }

  /** A name that stands for a constructor. */
  private record Name(String text) {}

  /** A call that gives data later: NumPy's {@code _reconstruct}, {@code dtype}. */
  private static final class Built {
    private final String what;
    private Object state;

    Built(String what, Object state) {
      this.what = what;
      this.state = state;
    }
  }

  private static final Set<String> RECONSTRUCT =
      Set.of("numpy.core.multiarray._reconstruct", "numpy._core.multiarray._reconstruct");
  private static final Set<String> FROM_BUFFER =
      Set.of("numpy.core.numeric._frombuffer", "numpy._core.numeric._frombuffer");
  private static final Set<String> PLAIN = Set.of("numpy.ndarray", "numpy.dtype", "_codecs.encode");
  private static final int MAX_ITEMS = 2_000_000;

  private final ByteBuffer in;
  private final List<Object> stack = new ArrayList<>();
  private final Map<Integer, Object> memo = new HashMap<>();
  private int items;

  private BatchPickle(byte[] pickle) {
    in = ByteBuffer.wrap(pickle).order(ByteOrder.LITTLE_ENDIAN);
  }

  /**
   * Reads a pickle.
   *
   * @return the dictionary; keys as text, whether the pickle had bytes or text
   * @throws PickleException when it is damaged, or holds anything but data
   */
  static Map<String, Object> read(byte[] pickle) throws PickleException {
    Object top;
    try {
      top = new BatchPickle(pickle).run();
    } catch (RuntimeException e) {
      // Casts, an empty stack and the buffer's end: each means a pickle that no one wrote for this.
      throw new PickleException("a damaged pickle (" + e.getClass().getSimpleName() + ")");
    }
    if (!(top instanceof Map<?, ?> map)) {
      throw new PickleException("its pickle holds no dictionary");
    }
    Map<String, Object> result = new LinkedHashMap<>();
    for (Map.Entry<?, ?> entry : map.entrySet()) {
      result.put(text(entry.getKey()), entry.getValue());
    }
    return result;
  }

  /** Text, or bytes as text. */
  static String text(Object value) {
    if (value instanceof byte[] bytes) {
      return new String(bytes, StandardCharsets.ISO_8859_1);
    }
    // A list may hold itself, and then has no text.
    return value instanceof String || value instanceof Number ? value.toString() : "?";
  }

  private Object run() throws PickleException {
    while (true) {
      int opcode = in.get() & 0xff;
      switch (opcode) {
        case '.' -> {
          return pop();
        }
        case 0x80 -> in.get();
        case 0x95 -> in.getLong();
        case '(' -> stack.add(Marker.MARK);
        case '0' -> pop();
        case '1' -> popMark();
        case '2' -> push(peek());
        case 'N' -> push("None");
        case 0x88 -> push(true);
        case 0x89 -> push(false);
        case 'K' -> push((long) (in.get() & 0xff));
        case 'M' -> push((long) (in.getShort() & 0xffff));
        case 'J' -> push((long) in.getInt());
        case 'I', 'L' -> push(number(line()));
        case 'F' -> push(Double.valueOf(line()));
        case 'G' -> push(Double.longBitsToDouble(Long.reverseBytes(in.getLong())));
        case 0x8a -> push(integer(bytes(in.get() & 0xff)));
        case 0x8b -> push(integer(bytes(in.getInt())));
        case 'S' -> push(quoted(line()));
        case 'U', 'C' -> push(bytes(in.get() & 0xff));
        case 'T', 'B' -> push(bytes(in.getInt()));
        case 0x8e, 0x96 -> push(bytes(in.getLong()));
        case 'V' -> push(unescaped(line()));
        case 0x8c -> push(utf8(bytes(in.get() & 0xff)));
        case 'X' -> push(utf8(bytes(in.getInt())));
        case 0x8d -> push(utf8(bytes(in.getLong())));
        case ']', ')' -> push(new ArrayList<>());
        case 'l', 't' -> push(popMark());
        case 0x85 -> push(last(1));
        case 0x86 -> push(last(2));
        case 0x87 -> push(last(3));
        case 'a' -> {
          Object value = pop();
          list(peek()).add(value);
        }
        case 'e' -> {
          List<Object> values = popMark();
          list(peek()).addAll(values);
        }
        case '}' -> push(new LinkedHashMap<>());
        case 'd' -> {
          List<Object> pairs = popMark();
          push(put(new LinkedHashMap<>(), pairs));
        }
        case 's' -> {
          List<Object> pair = last(2);
          put(peek(), pair);
        }
        case 'u' -> {
          List<Object> pairs = popMark();
          put(peek(), pairs);
        }
        case 'p' -> memo.put(Integer.valueOf(line()), peek());
        case 'q' -> memo.put(in.get() & 0xff, peek());
        case 'r' -> memo.put(in.getInt(), peek());
        case 0x94 -> memo.put(memo.size(), peek());
        case 'g' -> push(remembered(Integer.parseInt(line())));
        case 'h' -> push(remembered(in.get() & 0xff));
        case 'j' -> push(remembered(in.getInt()));
        case 'c' -> push(name(line() + "." + line()));
        case 0x93 -> {
          List<Object> parts = last(2);
          push(name(text(parts.get(0)) + "." + text(parts.get(1))));
        }
        case 'R' -> {
          List<Object> arguments = list(pop());
          push(call(((Name) pop()).text(), arguments));
        }
        case 'b' -> {
          Object state = pop();
          if (peek() instanceof Built built) {
            built.state = built.what.equals("array") ? array(list(state)) : built.state;
          } else {
            throw new PickleException("it sets the state of something that is no array");
          }
        }
        default ->
            throw new PickleException("opcode " + opcode + " has no place in a batch of images");
      }
    }
  }

  private static Name name(String text) throws PickleException {
    if (!RECONSTRUCT.contains(text) && !FROM_BUFFER.contains(text) && !PLAIN.contains(text)) {
      String safe = text.replaceAll("[^ -~]", "?");
      throw new PickleException(
          "it wants to call '"
              + safe
              + "', which a batch of images has no need of; nothing was run");
    }
    return new Name(text);
  }

  private static Object call(String name, List<Object> arguments) throws PickleException {
    if (RECONSTRUCT.contains(name)) {
      return new Built("array", "None");
    }
    if (name.equals("numpy.dtype")) {
      return new Built("dtype", text(arguments.get(0)));
    }
    if (name.equals("_codecs.encode")) {
      return ((String) arguments.get(0)).getBytes(StandardCharsets.ISO_8859_1);
    }
    if (FROM_BUFFER.contains(name)) {
      return bytes(
          (byte[]) arguments.get(0),
          arguments.get(1),
          arguments.get(2),
          text(arguments.get(3)).equals("F"));
    }
    throw new PickleException("it calls '" + name + "'");
  }

  /** The state of an array: version, shape, dtype, whether in Fortran order, bytes. */
  private static Bytes array(List<Object> state) throws PickleException {
    return bytes((byte[]) state.get(4), state.get(2), state.get(1), (Boolean) state.get(3));
  }

  private static Bytes bytes(byte[] data, Object dtype, Object shape, boolean fortran)
      throws PickleException {
    String type = dtype instanceof Built built ? String.valueOf(built.state) : text(dtype);
    if (!type.equals("u1") && !type.equals("uint8") && !type.equals("|u1")) {
      throw new PickleException("an array of '" + type + "', expected bytes (u1)");
    }
    List<Long> dimensions = new ArrayList<>();
    long elements = 1;
    for (Object dimension : list(shape)) {
      dimensions.add((Long) dimension);
      elements = Math.multiplyExact(elements, (Long) dimension);
    }
    if (elements != data.length || (fortran && dimensions.size() > 1)) {
      throw new PickleException(
          "an array whose shape is not that of its " + data.length + " bytes");
    }
    return new Bytes(dimensions, ByteBuffer.wrap(data).asReadOnlyBuffer());
  }

  private void push(Object value) throws PickleException {
    if (++items > MAX_ITEMS) {
      throw new PickleException("more than " + MAX_ITEMS + " values");
    }
    stack.add(value);
  }

  private Object pop() {
    Object top = stack.remove(stack.size() - 1);
    // An array that is complete is the array.
    return top instanceof Built built && built.state instanceof Bytes bytes ? bytes : top;
  }

  private Object peek() {
    return stack.get(stack.size() - 1);
  }

  private List<Object> popMark() {
    List<Object> values = new ArrayList<>();
    for (Object value = pop(); value != Marker.MARK; value = pop()) {
      values.add(value);
    }
    Collections.reverse(values);
    return values;
  }

  private List<Object> last(int count) {
    Object[] values = new Object[count];
    for (int i = count - 1; i >= 0; i--) {
      values[i] = pop();
    }
    return new ArrayList<>(Arrays.asList(values));
  }

  private Object remembered(int index) throws PickleException {
    Object value = memo.get(index);
    if (value == null) {
      throw new PickleException("a reference to nothing");
    }
    return value;
  }

  @SuppressWarnings("unchecked") // Only this class makes lists, and always of this type.
  private static List<Object> list(Object value) {
    return (List<Object>) value;
  }

  private static Object put(Object target, List<Object> pairs) throws PickleException {
    @SuppressWarnings("unchecked") // Only this class makes maps, and always of this type.
    Map<Object, Object> map = (Map<Object, Object>) target;
    for (int i = 0; i + 1 < pairs.size(); i += 2) {
      Object key = pairs.get(i);
      if (!(key instanceof byte[] || key instanceof String || key instanceof Long)) {
        throw new PickleException("a dictionary key that is neither text nor a number");
      }
      map.put(text(key), pairs.get(i + 1));
    }
    return map;
  }

  private byte[] bytes(long length) throws PickleException {
    if (length < 0 || length > in.remaining()) {
      throw new PickleException("a value claims " + length + " bytes, more than there are");
    }
    byte[] bytes = new byte[(int) length];
    in.get(bytes);
    return bytes;
  }

  private static String utf8(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }

  private String line() throws PickleException {
    int from = in.position();
    while (in.get() != '\n') {
      if (in.position() - from > 1 << 16) {
        throw new PickleException("a line without an end");
      }
    }
    return new String(in.array(), from, in.position() - from - 1, StandardCharsets.ISO_8859_1);
  }

  /** Python's raw-unicode-escape: Latin-1 but for {@code \\uXXXX}. */
  private static String unescaped(String line) {
    int escape = line.indexOf("\\u");
    if (escape < 0) {
      return line;
    }
    StringBuilder text = new StringBuilder(line.length());
    int from = 0;
    while (escape >= 0) {
      text.append(line, from, escape);
      text.append((char) Integer.parseInt(line, escape + 2, escape + 6, 16));
      from = escape + 6;
      escape = line.indexOf("\\u", from);
    }
    return text.append(line, from, line.length()).toString();
  }

  private static Object number(String line) {
    return switch (line) {
      case "00" -> false;
      case "01" -> true;
      default -> Long.valueOf(line.endsWith("L") ? line.substring(0, line.length() - 1) : line);
    };
  }

  private static long integer(byte[] little) throws PickleException {
    if (little.length > 8) {
      throw new PickleException("a number of " + little.length + " bytes");
    }
    long value = little.length > 0 && little[little.length - 1] < 0 ? -1 : 0;
    for (int i = little.length - 1; i >= 0; i--) {
      value = value << 8 | (little[i] & 0xff);
    }
    return value;
  }

  private static byte[] quoted(String line) throws PickleException {
    if (line.length() < 2 || line.indexOf('\\') >= 0) {
      throw new PickleException("text with escapes is not read");
    }
    return line.substring(1, line.length() - 1).getBytes(StandardCharsets.ISO_8859_1);
  }
}
