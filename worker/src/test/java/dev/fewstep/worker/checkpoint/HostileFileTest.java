package dev.fewstep.worker.checkpoint;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.types.DataType;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Each file here would cost memory, time or trust if it were believed. */
class HostileFileTest {
  private static final String STORAGE =
      "(X\u0007\u0000\u0000\u0000storagectorch\nFloatStorage\nX\u0001\u0000\u0000\u00000"
          + "X\u0003\u0000\u0000\u0000cpuK\u0006tQ";
  private static final String REBUILD = "ctorch._utils\n_rebuild_tensor_v2\n(";
  private static final String NO_HOOKS = "\u0089ccollections\nOrderedDict\n)RtR";

  @TempDir Path folder;

  private static byte[] latin1(String text) {
    return text.getBytes(ISO_8859_1);
  }

  /** A .pth of a pickle and one storage of six floats. */
  private Path pth(String pickle) throws IOException {
    Map<String, byte[]> entries = new LinkedHashMap<>();
    entries.put("archive/data.pkl", latin1("\u0080\u0002" + pickle));
    entries.put("archive/data/0", new byte[24]);
    entries.put("archive/version", latin1("3\n"));
    return zip("hostile.pth", entries);
  }

  private Path zip(String name, Map<String, byte[]> entries) throws IOException {
    Path file = folder.resolve(name);
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(file))) {
      for (Map.Entry<String, byte[]> entry : entries.entrySet()) {
        zip.putNextEntry(new ZipEntry(entry.getKey()));
        zip.write(entry.getValue());
      }
    }
    return file;
  }

  private static void assertRefused(Path file, String why) {
    assertThatThrownBy(() -> TensorFile.readRaw(file))
        .isInstanceOf(TensorFormatException.class)
        .hasMessageContaining(file.getFileName().toString())
        .hasMessageContaining(why)
        .message()
        .doesNotContain("\n")
        .hasSizeLessThan(1000);
  }

  @Test
  void theSoundFileThatTheOthersAreMadeOfIsRead() throws IOException {
    String tensor =
        REBUILD + STORAGE + "K\u0001K\u0002K\u0002\u0086K\u0002K\u0001\u0086" + NO_HOOKS;
    assertThat(TensorFile.readRaw(pth(tensor + ".")).get("tensor").shape())
        .isEqualTo(new long[] {2, 2});
    String parameter =
        "ctorch._utils\n_rebuild_parameter\n("
            + tensor
            + "\u0088"
            + "ccollections\nOrderedDict\n)RtR.";
    assertThat(TensorFile.readRaw(pth(parameter)).keySet()).containsExactly("tensor");
    String first =
        "ctorch._utils\n_rebuild_tensor\n("
            + STORAGE
            + "K\u0000ctorch\nSize\n(K\u0006\u0085tRK\u0001\u0085tR.";
    assertThat(TensorFile.readRaw(pth(first)).get("tensor").shape()).isEqualTo(new long[] {6});
  }

  static Stream<Arguments> views() {
    // offset, sizes, strides, why
    return Stream.of(
        Arguments.of(
            "K\u0001",
            "K\u0003K\u0002\u0086",
            "K\u0002K\u0001\u0086",
            "reaches element 6 of a storage of 6"),
        Arguments.of(
            "K\u0000",
            "\u008a\u0006\u0000\u0000\u0000\u0000\u0000\u0001\u0085",
            "K\u0001\u0085",
            "reaches element"),
        Arguments.of(
            "K\u0000",
            "\u008a\u0006\u0000\u0000\u0000\u0000\u0000\u0001\u0085",
            "K\u0000\u0085",
            "share storages"),
        Arguments.of(
            "K\u0000",
            "\u008a\u0009\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0000\u0001\u0085",
            "K\u0001\u0085",
            "no integer of 64 bits"),
        Arguments.of(
            "K\u0000",
            "G\u007f\u00f8\u0000\u0000\u0000\u0000\u0000\u0000\u0085",
            "K\u0001\u0085",
            "no integer of 64 bits"),
        Arguments.of(
            "K\u0000",
            "J\u00ff\u00ff\u00ff\u00ff\u0085",
            "K\u0001\u0085",
            "dimension must not be negative"),
        Arguments.of(
            "K\u0005",
            "K\u0002\u0085",
            "J\u00ff\u00ff\u00ff\u00ff\u0085",
            "stride must not be negative"),
        Arguments.of(
            "J\u00ff\u00ff\u00ff\u00ff",
            "K\u0002\u0085",
            "K\u0001\u0085",
            "offset must not be negative"),
        Arguments.of("K\u0000", "K\u0002\u0085", ")", "1 sizes but 0 strides"),
        Arguments.of("K\u0000", "K\u0002", "K\u0001\u0085", "damaged pickle"));
  }

  @ParameterizedTest
  @MethodSource("views")
  void aTensorThatLeavesItsStorage(String offset, String sizes, String strides, String why)
      throws IOException {
    assertRefused(pth(REBUILD + STORAGE + offset + sizes + strides + NO_HOOKS + "."), why);
  }

  @Test
  void aStorageOf2To40Elements() throws IOException {
    String storage = STORAGE.replace("K\u0006", "\u008a\u0006\u0000\u0000\u0000\u0000\u0000\u0001");
    assertRefused(
        pth(REBUILD + storage + "K\u0000K\u0001\u0085K\u0001\u0085" + NO_HOOKS + "."),
        "should have 4398046511104 bytes, but has 24");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "os.system",
        "posix.system",
        "builtins.eval",
        "builtins.getattr",
        "numpy.core.multiarray.scalar",
        "torch.serialization._get_layout",
        "argparse.Namespace",
        "__main__.Evil",
        "torch.storage._load_from_bytes",
      })
  void aClassOutsideTheList(String name) throws IOException {
    String module = name.substring(0, name.lastIndexOf('.'));
    String simple = name.substring(name.lastIndexOf('.') + 1);
    assertRefused(
        pth("c" + module + "\n" + simple + "\n(X\u0002\u0000\u0000\u0000idtR."), "'" + name + "'");
    assertRefused(
        pth("(X\u0002\u0000\u0000\u0000idi" + module + "\n" + simple + "\n."), "'" + name + "'");
  }

  @Test
  void aClassNameThatMovesTheCursor() throws IOException {
    assertRefused(pth("cevil\u001b[2J\u0007\nx" + "y".repeat(500) + "\n)R."), "'evil?[2J?.xyy");
  }

  @Test
  void picklesThatGrow() throws IOException {
    String laughs = "]q\u0000";
    for (int i = 0; i < 40; i++) {
      laughs = "](" + laughs + "h" + (char) i + "h" + (char) i + "eq" + (char) (i + 1);
    }
    assertRefused(pth(laughs + "."), "nested too deeply, or there are too many");
    assertRefused(pth("]".repeat(3_500_000) + "."), "more than 3000000 objects");
    assertRefused(pth("(".repeat(100_000) + "t".repeat(100_000) + "."), "nested too deeply");
    String pairs = "(" + "(X\u0001\u0000\u0000\u0000aNt".repeat(100_000) + "lq\u0001";
    String copies = "ccollections\nOrderedDict\n(h\u0001tR0".repeat(100);
    assertRefused(pth(pairs + copies + "."), "more than 3000000 objects");
    assertRefused(pth("r\u00ff\u00ff\u00ff\u007f."), "damaged pickle");
    assertRefused(pth("L" + "9".repeat(5_000_000) + "L\n."), "a line of text does not end");
    assertRefused(
        pth("\u008b\u0000\u0000@\u0000" + "1".repeat(1 << 22) + "."),
        "a value claims 4194304 bytes");
    assertRefused(
        pth("}X\u0000\u0010\u0000\u0000" + "k".repeat(4096) + "Ns."),
        "neither a short text nor a number");
  }

  @Test
  void twoTensorsOfOneName() throws IOException {
    String tensor = REBUILD + STORAGE + "K\u0000K\u0001\u0085K\u0001\u0085" + NO_HOOKS;
    assertRefused(
        pth(
            "}(X\u0003\u0000\u0000\u0000a.b"
                + tensor
                + "X\u0001\u0000\u0000\u0000a}X\u0001\u0000\u0000\u0000b"
                + tensor
                + "su."),
        "two tensors are named 'a.b'");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"../../etc/passwd", "/etc/passwd", "a\\..\\b", "C:/x", "a/../../b", "a\u0007b"})
  void aPathTrick(String name) throws IOException {
    Map<String, byte[]> entries = new LinkedHashMap<>();
    entries.put("archive/data.pkl", latin1("\u0080\u0002}."));
    entries.put(name, new byte[1]);
    assertRefused(zip("trick.pth", entries), "is no plain path inside the archive");
    entries.put("x.npy", new byte[1]);
    assertRefused(zip("trick.npz", entries), "is no plain path inside the archive");
  }

  @Test
  void aStorageKeyThatIsAPathFindsNothing() throws IOException {
    String storage =
        STORAGE.replace("X\u0001\u0000\u0000\u00000", "X\u000f\u0000\u0000\u0000../../../passwd");
    assertRefused(
        pth(REBUILD + storage + "K\u0000K\u0001\u0085K\u0001\u0085" + NO_HOOKS + "."),
        "is missing");
  }

  @Test
  void anEntryThatOccursTwice() throws IOException {
    Path file =
        zip(
            "twice.pth",
            Map.of("archive/data.pkl", latin1("}."), "archive/data.pkX", latin1("}.")));
    byte[] bytes = Files.readAllBytes(file);
    for (int i = 0; i + 3 < bytes.length; i++) {
      if (bytes[i] == 'p' && bytes[i + 1] == 'k' && bytes[i + 2] == 'X') {
        bytes[i + 2] = 'l';
      }
    }
    Files.write(file, bytes);
    assertRefused(file, "the zip has two entries 'archive/data.pkl'");
  }

  @Test
  void aZipBomb() throws IOException {
    Map<String, byte[]> entries = new LinkedHashMap<>();
    entries.put("archive/data.pkl", new byte[(64 << 20) + 1]);
    assertRefused(zip("pickle.pth", entries), "its pickle is larger than");
    entries.put(
        "archive/data.pkl",
        latin1(
            "\u0080\u0002"
                + REBUILD
                + STORAGE.replace("K\u0006", "J\u0000\u0000@\u0000")
                + "K\u0000J\u0000\u0000@\u0000\u0085K\u0001\u0085"
                + NO_HOOKS
                + "."));
    entries.put("archive/data/0", new byte[16 << 20]);
    assertRefused(zip("storage.pth", entries), "compressed beyond belief");
  }

  @Test
  void anNpzOfMoreThanItsFileIsWorth() throws IOException {
    Path file = folder.resolve("bomb.npz");
    byte[] block = new byte[1 << 20];
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(file))) {
      zip.putNextEntry(new ZipEntry("x.npy"));
      String header =
          "{'descr': '|u1', 'fortran_order': False, 'shape': (%d,), }".formatted(300L << 20);
      byte[] text = latin1(header + " ".repeat(117 - header.length()) + "\n");
      zip.write(latin1("\u0093NUMPY\u0001\u0000v\u0000"));
      zip.write(text);
      for (int i = 0; i < 300; i++) {
        zip.write(block);
      }
    }
    assertRefused(file, "more than is believed of a file of its size");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'descr': '<f4', 'fortran_order': False, 'shape': (1099511627776,)|claims 4398046511104 bytes",
        "'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296)|too large",
        "'descr': '>f4', 'fortran_order': False, 'shape': (2,)|element type '>f4'",
        "'descr': 'O', 'fortran_order': False, 'shape': (2,)|element type 'O'",
        "'descr': '<f4', 'fortran_order': False, 'shape': (nan,)|no readable 'shape'",
        "'descr': '<f4', 'fortran_order': False, 'shape': (-2,)|no readable 'shape'",
        "'descr': '<f4', 'shape': (2,)|no readable 'fortran_order'",
        "'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)|array 'x.npy'",
      })
  void anArrayHeaderThatLies(String header, String why) throws IOException {
    ByteArrayOutputStream npy = new ByteArrayOutputStream();
    String text = "{" + header + ", }\n";
    npy.writeBytes(latin1("\u0093NUMPY\u0001\u0000"));
    npy.write(text.length());
    npy.write(0);
    npy.writeBytes(latin1(text));
    npy.writeBytes(new byte[8]);
    assertRefused(zip("lie.npz", Map.of("x.npy", npy.toByteArray())), why);
  }

  @Test
  void aSafetensorsHeaderOfManyObjectsOrAFlood() throws IOException {
    assertRefused(safetensors("{\"a\":" + "[".repeat(2_000_000)), "'a' is no object");
    assertRefused(
        safetensors("{\"a\":{\"shape\":[" + "1,".repeat(1_000_000)), "more than 32 dimensions");
    assertRefused(
        safetensors(
            "{\"a\":{\"dtype\":\"F32\",\"shape\":[1099511627776],\"data_offsets\":[0,4398046511104]}}"),
        "take 4398046511104 bytes but 8 follow");
    assertRefused(
        safetensors("{\"a\":{\"dtype\":\"F32\",\"shape\":[1.5],\"data_offsets\":[0,8]}}"),
        "the dimension '1.5'");
    assertRefused(
        safetensors(
            "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[9223372036854775807,-9223372036854775801]}}"),
        "its offsets");
    assertRefused(safetensors("{}{}"), "something follows");
  }

  private Path safetensors(String header) throws IOException {
    byte[] text = header.getBytes(UTF_8);
    ByteBuffer bytes = ByteBuffer.allocate(16 + text.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putLong(text.length).put(text);
    return Files.write(folder.resolve("h.safetensors"), bytes.array());
  }

  /** No beginning of a file is taken for a file; a legacy file's last byte belongs to a storage. */
  @Test
  void aFileCutAtAnyByte() throws Exception {
    Map<String, RawTensor> tensors =
        Map.of("w", new RawTensor(DataType.FLOAT32, new long[] {3}, RawTensor.allocate(12)));
    Path file = folder.resolve("whole");
    PthFile.write(file, DdimCheckpoint.of(tensors, 1e-3, 0, 0, Optional.empty()));
    byte[] zip = Files.readAllBytes(file);
    SafetensorsFile.write(file, tensors, Map.of("k", "v"));
    byte[] safetensors = Files.readAllBytes(file);
    NpzFile.write(file, tensors);
    byte[] npz = Files.readAllBytes(file);
    byte[] legacy;
    try (var in = HostileFileTest.class.getResourceAsStream("legacy-list.pth")) {
      legacy = in.readAllBytes();
    }
    for (byte[] whole : new byte[][] {zip, safetensors, npz, legacy}) {
      for (int length = 0; length < whole.length; length++) {
        Path cut = Files.write(folder.resolve("cut"), Arrays.copyOf(whole, length));
        assertThatThrownBy(() -> TensorFile.readRaw(cut)).isInstanceOf(TensorFormatException.class);
      }
    }
  }

  @Test
  void otherFilesAreNamedForWhatTheyAre() throws IOException {
    byte[] tar = new byte[1024];
    System.arraycopy(latin1("ustar"), 0, tar, 257, 5);
    assertRefused(Files.write(folder.resolve("old.pth"), tar), "a tar archive");
    assertRefused(
        Files.write(folder.resolve("a.pth"), new byte[] {0x1f, (byte) 0x8b, 8, 0}), "gzip");
    assertRefused(Files.write(folder.resolve("b.pth"), latin1("<html>")), "not a tensor file");
    assertRefused(Files.write(folder.resolve("c.pth"), new byte[0]), "not a tensor file");
    assertRefused(folder, "no such readable file");
    assertRefused(
        zip("s.pt", Map.of("m/data.pkl", latin1("}."), "m/constants.pkl", latin1(")."))),
        "TorchScript");
    assertRefused(
        zip("be.pth", Map.of("m/data.pkl", latin1("}."), "m/byteorder", latin1("big"))),
        "not little-endian");
  }
}
