package dev.fewstep.worker.checkpoint;

import static dev.fewstep.schemas.spec.Checks.require;

import ai.djl.ndarray.types.DataType;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Map.Entry;

/**
 * The safetensors format: an 8-byte little-endian header length, a JSON header of names, types,
 * shapes and offsets, then the bytes without holes
 * (https://github.com/huggingface/safetensors#format).
 */
public final class SafetensorsFile {
  private static final long MAX_HEADER = 100_000_000;
  private static final int MAX_TENSORS = 1_000_000;
  private static final int MAX_NAME = 1024;
  private static final int MAX_RANK = 32;
  private static final String METADATA = "__metadata__";
  private static final ObjectMapper STRICT =
      JsonMapper.builder().enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION).build();

  private record Extent(String name, DataType type, List<Long> shape, long begin, long end) {
    long[] dimensions() {
      return shape.stream().mapToLong(Long::longValue).toArray();
    }
  }

  private record Header(List<Extent> extents, Map<String, String> metadata, long dataStart) {}

  private SafetensorsFile() {}

  /** Whether these first bytes of a file of that size can begin a safetensors file. */
  static boolean looksLike(ByteBuffer start, long fileSize) {
    if (start.remaining() < 9) {
      return false;
    }
    long header = start.duplicate().order(ByteOrder.LITTLE_ENDIAN).getLong(0);
    return header >= 2 && header <= fileSize - 8 && start.get(8) == '{';
  }

  /**
   * Reads every tensor, in the order of the header.
   *
   * @throws TensorFormatException when the header is damaged or its offsets leave the file, overlap
   *     or leave holes
   */
  public static Map<String, RawTensor> read(Path file) throws IOException {
    try (TensorArchive archive = open(file)) {
      return archive.read(archive.tensors().keySet());
    }
  }

  static TensorArchive open(Path file) throws IOException {
    FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
    boolean done = false;
    try {
      Header header = header(file, channel);
      Map<String, TensorInfo> infos = new LinkedHashMap<>();
      Map<String, Extent> extents = new HashMap<>();
      for (Extent extent : header.extents()) {
        infos.put(extent.name(), new TensorInfo(extent.type(), extent.shape(), ""));
        extents.put(extent.name(), extent);
      }
      TensorArchive archive =
          new TensorArchive(
              file,
              TensorFormat.SAFETENSORS,
              infos,
              header.metadata(),
              name -> {
                Extent extent = extents.get(name);
                ByteBuffer bytes = RawTensor.allocate(extent.end() - extent.begin());
                readFully(channel, bytes, header.dataStart() + extent.begin());
                return new RawTensor(extent.type(), extent.dimensions(), bytes.flip());
              },
              channel);
      done = true;
      return archive;
    } catch (EOFException e) {
      throw new TensorFormatException(file, e.getMessage(), e);
    } finally {
      if (!done) {
        channel.close();
      }
    }
  }

  /** Reads the metadata alone, in the order of the header; empty when there is none. */
  public static Map<String, String> metadata(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      return header(file, channel).metadata();
    }
  }

  private static Header header(Path file, FileChannel channel) throws IOException {
    long size = channel.size();
    if (size < 10) {
      throw new TensorFormatException(file, "too short for safetensors: " + size + " bytes");
    }
    ByteBuffer prefix = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
    readFully(channel, prefix, 0);
    long length = prefix.getLong(0);
    if (length < 2 || length > Math.min(MAX_HEADER, size - 8)) {
      throw new TensorFormatException(
          file, "a header of " + length + " bytes in a file of " + size + " is not safetensors");
    }
    ByteBuffer text = ByteBuffer.allocate((int) length);
    readFully(channel, text, 8);
    try (JsonParser json = STRICT.createParser(text.array())) {
      return header(json, 8 + length, size);
    } catch (JsonProcessingException e) {
      throw new TensorFormatException(file, "damaged header: " + e.getOriginalMessage(), e);
    } catch (IllegalArgumentException e) {
      throw new TensorFormatException(file, "damaged header: " + e.getMessage(), e);
    } catch (IOException e) {
      throw new TensorFormatException(file, "damaged header: it is not UTF-8", e);
    }
  }

  /** Token by token: a tree of hostile JSON takes many times its size. */
  private static Header header(JsonParser json, long dataStart, long fileSize) throws IOException {
    List<Extent> extents = new ArrayList<>();
    Map<String, String> metadata = new LinkedHashMap<>();
    require(json.nextToken() == JsonToken.START_OBJECT, "the header is no JSON object");
    while (json.nextToken() == JsonToken.FIELD_NAME) {
      String name = json.currentName();
      require(name.length() <= MAX_NAME, "a tensor's name is longer than %s", MAX_NAME);
      require(extents.size() < MAX_TENSORS, "more than %s tensors", MAX_TENSORS);
      require(
          json.nextToken() == JsonToken.START_OBJECT, "%s is no object", ZipEntries.quoted(name));
      if (name.equals(METADATA)) {
        while (json.nextToken() == JsonToken.FIELD_NAME) {
          String key = json.currentName();
          require(json.nextToken() == JsonToken.VALUE_STRING, "metadata that is no text");
          metadata.put(key, json.getText());
        }
      } else {
        extents.add(extent(name, json));
      }
    }
    require(json.nextToken() == null, "something follows the JSON object");
    checkLayout(extents, fileSize - dataStart);
    return new Header(extents, metadata, dataStart);
  }

  private static void checkLayout(List<Extent> extents, long bytes) {
    List<Extent> byOffset = new ArrayList<>(extents);
    byOffset.sort(Comparator.comparingLong(Extent::begin).thenComparingLong(Extent::end));
    long expected = 0;
    for (Extent extent : byOffset) {
      require(
          extent.begin() == expected,
          "tensor %s begins at %s, expected %s: tensors overlap or leave a hole",
          ZipEntries.quoted(extent.name()),
          extent.begin(),
          expected);
      expected = extent.end();
    }
    require(
        expected == bytes, "the tensors take %s bytes but %s follow the header", expected, bytes);
  }

  private static Extent extent(String name, JsonParser json) throws IOException {
    String quoted = ZipEntries.quoted(name);
    String dtype = "";
    List<Long> shape = null;
    List<Long> offsets = List.of();
    while (json.nextToken() == JsonToken.FIELD_NAME) {
      String field = json.currentName();
      JsonToken value = json.nextToken();
      switch (field) {
        case "dtype" -> dtype = value == JsonToken.VALUE_STRING ? json.getText() : "";
        case "shape" -> shape = longs(quoted, "dimension", json);
        case "data_offsets" -> offsets = longs(quoted, "offset", json);
        default ->
            throw new IllegalArgumentException(
                "tensor " + quoted + " has the field " + ZipEntries.quoted(field));
      }
    }
    require(offsets.size() == 2, "tensor %s has no data_offsets", quoted);
    require(shape != null, "tensor %s has no shape", quoted);
    Extent extent =
        new Extent(name, type(name, dtype), List.copyOf(shape), offsets.get(0), offsets.get(1));
    long expected = RawTensor.byteSize(extent.type(), extent.dimensions());
    require(
        extent.begin() >= 0
            && extent.end() >= extent.begin()
            && extent.end() - extent.begin() == expected,
        "tensor %s of type %s and shape %s takes %s bytes, its offsets %s to %s do not",
        quoted,
        extent.type(),
        shape,
        expected,
        extent.begin(),
        extent.end());
    return extent;
  }

  private static List<Long> longs(String tensor, String what, JsonParser json) throws IOException {
    require(
        json.currentToken() == JsonToken.START_ARRAY, "tensor %s has no list of %ss", tensor, what);
    List<Long> values = new ArrayList<>();
    while (json.nextToken() != JsonToken.END_ARRAY) {
      require(
          json.currentToken() == JsonToken.VALUE_NUMBER_INT
              && json.getNumberType() != JsonParser.NumberType.BIG_INTEGER,
          "tensor %s has the %s %s",
          tensor,
          what,
          ZipEntries.quoted(String.valueOf(json.getText())));
      require(values.size() < MAX_RANK, "tensor %s has more than %s %ss", tensor, MAX_RANK, what);
      values.add(json.getLongValue());
    }
    return values;
  }

  private static DataType type(String name, String dtype) {
    return switch (dtype) {
      case "F32" -> DataType.FLOAT32;
      case "F64" -> DataType.FLOAT64;
      case "F16" -> DataType.FLOAT16;
      case "BF16" -> DataType.BFLOAT16;
      case "I64" -> DataType.INT64;
      case "I32" -> DataType.INT32;
      case "I16" -> DataType.INT16;
      case "I8" -> DataType.INT8;
      case "U8" -> DataType.UINT8;
      case "BOOL" -> DataType.BOOLEAN;
      default ->
          throw new IllegalArgumentException(
              "tensor "
                  + ZipEntries.quoted(name)
                  + " has the type "
                  + ZipEntries.quoted(dtype)
                  + "; readable are F16 BF16 F32 F64 I8 I16 I32 I64 U8 BOOL");
    };
  }

  private static String dtype(DataType type) {
    return switch (type) {
      case FLOAT32 -> "F32";
      case FLOAT64 -> "F64";
      case FLOAT16 -> "F16";
      case BFLOAT16 -> "BF16";
      case INT64 -> "I64";
      case INT32 -> "I32";
      case INT16 -> "I16";
      case INT8 -> "I8";
      case UINT8 -> "U8";
      case BOOLEAN -> "BOOL";
      default -> throw new IllegalArgumentException("safetensors cannot hold " + type);
    };
  }

  private static void readFully(FileChannel channel, ByteBuffer into, long position)
      throws IOException {
    long at = position;
    while (into.hasRemaining()) {
      int read = channel.read(into, at);
      if (read < 0) {
        throw new EOFException("the file ends too early");
      }
      at += read;
    }
  }

  /**
   * Writes atomically. The header keeps the map's order; the bytes are ordered by element size, so
   * that every tensor is aligned. Equal content makes equal bytes.
   *
   * @param metadata free text; fewstep's own keys begin with {@code fewstep.}
   */
  public static void write(Path file, Map<String, RawTensor> tensors, Map<String, String> metadata)
      throws IOException {
    List<Entry<String, RawTensor>> layout = new ArrayList<>(tensors.entrySet());
    layout.sort(Comparator.comparingInt(e -> -e.getValue().type().getNumOfBytes()));
    byte[] header = headerBytes(tensors, layout, metadata);
    AtomicFile.write(
        file,
        out -> {
          out.write(
              ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(header.length).array());
          out.write(header);
          WritableByteChannel channel = Channels.newChannel(out);
          for (Entry<String, RawTensor> tensor : layout) {
            ByteBuffer bytes = tensor.getValue().bytes();
            while (bytes.hasRemaining()) {
              channel.write(bytes);
            }
          }
        });
  }

  private static byte[] headerBytes(
      Map<String, RawTensor> tensors,
      List<Entry<String, RawTensor>> layout,
      Map<String, String> metadata)
      throws IOException {
    Map<String, Long> begins = new LinkedHashMap<>();
    long offset = 0;
    for (Entry<String, RawTensor> tensor : layout) {
      begins.put(tensor.getKey(), offset);
      offset += tensor.getValue().bytes().remaining();
    }
    ObjectNode json = STRICT.createObjectNode();
    if (!metadata.isEmpty()) {
      ObjectNode node = json.putObject(METADATA);
      metadata.forEach(node::put);
    }
    for (Entry<String, RawTensor> tensor : tensors.entrySet()) {
      require(!tensor.getKey().equals(METADATA), "no tensor may be named %s", METADATA);
      ObjectNode node = json.putObject(tensor.getKey());
      node.put("dtype", dtype(tensor.getValue().type()));
      ArrayNode shape = node.putArray("shape");
      for (long dimension : tensor.getValue().shape()) {
        shape.add(dimension);
      }
      long begin = begins.get(tensor.getKey());
      node.putArray("data_offsets").add(begin).add(begin + tensor.getValue().bytes().remaining());
    }
    byte[] text = STRICT.writeValueAsBytes(json);
    byte[] padded = new byte[(text.length + 7) / 8 * 8];
    java.util.Arrays.fill(padded, (byte) ' ');
    System.arraycopy(text, 0, padded, 0, text.length);
    return padded;
  }
}
