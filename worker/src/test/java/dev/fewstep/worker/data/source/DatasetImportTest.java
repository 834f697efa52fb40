package dev.fewstep.worker.data.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fewstep.schemas.Digests;
import dev.fewstep.schemas.Json;
import dev.fewstep.worker.checkpoint.NpzFile;
import dev.fewstep.worker.checkpoint.RawTensor;
import dev.fewstep.worker.data.DatasetException;
import dev.fewstep.worker.data.DatasetWriter;
import dev.fewstep.worker.data.ImageDataset;
import dev.fewstep.worker.data.ImageShape;
import dev.fewstep.worker.data.NpzImages;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import java.util.zip.GZIPOutputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DatasetImportTest {
  private static final int RECORD = 3073;

  private static Path resources;
  private static Map<String, RawTensor> expected;

  @TempDir Path folder;

  @BeforeAll
  static void read() throws Exception {
    resources = Path.of(DatasetImportTest.class.getResource("expected.npz").toURI()).getParent();
    expected = NpzFile.read(resources.resolve("expected.npz"));
  }

  private ImageDataset convert(Path source, Recipe recipe, Split split) throws IOException {
    Path target = folder.resolve("out/set.npz");
    List<Integer> seen = new ArrayList<>();
    ImportedDataset made =
        DatasetImport.convert(source, recipe, split, target, (done, total) -> seen.add(done));
    ImageDataset dataset = NpzImages.open(target);
    assertThat(dataset.digest()).isEqualTo(made.contentDigest());
    assertThat(dataset.size()).isEqualTo(made.images());
    assertThat(seen).hasSize(made.images()).isSorted().doesNotHaveDuplicates();
    return dataset;
  }

  private static void assertPixels(ImageDataset dataset, String name) {
    RawTensor tensor = expected.get(name);
    assertThat((long) dataset.size()).isEqualTo(tensor.shape()[0]);
    for (int i = 0; i < dataset.size(); i++) {
      byte[] image = new byte[dataset.shape().elements()];
      tensor.bytes().get(i * image.length, image);
      assertThat(dataset.image(i)).as("%s image %s", name, i).isEqualTo(image);
    }
  }

  @Test
  void cifarPythonOfEveryPickleProtocol() throws IOException {
    Path tar = resources.resolve("cifar-10-python.tar.gz");
    ImageDataset train = convert(tar, Recipe.of("cifar10"), Split.TRAIN);
    assertPixels(train, "cifar");
    RawTensor labels = expected.get("cifar_labels");
    int[] read = train.labels().orElseThrow();
    for (int i = 0; i < read.length; i++) {
      assertThat((long) read[i]).isEqualTo(labels.bytes().getLong(8 * i));
    }
    assertThat(convert(tar, Recipe.of("cifar10"), Split.TEST).size()).isEqualTo(3);
    assertThatThrownBy(() -> convert(tar, Recipe.of("cifar10"), Split.VALID))
        .hasMessageContaining("CIFAR has the splits train and test, not valid");
    assertThatThrownBy(() -> convert(tar, Recipe.of("cifar100"), Split.TRAIN))
        .hasMessageContaining("no file train or train.bin in it: is it CIFAR-100?");
  }

  @Test
  void cifarBinaryInTheOrderOfItsBatches() throws IOException {
    Path tar = folder.resolve("cifar-10-binary.tar.gz");
    try (TarArchiveOutputStream out = tar(tar, true)) {
      for (int batch : new int[] {3, 1, 5, 2, 4}) {
        byte[] bytes = new byte[2 * RECORD];
        bytes[0] = (byte) batch;
        bytes[RECORD] = (byte) (batch + 1);
        bytes[1] = (byte) (100 + batch);
        put(out, "cifar-10-batches-bin/data_batch_" + batch + ".bin", bytes);
      }
    }
    ImageDataset train = convert(tar, Recipe.of("cifar10"), Split.TRAIN);
    assertThat(train.labels().orElseThrow()).containsExactly(1, 2, 2, 3, 3, 4, 4, 5, 5, 6);
    assertThat(train.image(2)[0]).isEqualTo((byte) 102);
    assertThat(train.shape()).isEqualTo(new ImageShape(3, 32, 32));
  }

  @Test
  void lsunFromLmdbEqualsTorchvision() throws IOException {
    Recipe recipe = Recipe.of("lsun256").withSize(24);
    assertPixels(convert(resources.resolve("church"), recipe, Split.TRAIN), "lsun");
    assertPixels(convert(resources.resolve("church/data.mdb"), recipe, Split.TRAIN), "lsun");
  }

  @Test
  void celebaIsCroppedResizedAndSplit() throws IOException {
    Path zip = resources.resolve("img_align_celeba.zip");
    ImageDataset train = convert(zip, Recipe.of("celeba64"), Split.TRAIN);
    assertPixels(train, "celeba");
    assertThat(train.labels()).isEmpty();
    assertThat(convert(zip, Recipe.of("celeba64"), Split.VALID).size()).isEqualTo(1);
    assertThat(convert(zip, Recipe.of("celeba64"), Split.ALL).size()).isEqualTo(4);
    JsonNode origin = provenance(folder.resolve("out/set.npz"));
    assertThat(origin.get("recipe").asText()).isEqualTo("celeba64");
    assertThat(origin.get("operations").toString())
        .contains("crop rows 57 to 184, columns 25 to 152", "short side to 64, bilinear");
    assertThat(origin.get("split").asText()).isEqualTo("all");
    assertThat(origin.at("/source/name").asText()).isEqualTo("img_align_celeba.zip");
    assertThat(origin.at("/source/sha256").asText())
        .isEqualTo(Digests.sha256Hex(Files.readAllBytes(zip)));
    Path alone = Files.copy(zip, folder.resolve("img_align_celeba.zip"));
    assertThatThrownBy(() -> convert(alone, Recipe.of("celeba64"), Split.TRAIN))
        .hasMessageContaining("list_eval_partition.txt: no such file");
  }

  private static JsonNode provenance(Path file) throws IOException {
    try (ZipFile zip = new ZipFile(file.toFile())) {
      ZipEntry entry = zip.getEntry(DatasetWriter.PROVENANCE);
      return Json.messages().readTree(zip.getInputStream(entry).readAllBytes());
    }
  }

  @Test
  void imagenetBatchesStoredAndDeflated() throws IOException {
    ImageDataset train = convert(resources, Recipe.of("imagenet64").withSize(8), Split.TRAIN);
    assertPixels(train, "imagenet");
    assertThat(train.labels().orElseThrow()).containsExactly(0, 999, 2, 3, 4, 6, 7);
    assertThatThrownBy(() -> convert(resources, Recipe.of("imagenet64"), Split.TRAIN))
        .hasMessageContaining("expected |u1 and (5, 12288)");
  }

  @Test
  void webdatasetWithClassesAndTorchvisionsRounding() throws IOException {
    Path tar = resources.resolve("sizes.tar");
    ImageDataset sizes = convert(tar, Recipe.of("folder").withSize(20), Split.TRAIN);
    assertPixels(sizes, "sizes");
    assertThat(sizes.labels().orElseThrow()).startsWith(0, 1, 2, 0);
    assertThatThrownBy(() -> convert(tar, Recipe.of("folder"), Split.TRAIN))
        .hasMessageContaining("sizes.tar!001.png: it is 20x33 (height x width), but ")
        .hasMessageEndingWith("sizes.tar!000.png is 20x20; say a --size");
  }

  @Test
  void aFolderHasClassesByItsFirstLevel() throws IOException {
    byte[] png = png();
    for (String name : List.of("cat/a.png", "cat/deep/b.png", "dog/c.png", "dog/.hidden.png")) {
      Path file = folder.resolve("data").resolve(name);
      Files.createDirectories(file.getParent());
      Files.write(file, png);
    }
    ImageDataset set = convert(folder.resolve("data"), Recipe.of("folder"), Split.TRAIN);
    assertThat(set.labels().orElseThrow()).containsExactly(0, 0, 1);
    assertThat(provenance(folder.resolve("out/set.npz")).get("classes").toString())
        .isEqualTo("[\"cat\",\"dog\"]");
    Files.createSymbolicLink(folder.resolve("data/dog/z.png"), folder.resolve("data/dog/c.png"));
    assertThatThrownBy(() -> convert(folder.resolve("data"), Recipe.of("folder"), Split.TRAIN))
        .isInstanceOf(DatasetException.class)
        .hasMessageContaining("z.png: a link or special file");
  }

  @Test
  void shardsAreOneDataset() throws IOException {
    byte[] png = png();
    Files.createDirectories(folder.resolve("shards"));
    for (int shard = 0; shard < 3; shard++) {
      try (TarArchiveOutputStream out = tar(folder.resolve("shards/s-" + shard + ".tar"), false)) {
        put(out, shard + ".png", png);
      }
    }
    assertThat(convert(folder.resolve("shards"), Recipe.of("folder"), Split.ALL).size())
        .isEqualTo(3);
  }

  private static byte[] png() throws IOException {
    Map<String, byte[]> found = new TreeMap<>();
    try (TarFiles tar = new TarFiles(List.of(resources.resolve("sizes.tar")))) {
      for (Optional<String> name = tar.next(); name.isPresent(); name = tar.next()) {
        found.put(name.get(), tar.read(1 << 20));
      }
    }
    return found.get("000.png");
  }

  @Test
  void hostileArchivesAreRefusedInOneSentenceAndLeaveNothing() throws IOException {
    byte[] png = png();
    assertRefused(
        zip("tricks.zip", "../../e.png", png), "e.png: its name leads out of the archive");
    assertRefused(zip("nested.zip", "in.zip", png), "it holds archives and no image; unpack it");
    assertRefused(zip("none.zip", "a.txt", png), "no .png, .jpg, .jpeg or .webp file in it");
    assertRefused(zip("text.zip", "a.png", new byte[] {'h', 'i'}), "neither PNG nor JPEG nor WebP");
    assertRefused(
        zip("bomb.zip", "a.png", new byte[65 << 20]), "an image file of more than 64 MiB");
    assertRefused(
        zip("escape.zip", "\u001b[2Ja.png", new byte[3]), "escape.zip!?[2Ja.png: neither");
    byte[] giant = png.clone();
    CRC32 crc = new CRC32();
    ByteBuffer.wrap(giant).putInt(16, 100_000).putInt(20, 100_000);
    crc.update(giant, 12, 17);
    ByteBuffer.wrap(giant).putInt(29, (int) crc.getValue());
    assertRefused(zip("giant.zip", "a.png", giant), "a.png: it claims 100000 x 100000 pixels");
    Path cut = folder.resolve("cut.zip");
    Files.write(cut, Arrays.copyOf(Files.readAllBytes(zip("whole.zip", "a.png", png)), 60));
    assertRefused(cut, "cut.zip: not a readable zip");
    Path link = folder.resolve("link.tar");
    try (TarArchiveOutputStream out = tar(link, false)) {
      TarArchiveEntry entry = new TarArchiveEntry("a.png", TarConstants.LF_SYMLINK);
      entry.setLinkName("/etc/passwd");
      out.putArchiveEntry(entry);
      out.closeArchiveEntry();
    }
    assertRefused(link, "link.tar!a.png: a link; a dataset's archive holds its files themselves");
    byte[] tar = Files.readAllBytes(resources.resolve("sizes.tar"));
    Path half = folder.resolve("half.tar");
    Files.write(half, Arrays.copyOf(tar, tar.length / 2 - 100));
    assertRefused(half, "half.tar");
    assertRefused(folder.resolve("missing.zip"), "missing.zip: no such readable file or folder");
  }

  private void assertRefused(Path source, String sentence) throws IOException {
    assertThatThrownBy(() -> convert(source, Recipe.of("folder"), Split.ALL))
        .as(source.toString())
        .isInstanceOf(DatasetException.class)
        .hasMessageContaining(sentence)
        .satisfies(e -> assertThat(e.getMessage()).doesNotContain("\n"));
    if (Files.exists(folder.resolve("out"))) {
      try (Stream<Path> left = Files.list(folder.resolve("out"))) {
        assertThat(left).isEmpty();
      }
    }
  }

  @Test
  void aPickleThatWantsToRunSomethingIsRefusedByName() throws IOException {
    byte[] evil = "cos\nsystem\n(S'echo'\ntR.".getBytes(StandardCharsets.US_ASCII);
    Path tar = folder.resolve("cifar-10-python.tar");
    try (TarArchiveOutputStream out = tar(tar, false)) {
      for (int i = 1; i <= 5; i++) {
        put(out, "data_batch_" + i, evil);
      }
    }
    assertThatThrownBy(() -> convert(tar, Recipe.of("cifar10"), Split.TRAIN))
        .hasMessageContaining("data_batch_1: it wants to call 'os.system'")
        .hasMessageEndingWith("nothing was run");
  }

  @Test
  void damagedPicklesNeverEscape() throws IOException {
    byte[] batch;
    try (TarFiles tar = new TarFiles(List.of(resources.resolve("cifar-10-python.tar.gz")))) {
      assertThat(tar.next()).contains("cifar-10-batches-py/data_batch_4");
      batch = tar.read(1 << 20);
    }
    Random random = new Random(2);
    int refused = 0;
    for (int i = 0; i < 5000; i++) {
      byte[] damaged = batch.clone();
      for (int k = 0; k < 3; k++) {
        int edge = random.nextInt(150);
        damaged[random.nextBoolean() ? edge : batch.length - 1 - edge] = (byte) random.nextInt(256);
      }
      try {
        BatchPickle.read(damaged);
      } catch (BatchPickle.PickleException e) {
        refused++;
      }
    }
    assertThat(refused).isBetween(1000, 4999);
  }

  @Test
  void damagedDatabasesNeverEscape() throws IOException {
    byte[] database = Files.readAllBytes(resources.resolve("church/data.mdb"));
    Path file = folder.resolve("data.mdb");
    Random random = new Random(3);
    int refused = 0;
    for (int i = 0; i < 300; i++) {
      byte[] damaged = database.clone();
      for (int k = 0; k < 40; k++) {
        // The heads of pages: flags, bounds, node offsets.
        int page = random.nextInt(damaged.length / 4096);
        damaged[page * 4096 + random.nextInt(64)] = (byte) random.nextInt(256);
      }
      Files.write(file, damaged);
      try (LmdbSource source = new LmdbSource(file, "")) {
        int images = 0;
        for (Optional<SourceImage> image = source.next();
            image.isPresent();
            image = source.next()) {
          images++;
        }
        assertThat(images).isEqualTo(source.count());
      } catch (IOException e) {
        refused++;
        assertThat(e.getMessage()).contains("data.mdb");
      }
    }
    assertThat(refused).isGreaterThan(150);
  }

  private Path zip(String name, String entry, byte[] bytes) throws IOException {
    Path file = folder.resolve(name);
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(file))) {
      zip.putNextEntry(new ZipEntry(entry));
      zip.write(bytes);
    }
    return file;
  }

  private static TarArchiveOutputStream tar(Path file, boolean gzip) throws IOException {
    OutputStream raw = Files.newOutputStream(file);
    return new TarArchiveOutputStream(gzip ? new GZIPOutputStream(raw) : raw);
  }

  private static void put(TarArchiveOutputStream out, String name, byte[] bytes)
      throws IOException {
    TarArchiveEntry entry = new TarArchiveEntry(name);
    entry.setSize(bytes.length);
    out.putArchiveEntry(entry);
    out.write(bytes);
    out.closeArchiveEntry();
  }
}
