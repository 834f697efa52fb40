package dev.fewstep.worker.checkpoint;

import ai.djl.ndarray.types.DataType;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import net.razorvine.pickle.IObjectConstructor;
import net.razorvine.pickle.PickleException;
import net.razorvine.pickle.Unpickler;

/**
 * An unpickler that builds tensors' descriptions, lists, tuples, dictionaries and plain values, and
 * refuses every other class by name. The library's own registry of classes and its reflective
 * {@code __setstate__} are never reached: the opcodes that lead there are handled here.
 */
final class TensorUnpickler extends Unpickler {
  /** The dtype that a storage class stands for. */
  record StorageType(DataType type) {}

  /** A storage named by a persistent id: bytes elsewhere in the file. */
  record Storage(String key, DataType type, long elements) {}

  /** A tensor: a view of a storage. */
  record View(Storage storage, long offset, List<Long> shape, List<Long> strides) {
    long bytes() {
      return RawTensor.byteSize(storage.type(), TensorInfo.dimensions(shape));
    }
  }

  private static final int OP_GLOBAL = 'c';
  private static final int OP_INST = 'i';
  private static final int OP_OBJ = 'o';
  private static final int OP_EMPTY_DICT = '}';
  private static final int OP_DICT = 'd';
  private static final int OP_SETITEM = 's';
  private static final int OP_SETITEMS = 'u';
  private static final int OP_FIRST_SET = 0x8f;
  private static final int OP_NEWOBJ_EX = 0x92;
  private static final int OP_BUILD = 'b';
  private static final int OP_PERSID = 'P';
  private static final int OP_STACK_GLOBAL = 0x93;
  private static final int OP_EXT1 = 0x82;
  private static final int OP_EXT4 = 0x84;
  private static final int OP_NEXT_BUFFER = 0x97;
  private static final int OP_READONLY_BUFFER = 0x98;

  /** Opcodes followed by a length of four or eight bytes: the length must fit the input. */
  private static final String LENGTH4 = "XTB\u008b";

  private static final String LENGTH8 = "\u008d\u008e\u0096";

  /** Opcodes followed by text up to the end of the line: short, since a number's text is slow. */
  private static final String LINE = "ILFSVpg";

  private static final int OP_LONG4 = 0x8b;
  private static final int MAX_LONG = 64;
  private static final int MAX_LINE = 1000;
  private static final int MAX_KEY = 512;
  private static final int MAX_RANK = 64;

  /** Objects that a pickle may make; each takes at most about a hundred bytes beside its input. */
  private static final int MAX_WORK = 3_000_000;

  private final Map<String, Object> allowed = allowed();
  private final Map<String, Storage> storages = new LinkedHashMap<>();
  private int work;

  private Map<String, Object> allowed() {
    Map<String, Object> allowed = new LinkedHashMap<>();
    allowed.put("torch.FloatStorage", new StorageType(DataType.FLOAT32));
    allowed.put("torch.DoubleStorage", new StorageType(DataType.FLOAT64));
    allowed.put("torch.HalfStorage", new StorageType(DataType.FLOAT16));
    allowed.put("torch.BFloat16Storage", new StorageType(DataType.BFLOAT16));
    allowed.put("torch.LongStorage", new StorageType(DataType.INT64));
    allowed.put("torch.IntStorage", new StorageType(DataType.INT32));
    allowed.put("torch.ShortStorage", new StorageType(DataType.INT16));
    allowed.put("torch.CharStorage", new StorageType(DataType.INT8));
    allowed.put("torch.ByteStorage", new StorageType(DataType.UINT8));
    allowed.put("torch.BoolStorage", new StorageType(DataType.BOOLEAN));
    allowed.put("collections.OrderedDict", (IObjectConstructor) this::orderedDict);
    allowed.put("torch._utils._rebuild_tensor", (IObjectConstructor) TensorUnpickler::tensor);
    allowed.put("torch._utils._rebuild_tensor_v2", (IObjectConstructor) TensorUnpickler::tensor);
    allowed.put("torch._utils._rebuild_parameter", (IObjectConstructor) TensorUnpickler::parameter);
    allowed.put("torch.Size", (IObjectConstructor) TensorUnpickler::size);
    return allowed;
  }

  /**
   * Reads one pickle and leaves the stream after it.
   *
   * @param in a stream that knows its length: {@code available()} is what is left
   * @throws PickleException when the pickle is damaged or names a class that is not allowed
   */
  Object read(ByteArrayInputStream in) {
    try {
      return load(in);
    } catch (PickleException e) {
      throw e;
    } catch (IOException e) {
      throw new PickleException("the pickle ends too early", e);
    } catch (StackOverflowError e) {
      throw new PickleException("its objects are nested too deeply", e);
    } catch (RuntimeException e) {
      // The library answers malformed input with whatever its casts and lists throw.
      throw new PickleException("damaged pickle (" + e.getClass().getSimpleName() + ")", e);
    }
  }

  /** Every storage that the pickle named, by its key. */
  Map<String, Storage> storages() {
    return storages;
  }

  private void work(int objects) {
    work += objects;
    if (work > MAX_WORK) {
      throw new PickleException("the pickle makes more than " + MAX_WORK + " objects");
    }
  }

  @Override
  protected Object dispatch(short key) throws PickleException, IOException {
    work(1);
    checkLength(key);
    switch (key) {
      case OP_GLOBAL -> stack.add(resolve(line(input), line(input)));
      case OP_STACK_GLOBAL -> {
        Object name = stack.pop();
        Object module = stack.pop();
        if (!(module instanceof String inside && name instanceof String named)) {
          throw new PickleException("a class without a name");
        }
        stack.add(resolve(inside, named));
      }
      case OP_BUILD -> stack.pop(); // OrderedDict's _metadata: nothing that fewstep needs.
      case OP_EMPTY_DICT -> stack.add(new LinkedHashMap<>());
      case OP_DICT -> {
        List<Object> items = stack.pop_all_since_marker();
        stack.add(put(new LinkedHashMap<>(), items));
      }
      case OP_SETITEM -> {
        Object value = stack.pop();
        Object name = stack.pop();
        put(stack.peek(), Arrays.asList(name, value));
      }
      case OP_SETITEMS -> {
        List<Object> items = stack.pop_all_since_marker();
        put(stack.peek(), items);
      }
      case OP_INST -> throw refused(line(input) + "." + line(input));
      case OP_OBJ, OP_PERSID, OP_NEXT_BUFFER, OP_READONLY_BUFFER ->
          throw new PickleException("opcode " + key + " has no place in a tensor file");
      default -> {
        if ((key >= OP_EXT1 && key <= OP_EXT4) || (key >= OP_FIRST_SET && key <= OP_NEWOBJ_EX)) {
          throw new PickleException("opcode " + key + " has no place in a tensor file");
        }
        return super.dispatch(key);
      }
    }
    return NO_RETURN_VALUE;
  }

  /** Keeps the order, which the library does not; a key must be plain, so that hashing it ends. */
  private static Object put(Object target, List<?> items) {
    if (!(target instanceof Map<?, ?>) || items.size() % 2 != 0) {
      throw new PickleException("items for something that is no dictionary");
    }
    @SuppressWarnings("unchecked") // Only this class makes maps, and always of this type.
    Map<Object, Object> map = (Map<Object, Object>) target;
    for (int i = 0; i < items.size(); i += 2) {
      Object key = items.get(i);
      boolean plain = key instanceof Integer || key instanceof Long || key instanceof Boolean;
      if (!plain && !(key instanceof String text && text.length() <= MAX_KEY)) {
        throw new PickleException("a dictionary key that is neither a short text nor a number");
      }
      map.put(key, items.get(i + 1));
    }
    return map;
  }

  private void checkLength(short key) throws IOException {
    if (LINE.indexOf(key) >= 0) {
      input.mark(MAX_LINE + 1);
      line(input);
      input.reset();
      return;
    }
    int bytes = LENGTH4.indexOf(key) >= 0 ? 4 : LENGTH8.indexOf(key) >= 0 ? 8 : 0;
    if (bytes == 0) {
      return;
    }
    input.mark(bytes);
    long length = 0;
    for (int i = 0; i < bytes; i++) {
      length |= (long) (input.read() & 0xff) << (8 * i);
    }
    input.reset();
    if (length < 0 || length > (key == OP_LONG4 ? MAX_LONG : input.available())) {
      throw new PickleException("a value claims " + length + " bytes, more than there are");
    }
  }

  private static String line(InputStream in) throws IOException {
    StringBuilder line = new StringBuilder();
    for (int c = in.read(); c != '\n'; c = in.read()) {
      if (c < 0 || line.length() > MAX_LINE) {
        throw new PickleException("a line of text does not end");
      }
      line.append((char) c);
    }
    return new String(
        line.toString().getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
  }

  private Object resolve(String module, String name) {
    Object found = allowed.get(module + "." + name);
    if (found == null) {
      throw refused(module + "." + name);
    }
    return found;
  }

  private static PickleException refused(String name) {
    return new PickleException(
        "it wants to build "
            + ZipEntries.quoted(name)
            + ", which a tensor file has no need of; nothing was built");
  }

  @Override
  protected Object persistentLoad(Object pid) {
    Object[] id = pid instanceof Object[] array ? array : new Object[0];
    if (id.length < 5
        || !"storage".equals(id[0])
        || !(id[1] instanceof StorageType)
        || !(id[2] instanceof String key)
        || key.length() > MAX_KEY) {
      throw new PickleException("a persistent id that names no storage");
    }
    if (id.length > 5 && id[5] != null) {
      throw new PickleException("views of legacy storages are not read");
    }
    Storage storage = new Storage(key, ((StorageType) id[1]).type(), integer(id[4]));
    if (storage.elements() < 0) {
      throw new PickleException("a storage of " + storage.elements() + " elements");
    }
    Storage known = storages.putIfAbsent(key, storage);
    if (known != null && !known.equals(storage)) {
      throw new PickleException("storage " + ZipEntries.quoted(key) + " has two descriptions");
    }
    return storage;
  }

  private Object orderedDict(Object[] arguments) {
    Map<Object, Object> map = new LinkedHashMap<>();
    if (arguments.length == 1 && arguments[0] instanceof List<?> pairs) {
      work(pairs.size());
      for (Object pair : pairs) {
        put(map, pair instanceof List<?> list ? list : Arrays.asList((Object[]) pair));
      }
    } else if (arguments.length != 0) {
      throw new PickleException("an OrderedDict of something that is no list of pairs");
    }
    return map;
  }

  private static Object parameter(Object[] arguments) {
    if (arguments.length < 1 || !(arguments[0] instanceof View)) {
      throw new PickleException("a parameter without a tensor");
    }
    return arguments[0];
  }

  private static Object size(Object[] arguments) {
    return longs(arguments[0]).toArray();
  }

  private static Object tensor(Object[] arguments) {
    if (arguments.length < 4 || !(arguments[0] instanceof Storage storage)) {
      throw new PickleException("a tensor without storage, offset, size and stride");
    }
    if (arguments.length > 6
        && arguments[6] instanceof Map<?, ?> flags
        && flags.values().stream().anyMatch(flag -> !Boolean.FALSE.equals(flag))) {
      throw new PickleException("a tensor that is the conjugate or negative of its storage");
    }
    return new View(storage, integer(arguments[1]), longs(arguments[2]), longs(arguments[3]));
  }

  private static List<Long> longs(Object tuple) {
    Object[] values = tuple instanceof List<?> list ? list.toArray() : (Object[]) tuple;
    if (values.length > MAX_RANK) {
      throw new PickleException("a tensor of " + values.length + " dimensions");
    }
    return Stream.of(values).map(TensorUnpickler::integer).toList();
  }

  private static long integer(Object value) {
    if (value instanceof Integer || value instanceof Long) {
      return ((Number) value).longValue();
    }
    throw new PickleException("a size that is no integer of 64 bits");
  }
}
