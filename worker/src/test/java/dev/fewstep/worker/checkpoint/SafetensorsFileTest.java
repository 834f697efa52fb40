package dev.fewstep.worker.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.fewstep.worker.testing.RequiresPart;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SafetensorsFileTest {
  @TempDir Path folder;

  private static Map<String, NDArray> arrays(NDManager manager) {
    Map<String, NDArray> arrays = new LinkedHashMap<>();
    arrays.put("z", manager.create(new float[] {1, -2, 3, 4, 5, 6}, new Shape(2, 3)));
    arrays.put("a", manager.create(new long[] {1L << 40, -1}));
    arrays.put("m", manager.create(new double[] {Math.PI}));
    arrays.put("scalar", manager.create(2.5f));
    return arrays;
  }

  @Test
  void theOrderTypesShapesAndMetadataComeBack() throws IOException {
    Path file = folder.resolve("x.safetensors");
    try (NDManager manager = NDManager.newBaseManager()) {
      Map<String, NDArray> written = arrays(manager);
      TensorFile.write(file, written, Map.of("fewstep.test", "{\"a\":1}"));
      Map<String, NDArray> read = TensorFile.read(file, manager);
      assertThat(read.keySet()).containsExactly("z", "a", "m", "scalar");
      written.forEach((name, array) -> assertThat(read.get(name)).isEqualTo(array));
      assertThat(read.get("scalar").getShape()).isEqualTo(new Shape());
      assertThat(TensorFile.metadata(file)).containsExactly(Map.entry("fewstep.test", "{\"a\":1}"));
      Path again = folder.resolve("y.safetensors");
      TensorFile.write(again, read, Map.of("fewstep.test", "{\"a\":1}"));
      assertThat(Files.mismatch(file, again)).isEqualTo(-1);
      try (Stream<Path> left = Files.list(folder)) {
        assertThat(left).as("no temporary file stays").hasSize(2);
      }
    }
  }

  @Test
  void halfPrecisionIsWidenedExactly() throws IOException {
    short[] halves = {0x3c00, (short) 0xc000, 0x7bff, 0x0001, 0x7c00, (short) 0x8000, 0x3555};
    ByteBuffer half = ByteBuffer.allocate(14).order(ByteOrder.LITTLE_ENDIAN);
    for (short bits : halves) {
      half.putShort(bits);
    }
    ByteBuffer brain = ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN);
    brain.putShort((short) 0x3f80).putShort((short) 0xc049);
    Path file = folder.resolve("h.safetensors");
    Map<String, RawTensor> tensors = new LinkedHashMap<>();
    tensors.put("h", new RawTensor(DataType.FLOAT16, new long[] {7}, half.flip()));
    tensors.put("b", new RawTensor(DataType.BFLOAT16, new long[] {2}, brain.flip()));
    SafetensorsFile.write(file, tensors, Map.of());
    try (NDManager manager = NDManager.newBaseManager()) {
      Map<String, NDArray> read = TensorFile.read(file, manager);
      assertThat(read.get("h").toFloatArray())
          .containsExactly(1f, -2f, 65504f, 0x1p-24f, Float.POSITIVE_INFINITY, -0f, 1365f / 4096);
      assertThat(read.get("b").toFloatArray()).containsExactly(1f, -3.140625f);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}}|takes 8 bytes",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}|leave a hole",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[-4,0]}}|its offsets",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[4],\"data_offsets\":[0,16]}}|8 follow the header",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[4294967296,4294967296,4],\"data_offsets\":[0,8]}}|too large",
        "{\"a\":{\"dtype\":\"F8\",\"shape\":[8],\"data_offsets\":[0,8]}}|type 'F8'",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[-2],\"data_offsets\":[0,8]}}|negative",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0]}}|no data_offsets",
        "{\"a\":{\"dtype\":\"F64\",\"shape\":[1],\"data_offsets\":[0,8]},"
            + "\"a\":{\"dtype\":\"F64\",\"shape\":[1],\"data_offsets\":[0,8]}}|Duplicate",
        "{\"a\":{\"dtype\":\"F64\",\"shape\":[1],\"data_offsets\":[0,8]},"
            + "\"b\":{\"dtype\":\"F64\",\"shape\":[1],\"data_offsets\":[0,8]}}|overlap",
        "[]                 |no JSON object",
        "{\"a\":}           |damaged header",
      })
  void aDamagedHeaderIsRefused(String header, String message) throws IOException {
    byte[] text = header.getBytes(StandardCharsets.UTF_8);
    ByteBuffer file = ByteBuffer.allocate(8 + text.length + 8).order(ByteOrder.LITTLE_ENDIAN);
    file.putLong(text.length).put(text);
    Path path = Files.write(folder.resolve("bad.safetensors"), file.array());
    assertThatThrownBy(() -> SafetensorsFile.read(path))
        .isInstanceOf(TensorFormatException.class)
        .hasMessageContaining("bad.safetensors")
        .hasMessageContaining(message);
  }

  @Test
  void aHeaderLargerThanTheFileIsRefused() throws IOException {
    ByteBuffer file = ByteBuffer.allocate(20).order(ByteOrder.LITTLE_ENDIAN).putLong(1L << 40);
    Path path = Files.write(folder.resolve("long.safetensors"), file.array());
    assertThatThrownBy(() -> SafetensorsFile.read(path))
        .isInstanceOf(TensorFormatException.class)
        .hasMessageContaining("is not safetensors");
    assertThatThrownBy(() -> TensorFile.readRaw(path)).hasMessageContaining("not a tensor file");
  }

  @Test
  @RequiresPart(
      value = "python",
      probe = {"python3", "-c", "import numpy, safetensors.numpy"})
  void pythonLoadsWhatIsWritten() throws Exception {
    Path file = folder.resolve("p.safetensors");
    Path npz = folder.resolve("p.npz");
    try (NDManager manager = NDManager.newBaseManager()) {
      TensorFile.write(file, arrays(manager), Map.of("k", "v"));
      TensorFile.write(npz, arrays(manager), Map.of());
    }
    String program =
        """
        import sys, numpy, safetensors, safetensors.numpy
        with safetensors.safe_open(sys.argv[1], 'np') as f: assert f.metadata() == {'k': 'v'}
        for t in (safetensors.numpy.load_file(sys.argv[1]), numpy.load(sys.argv[2])):
            assert t['z'].dtype == numpy.float32 and t['z'].tolist() == [[1, -2, 3], [4, 5, 6]]
            assert t['a'].dtype == numpy.int64 and t['a'].tolist() == [2**40, -1]
            assert t['m'].dtype == numpy.float64 and t['m'][0] == numpy.pi
            assert t['scalar'].shape == () and t['scalar'] == 2.5
        safetensors.numpy.save_file(dict(b=t['z'][:, :2].copy(), c=t['a']), sys.argv[1])
        numpy.savez(sys.argv[2], f=numpy.asfortranarray(t['z']), h=t['z'].astype('f2'))
        """;
    Process python =
        new ProcessBuilder("python3", "-c", program, file.toString(), npz.toString())
            .redirectErrorStream(true)
            .start();
    String output = new String(python.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(python.waitFor()).as(output).isZero();
    try (NDManager manager = NDManager.newBaseManager()) {
      assertThat(TensorFile.read(file, manager).get("b").toFloatArray())
          .containsExactly(1, -2, 4, 5);
      Map<String, NDArray> read = TensorFile.read(npz, manager);
      assertThat(read.get("f")).isEqualTo(arrays(manager).get("z"));
      assertThat(read.get("h")).isEqualTo(arrays(manager).get("z"));
    }
  }
}
