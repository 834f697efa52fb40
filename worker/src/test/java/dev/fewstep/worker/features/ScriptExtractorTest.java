package dev.fewstep.worker.features;

import static dev.fewstep.worker.features.FormulaWeights.relative;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import dev.fewstep.worker.checkpoint.TensorFile;
import dev.fewstep.worker.checkpoint.TensorFormatException;
import dev.fewstep.worker.data.ImageShape;
import dev.fewstep.worker.tensor.AtenOps;
import dev.fewstep.worker.tensor.Autograd;
import dev.fewstep.worker.tensor.ScriptArchive;
import dev.fewstep.worker.tensor.ScriptTrust;
import dev.fewstep.worker.tensor.TorchEngine;
import dev.fewstep.worker.tensor.UntrustedScriptException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** TorchScript modules with the call signatures of the published ones, against Python. */
class ScriptExtractorTest {
  private static final ImageShape IMAGE = new ImageShape(1, 16, 16);
  private static NDManager manager;
  private static Map<String, NDArray> reference;

  @TempDir Path directory;

  @BeforeAll
  static void load() throws Exception {
    ScriptTrust.set(true);
    manager = TorchEngine.newManager(Device.cpu());
    reference = TensorFile.read(InceptionTest.resource("scripts.npz"), manager);
  }

  @AfterAll
  static void close() {
    manager.close();
    ScriptTrust.set(false);
  }

  private static FeatureExtractor open(String name, String mode) throws Exception {
    return Extractors.open(InceptionTest.resource(name), mode, new ImageShape(3, 24, 24), manager);
  }

  private static Path script() throws Exception {
    return Path.of(ScriptExtractorTest.class.getResource("features.pt").toURI());
  }

  /** The same network by hand: two strided convolutions with ReLU and a spatial mean. */
  private static NDArray byHand(NDArray images, Map<String, NDArray> state) {
    NDArray x = images;
    for (String layer : new String[] {"c1", "c2"}) {
      x =
          JniUtils.relu(
              JniUtils.convolution(
                  (PtNDArray) x,
                  (PtNDArray) state.get(layer + ".weight"),
                  (PtNDArray) state.get(layer + ".bias"),
                  new Shape(2, 2),
                  new Shape(1, 1),
                  new Shape(1, 1),
                  1));
    }
    return x.reshape(x.getShape().get(0), x.getShape().get(1), -1).mean(new int[] {2});
  }

  @Test
  void featuresAndGradientAreThoseOfTheModule() throws Exception {
    try (FeatureExtractor extractor = Extractors.open(script(), "", IMAGE, manager)) {
      assertThat(extractor.dimensions()).isEqualTo(32);
      assertThat(extractor.name()).isEqualTo("features.pt");
      assertThat(extractor.traits()).isEqualTo(SpaceTraits.PLAIN);
      Path state = Path.of(TensorFile.class.getResource("features-state.pth").toURI());
      Map<String, NDArray> weights = TensorFile.read(state, manager);
      NDArray images = AtenOps.uniform(manager, new Shape(3, 1, 16, 16), 4);
      NDArray copy = images.duplicate();
      copy.setRequiresGradient(true);
      NDArray gradient = gradient(extractor, images);
      Autograd.recording(
          () -> {
            NDArray y = byHand(copy, weights);
            Autograd.backward(y, ramp(y));
            return true;
          });
      assertThat(relative(gradient, copy.getGradient())).isLessThan(1e-6);
    }
  }

  private static NDArray ramp(NDArray features) {
    return manager
        .create(
            IntStream.range(0, (int) features.size())
                .mapToDouble(i -> i / (features.size() - 1.0))
                .toArray(),
            features.getShape())
        .toType(DataType.FLOAT32, false);
  }

  private static NDArray gradient(FeatureExtractor extractor, NDArray images) {
    images.setRequiresGradient(true);
    Autograd.recording(
        () -> {
          NDArray features = extractor.features(images);
          assertThat(features.getManager()).isSameAs(images.getManager());
          Autograd.backward(features, ramp(features));
          return true;
        });
    return images.getGradient();
  }

  @ParameterizedTest
  @CsvSource({
    "tiny-clip.pt,clip,clip,clip_gradient,8",
    "tiny-dino.pt,dinov2-torch,dinov2-torch,dinov2_gradient,6",
    "tiny-inception.pt,inception,inception,inception_gradient,8"
  })
  void theLossesPathMatchesPythonWithItsGradient(
      String file, String mode, String key, String gradientKey, int dimensions) throws Exception {
    try (FeatureExtractor extractor = open(file, mode)) {
      NDArray images = reference.get("script_unit").duplicate();
      NDArray features = Autograd.off(() -> extractor.features(images));
      assertThat(relative(features, reference.get(key))).isLessThan(1e-5);
      assertThat(relative(gradient(extractor, images), reference.get(gradientKey)))
          .isLessThan(1e-4);
      assertThat(extractor.dimensions()).isEqualTo(dimensions);
      assertThat(extractor.traits().differentiable()).isTrue();
    }
  }

  @ParameterizedTest
  @CsvSource({"tiny-clip.pt,clip-pil", "tiny-dino.pt,dinov2"})
  void thePathThroughPillowsBytesMatchesPython(String file, String mode) throws Exception {
    try (FeatureExtractor extractor = open(file, mode)) {
      NDArray images = reference.get("script_images").toType(DataType.FLOAT32, true).div(255);
      NDArray features = Autograd.off(() -> extractor.features(images));
      assertThat(relative(features, reference.get(mode))).isLessThan(1e-5);
      assertThat(extractor.traits().differentiable()).isFalse();
      assertThat(extractor.traits().preprocess()).isEqualTo("pil-bicubic224");
      assertThat(extractor.name()).isEqualTo(mode);
    }
  }

  @Test
  void nvidiasInceptionAlsoGivesProbabilitiesWithoutTheBias() throws Exception {
    try (FeatureExtractor extractor = open("tiny-inception.pt", "inception")) {
      Classifier classifier = (Classifier) extractor;
      NDArray images = reference.get("script_unit").duplicate();
      Classifier.Classified both = Autograd.off(() -> classifier.classify(images));
      assertThat(classifier.classes()).isEqualTo(5);
      assertThat(relative(both.probabilities(), reference.get("inception_probabilities")))
          .isLessThan(1e-5);
      assertThat(relative(both.features(), reference.get("inception"))).isLessThan(1e-5);
      // Only a network of 2,048 features can be the one that FID is defined by.
      assertThat(extractor.traits().inception()).isFalse();
    }
  }

  @Test
  void whatCannotBeCalledSoIsRefused() throws Exception {
    assertThatThrownBy(() -> open("tiny-dino.pt", "inception"))
        .hasMessageContaining("return_features");
    assertThatThrownBy(() -> open("tiny-dino.pt", "multi"))
        .hasMessageContaining("no mode 'multi'; there are raw, signed");
    assertThatThrownBy(() -> Extractors.open(script(), "", new ImageShape(3, 16, 16), manager))
        .hasMessageContaining("channels");
  }

  @Test
  void codeIsNotRunWhereItIsNotTrusted() throws Exception {
    ScriptTrust.set(false);
    try {
      assertThatThrownBy(() -> open("tiny-clip.pt", "clip"))
          .isInstanceOf(UntrustedScriptException.class)
          .hasMessageContaining("FEWSTEP_TORCHSCRIPT=allow");
    } finally {
      ScriptTrust.set(true);
    }
    assertThatThrownBy(() -> ScriptTrust.parse("yes")).hasMessageContaining("not 'yes'");
  }

  @Test
  void codeThatTouchesFilesIsRefusedUnread() throws Exception {
    Path file = directory.resolve("reader.pt");
    Files.write(
        file,
        ScriptArchive.write(
            """
              def forward(self: __torch__.Ops, x: Tensor) -> Tensor:
                return torch.from_file("/etc/passwd", False, 10)
            """));
    assertThatThrownBy(() -> Extractors.open(file, "", IMAGE, manager))
        .isInstanceOf(TensorFormatException.class)
        .hasMessageContaining("its code calls torch.from_file");
  }

  @Test
  void anArchiveThatUnpacksBeyondBeliefIsRefusedUnread() throws Exception {
    Path file = directory.resolve("bomb.pt");
    try (OutputStream out = Files.newOutputStream(file);
        ZipOutputStream zip = new ZipOutputStream(out)) {
      zip.putNextEntry(new ZipEntry("archive/code/__torch__.py"));
      zip.putNextEntry(new ZipEntry("archive/data.pkl"));
      zip.putNextEntry(new ZipEntry("archive/data/0"));
      for (int i = 0; i < 64; i++) {
        zip.write(new byte[1 << 20]);
      }
    }
    assertThatThrownBy(() -> Extractors.open(file, "", IMAGE, manager))
        .isInstanceOf(TensorFormatException.class)
        .hasMessageContaining("'archive/data/0' is compressed beyond belief");
  }

  @Test
  void onlyConversionsAndFactoriesAreWidened() {
    String code =
        """
        a = torch.to(torch.select(x, 1, 5), torch.device("cuda:0"), 5, False, False, None)
        b = torch.to(x, 5)
        c = torch.zeros([5, 1], dtype=5, device=torch.device("cuda"))
        d = torch.to(torch.to(y, 5), 6, False)
        """;
    assertThat(ScriptFile.rewritten(code, "cpu", true))
        .isEqualTo(
            """
            a = torch.to(torch.select(x, 1, 5), torch.device("cpu"), 6, False, False, None)
            b = torch.to(x, 6)
            c = torch.zeros([5, 1], dtype=6, device=torch.device("cpu"))
            d = torch.to(torch.to(y, 6), 6, False)
            """);
    assertThat(ScriptFile.rewritten("torch.to(x, 5)", "cpu", false)).isEqualTo("torch.to(x, 5)");
  }
}
