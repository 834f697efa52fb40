package dev.fewstep.worker.features;

import static dev.fewstep.schemas.spec.Checks.require;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.JniUtils;
import ai.djl.pytorch.jni.ScriptModule;
import dev.fewstep.worker.data.ImageShape;
import dev.fewstep.worker.features.SpaceTraits.Family;
import dev.fewstep.worker.tensor.Autograd;
import dev.fewstep.worker.tensor.ScriptTrust;
import dev.fewstep.worker.tensor.TorchEngine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * A TorchScript module as an extractor, in evaluation mode with its parameters frozen and in
 * float32. The mode says how it is called; without one, {@code forward} takes images in [0, 1] as
 * they are. A TorchScript file is code: see {@link ScriptTrust}.
 */
class ScriptExtractor implements FeatureExtractor {
  /** Modes, the default first. */
  static final List<String> MODES =
      List.of(
          "raw",
          "signed",
          "bytes",
          "inception",
          "inception-logits",
          "clip",
          "clip-pil",
          "dinov2",
          "dinov2-torch",
          "imagenet",
          "imagenet-torch");

  private static final String INCEPTION = "inception";
  private static final int INCEPTION_DIMENSIONS = 2048;

  private final String name;
  private final NDManager manager;
  private final ImageInput input;
  private final UnaryOperator<NDArray> network;
  private final int dimensions;
  private final SpaceTraits traits;

  private ScriptExtractor(
      String name,
      NDManager manager,
      ImageInput input,
      UnaryOperator<NDArray> network,
      int dimensions,
      SpaceTraits traits) {
    this.name = name;
    this.manager = manager;
    this.input = input;
    this.network = network;
    this.dimensions = dimensions;
    this.traits = traits;
  }

  /** NVIDIA's Inception-v3 also gives probabilities. */
  private static final class Inception extends ScriptExtractor implements Classifier {
    private final UnaryOperator<NDArray> probabilities;
    private final int classes;

    Inception(ScriptExtractor plain, UnaryOperator<NDArray> probabilities, int classes) {
      super(plain.name, plain.manager, plain.input, plain.network, plain.dimensions, plain.traits);
      this.probabilities = probabilities;
      this.classes = classes;
    }

    @Override
    public int classes() {
      return classes;
    }

    @Override
    public Classified classify(NDArray images) {
      return new Classified(features(images), super.input.run(images, probabilities));
    }
  }

  /**
   * Loads a module, and runs it once on a black image to learn its number of features.
   *
   * @param file the archive that {@code torch.jit.save} wrote
   * @param mode how it is called, one of {@link #MODES}, also with {@code +grey}; empty for raw
   * @param image shape of an image that it will be given
   * @param parent manager on whose device it runs
   * @throws dev.fewstep.worker.tensor.UntrustedScriptException when such code is not trusted here
   * @throws IllegalArgumentException when there is no such mode, or the module does not give (1, D)
   * @throws ai.djl.engine.EngineException when libtorch refuses the archive or the image
   */
  static FeatureExtractor load(Path file, String mode, ImageShape image, NDManager parent)
      throws IOException {
    ScriptTrust.require(file);
    Preset preset = Preset.parse(mode, "A TorchScript module", MODES);
    ScriptFile script = ScriptFile.read(file);
    NDManager manager = parent.newSubManager();
    try {
      return assembled(file, script, preset, image, module(file, script, manager), manager);
    } catch (IOException | RuntimeException e) {
      manager.close();
      throw e;
    }
  }

  private static ScriptModule module(Path file, ScriptFile script, NDManager manager)
      throws IOException {
    PtSymbolBlock block;
    boolean cuda = manager.getDevice().isGpu();
    if (script.needsRewriting(cuda)) {
      Path copy = Files.createTempFile("fewstep-script", ".pt");
      try {
        script.rewrite(copy, TorchEngine.torchName(manager.getDevice()));
        block = load(copy, manager);
      } finally {
        Files.deleteIfExists(copy);
      }
    } else {
      block = load(file, manager);
    }
    JniUtils.enableInferenceMode(block);
    try (NDManager handles = manager.newSubManager()) {
      for (NDArray parameter : JniUtils.moduleGetParams(block, (PtNDManager) handles)) {
        parameter.setRequiresGradient(false);
        if (parameter.getDataType() == DataType.FLOAT16) {
          Autograd.silently(() -> FeatureOps.widen(parameter));
        }
      }
    }
    return ScriptModule.of(block);
  }

  private static PtSymbolBlock load(Path file, NDManager manager) {
    // Not "trained" would make inference tensors, through which no gradient passes to the images.
    return JniUtils.loadModule(
        (PtNDManager) manager, file, true, new String[0], new String[0], true);
  }

  private static FeatureExtractor assembled(
      Path file,
      ScriptFile script,
      Preset preset,
      ImageShape image,
      ScriptModule module,
      NDManager manager) {
    Preprocessing preprocessing = preprocessing(preset.text());
    String name = name(file, preset);
    boolean inception = preset.text().startsWith(INCEPTION);
    ImageInput input =
        new ImageInput(name, preprocessing, preset.grey(), preset.text().equals("raw") ? 0 : 3);
    UnaryOperator<NDArray> network;
    Optional<UnaryOperator<NDArray>> probabilities = Optional.empty();
    if (inception) {
      List<String> parameters = script.forwardParameters();
      UnaryOperator<NDArray> pool = flagged(module, parameters, "return_features");
      probabilities = Optional.of(flagged(module, parameters, "no_output_bias"));
      network = preset.text().equals(INCEPTION) ? pool : flagged(module, parameters, "");
    } else {
      String method =
          preset.text().startsWith("clip") && module.methods().contains("encode_image")
              ? "encode_image"
              : "forward";
      network = x -> module.tensor(x.getManager(), method, x);
    }
    int dimensions = width(file, input, network, image, manager);
    boolean pool3 = preset.text().equals(INCEPTION) && dimensions == INCEPTION_DIMENSIONS;
    SpaceTraits traits =
        new SpaceTraits(
            pool3 ? Family.INCEPTION : Family.OTHER,
            preprocessing.text(),
            preprocessing.differentiable());
    ScriptExtractor plain = new ScriptExtractor(name, manager, input, network, dimensions, traits);
    return probabilities.isEmpty()
        ? plain
        : new Inception(
            plain, probabilities.get(), width(file, input, probabilities.get(), image, manager));
  }

  /** A call of NVIDIA's {@code forward}, whose options after the images are all booleans. */
  private static UnaryOperator<NDArray> flagged(
      ScriptModule module, List<String> parameters, String flag) {
    require(
        flag.isEmpty() || parameters.indexOf(flag) > 0,
        "mode 'inception' calls NVIDIA's forward(img, return_features, …, no_output_bias), but this"
            + " module's takes %s",
        parameters);
    int last = parameters.indexOf(flag);
    return x -> {
      Object[] args = new Object[Math.max(1, last + 1)];
      args[0] = x;
      for (int i = 1; i < args.length; i++) {
        args[i] = parameters.get(i).equals(flag);
      }
      return module.tensor(x.getManager(), "forward", args);
    };
  }

  private static Preprocessing preprocessing(String preset) {
    return switch (preset) {
      case "raw" -> Preprocessing.none();
      case "signed" -> Preprocessing.signed();
      case "bytes" -> Preprocessing.bytes("");
      case "clip" -> Preprocessing.clip();
      case "clip-pil" -> Preprocessing.clipPillow();
      case "dinov2" -> Preprocessing.dinov2();
      case "dinov2-torch" -> Preprocessing.dinov2Torch();
      case "imagenet" -> Preprocessing.imagenet(256, 224);
      case "imagenet-torch" -> Preprocessing.imagenetTorch(224);
      default -> Preprocessing.bytes("tf299");
    };
  }

  /** Of the preset, or of the file, whose name is shortened when it is a digest. */
  private static String name(Path file, Preset preset) {
    if (preset.text().equals(INCEPTION)) {
      return preset.name("inception/tf", INCEPTION);
    }
    if (!preset.text().equals("raw")) {
      return preset.name(preset.text(), preset.text());
    }
    String text = file.getFileName().toString();
    return preset.name(text.matches("[0-9a-f]{64}") ? text.substring(0, 12) : text, "raw");
  }

  private static int width(
      Path file,
      ImageInput input,
      UnaryOperator<NDArray> network,
      ImageShape image,
      NDManager manager) {
    return Autograd.off(
        () -> {
          try (NDManager probe = manager.newSubManager()) {
            NDArray black =
                probe.zeros(new Shape(1, image.channels(), image.height(), image.width()));
            Shape shape = input.run(black, network).getShape();
            require(
                shape.dimension() == 2 && shape.get(0) == 1,
                "%s turns one %s image into %s, expected (1, D)",
                file,
                image,
                shape);
            return Math.toIntExact(shape.get(1));
          }
        });
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public int dimensions() {
    return dimensions;
  }

  @Override
  public SpaceTraits traits() {
    return traits;
  }

  @Override
  public NDArray features(NDArray images) {
    return input.run(images, network);
  }

  @Override
  public void close() {
    manager.close();
  }
}
