package dev.fewstep.worker.checkpoint;

import static dev.fewstep.schemas.spec.Checks.require;

import ai.djl.ndarray.types.DataType;
import java.io.ByteArrayOutputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * Writes the zip form of {@code torch.save}: a pickle of protocol 2 and one stored entry for the
 * bytes of each tensor, aligned to 64 bytes as PyTorch's own writer does.
 */
final class PthWriter {
  private static final String ROOT = "archive/";
  private static final int ALIGNMENT = 64;
  private static final int MAX_DEPTH = 64;

  /** Id of the extra field that PyTorch pads with: "FB". */
  private static final int PADDING_FIELD = 0x4246;

  /**
   * Entries carry this time, so that equal content makes equal bytes. (Midnight itself would make
   * Java add the instant, which depends on the time zone.)
   */
  private static final LocalDateTime EPOCH = LocalDateTime.of(1980, 1, 1, 0, 0, 2);

  private final ByteArrayOutputStream pickle = new ByteArrayOutputStream();
  private final List<RawTensor> storages = new ArrayList<>();

  private PthWriter() {}

  /** Writes an archive to a stream, which stays open; see {@link PthFile#write}. */
  static void write(OutputStream out, Object tree) throws IOException {
    PthWriter writer = new PthWriter();
    writer.pickle.write(0x80);
    writer.pickle.write(2);
    writer.object(tree, 0);
    writer.pickle.write('.');
    Counted counted = new Counted(out);
    ZipOutputStream zip = new ZipOutputStream(counted);
    entry(zip, counted, "data.pkl", ByteBuffer.wrap(writer.pickle.toByteArray()));
    entry(zip, counted, "byteorder", ascii("little"));
    for (int i = 0; i < writer.storages.size(); i++) {
      entry(zip, counted, "data/" + i, writer.storages.get(i).bytes());
    }
    entry(zip, counted, "version", ascii("3\n"));
    zip.finish();
  }

  private static ByteBuffer ascii(String text) {
    return ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
  }

  private static void entry(ZipOutputStream zip, Counted counted, String name, ByteBuffer content)
      throws IOException {
    ZipEntry entry = new ZipEntry(ROOT + name);
    entry.setTimeLocal(EPOCH);
    entry.setMethod(ZipEntry.STORED);
    entry.setSize(content.remaining());
    CRC32 crc = new CRC32();
    crc.update(content.duplicate());
    entry.setCrc(crc.getValue());
    zip.flush();
    long start = counted.count + 30 + entry.getName().length() + 4;
    int padding = (int) ((ALIGNMENT - start % ALIGNMENT) % ALIGNMENT);
    byte[] extra = new byte[4 + padding];
    extra[0] = (byte) PADDING_FIELD;
    extra[1] = (byte) (PADDING_FIELD >> 8);
    extra[2] = (byte) padding;
    entry.setExtra(extra);
    zip.putNextEntry(entry);
    WritableByteChannel channel = Channels.newChannel(zip);
    while (content.hasRemaining()) {
      channel.write(content);
    }
    zip.closeEntry();
  }

  private void object(Object value, int depth) {
    require(depth < MAX_DEPTH, "a checkpoint nests at most %s levels", MAX_DEPTH);
    if (value instanceof RawTensor tensor) {
      tensor(tensor);
    } else if (value instanceof Map<?, ?> map) {
      dictionary(map, depth);
    } else if (value instanceof List<?> list) {
      pickle.write(']');
      if (!list.isEmpty()) {
        pickle.write('(');
        list.forEach(item -> object(item, depth + 1));
        pickle.write('e');
      }
    } else if (value instanceof Boolean flag) {
      pickle.write(flag ? 0x88 : 0x89);
    } else if (value instanceof Integer || value instanceof Long) {
      integer(((Number) value).longValue());
    } else if (value instanceof Double number) {
      pickle.write('G');
      bytes(ByteBuffer.allocate(8).putDouble(number).array());
    } else if (value instanceof String text) {
      text(text);
    } else if (value instanceof Tuple tuple) {
      tuple(() -> tuple.items().forEach(item -> object(item, depth + 1)));
    } else if (value == Nothing.NONE) {
      pickle.write('N');
    } else {
      throw new IllegalArgumentException(
          "a checkpoint holds tensors, maps, lists, numbers and text, not " + value.getClass());
    }
  }

  /** Python's {@code None}. */
  enum Nothing {
    NONE
  }

  /** Python's tuple. */
  record Tuple(List<?> items) {}

  /**
   * As the OrderedDict that a module's state_dict() is when all values are tensors, else a dict.
   */
  private void dictionary(Map<?, ?> map, int depth) {
    boolean state = !map.isEmpty() && map.values().stream().allMatch(RawTensor.class::isInstance);
    if (state && map.keySet().stream().allMatch(String.class::isInstance)) {
      global("collections", "OrderedDict");
      pickle.write(')');
      pickle.write('R');
    } else {
      pickle.write('}');
    }
    if (!map.isEmpty()) {
      pickle.write('(');
      map.forEach(
          (key, item) -> {
            object(key, depth + 1);
            object(item, depth + 1);
          });
      pickle.write('u');
    }
  }

  private void tensor(RawTensor tensor) {
    long[] shape = tensor.shape();
    long[] strides = new long[shape.length];
    long stride = 1;
    for (int i = shape.length - 1; i >= 0; i--) {
      strides[i] = stride;
      stride *= Math.max(1, shape[i]);
    }
    global("torch._utils", "_rebuild_tensor_v2");
    tuple(
        () -> {
          tuple(() -> storage(tensor));
          pickle.write('Q');
          integer(0);
          longs(shape);
          longs(strides);
          pickle.write(0x89); // does not require a gradient
          global("collections", "OrderedDict"); // no hooks
          pickle.write(')');
          pickle.write('R');
        });
    pickle.write('R');
  }

  private void storage(RawTensor tensor) {
    text("storage");
    global("torch", storageClass(tensor.type()));
    text(Integer.toString(storages.size()));
    text("cpu");
    integer(tensor.bytes().remaining() / tensor.type().getNumOfBytes());
    storages.add(tensor);
  }

  private static String storageClass(DataType type) {
    return switch (type) {
      case FLOAT32 -> "FloatStorage";
      case FLOAT64 -> "DoubleStorage";
      case FLOAT16 -> "HalfStorage";
      case BFLOAT16 -> "BFloat16Storage";
      case INT64 -> "LongStorage";
      case INT32 -> "IntStorage";
      case INT16 -> "ShortStorage";
      case INT8 -> "CharStorage";
      case UINT8 -> "ByteStorage";
      case BOOLEAN -> "BoolStorage";
      default -> throw new IllegalArgumentException("torch has no storage for " + type);
    };
  }

  private void longs(long[] values) {
    tuple(
        () -> {
          for (long value : values) {
            integer(value);
          }
        });
  }

  private void tuple(Runnable items) {
    pickle.write('(');
    items.run();
    pickle.write('t');
  }

  private void global(String module, String name) {
    pickle.write('c');
    bytes((module + "\n" + name + "\n").getBytes(StandardCharsets.US_ASCII));
  }

  private void text(String text) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    pickle.write('X');
    bytes(littleEndian(utf8.length));
    bytes(utf8);
  }

  private void integer(long value) {
    if (value >= 0 && value < 256) {
      pickle.write('K');
      pickle.write((int) value);
    } else if (value == (int) value) {
      pickle.write('J');
      bytes(littleEndian((int) value));
    } else {
      byte[] big = BigInteger.valueOf(value).toByteArray();
      pickle.write(0x8a);
      pickle.write(big.length);
      for (int i = big.length - 1; i >= 0; i--) {
        pickle.write(big[i]);
      }
    }
  }

  private static byte[] littleEndian(int value) {
    return new byte[] {
      (byte) value, (byte) (value >> 8), (byte) (value >> 16), (byte) (value >> 24)
    };
  }

  private void bytes(byte[] bytes) {
    pickle.write(bytes, 0, bytes.length);
  }

  /** Knows how many bytes went by: where the next entry begins. */
  private static final class Counted extends FilterOutputStream {
    private long count;

    Counted(OutputStream out) {
      super(out);
    }

    @Override
    public void write(int b) throws IOException {
      out.write(b);
      count++;
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      out.write(bytes, offset, length);
      count += length;
    }
  }
}
