package dev.fewstep.worker.features;

import static dev.fewstep.schemas.spec.Checks.require;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import dev.fewstep.worker.checkpoint.RawTensor;
import dev.fewstep.worker.checkpoint.Selection;
import dev.fewstep.worker.checkpoint.StateDict;
import dev.fewstep.worker.checkpoint.TensorArchive;
import dev.fewstep.worker.checkpoint.TensorFormatException;
import dev.fewstep.worker.features.Preset.Layer;
import dev.fewstep.worker.features.SpaceTraits.Family;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * A network whose layers are written in Java and whose weights come from a tensor file by
 * torchvision's names; which one it is, names and shapes tell: FID's Inception-v3, torchvision's
 * Inception-v3, ResNets, VGGs. Batch normalisation runs in evaluation mode.
 */
class TensorExtractor implements FeatureExtractor {
  private final String name;
  private final NDManager manager;
  private final ImageNetwork network;
  private final ImageInput input;
  private final Layer layer;
  private final Head head;
  private final SpaceTraits traits;

  /**
   * The last layer of a classifier.
   *
   * @param tensors {@code weight} (classes, D) and {@code bias} (classes); empty when the file
   *     holds none
   */
  private record Head(Map<String, NDArray> tensors) {
    boolean present() {
      return tensors.containsKey("weight");
    }

    int classes() {
      return (int) tensors.get("weight").getShape().get(0);
    }

    NDArray logits(NDArray features) {
      return FeatureOps.linear(features, tensors.get("weight"), tensors.get("bias"));
    }

    NDArray unbiased(NDArray features) {
      return FeatureOps.project(features, tensors.get("weight"));
    }
  }

  private TensorExtractor(
      String name,
      NDManager manager,
      ImageNetwork network,
      ImageInput input,
      Layer layer,
      Head head,
      SpaceTraits traits) {
    this.name = name;
    this.manager = manager;
    this.network = network;
    this.input = input;
    this.layer = layer;
    this.head = head;
    this.traits = traits;
  }

  /** With the classifier that the file holds, too. */
  private static final class Classifying extends TensorExtractor implements Classifier {
    private final boolean bias;

    Classifying(TensorExtractor plain, boolean bias) {
      super(
          plain.name,
          plain.manager,
          plain.network,
          plain.input,
          plain.layer,
          plain.head,
          plain.traits);
      this.bias = bias;
    }

    @Override
    public int classes() {
      return super.head.classes();
    }

    @Override
    public Classified classify(NDArray images) {
      return classify(images, bias);
    }
  }

  /**
   * Loads a network.
   *
   * @param file its weights
   * @param mode preset and layer, see {@link Preset}; empty for the default
   * @param parent manager on whose device it runs
   * @return also a {@link Classifier} when the file holds the last layer
   * @throws TensorFormatException when the tensors are of no known network
   * @throws IllegalArgumentException when the network has no such mode
   */
  static FeatureExtractor load(Path file, String mode, NDManager parent) throws IOException {
    try (TensorArchive archive = TensorArchive.open(file)) {
      Map<String, RawTensor> tensors = Selection.of(archive, Optional.empty()).read(archive);
      return of(file, tensors, mode, parent, DataType.FLOAT32);
    }
  }

  /** As {@link #load}, from tensors, computing in {@code type}. */
  static FeatureExtractor of(
      Path file, Map<String, RawTensor> tensors, String mode, NDManager parent, DataType type)
      throws TensorFormatException {
    Map<String, RawTensor> used = new LinkedHashMap<>(tensors);
    Architecture architecture =
        Architecture.of(StateDict.shapes(used))
            .orElseThrow(
                () ->
                    new TensorFormatException(
                        file,
                        "its tensors are of no network that is known by names: expected those of"
                            + " FID's Inception-v3 or of torchvision's inception_v3, resnet or vgg,"
                            + " found "
                            + used.keySet().stream().limit(5).toList()));
    used.keySet().removeIf(Architecture::unused);
    Map<String, RawTensor> last = StateDict.section(used, architecture.classifier());
    used.keySet().removeIf(tensor -> tensor.startsWith(architecture.classifier() + "."));
    Map<String, long[]> shapes = StateDict.shapes(used);
    StateDict.Difference difference = StateDict.compare(shapes, architecture.shapes(shapes));
    if (!difference.isEmpty()) {
      throw new TensorFormatException(
          file, "not " + architecture.label() + ": " + difference.describe());
    }
    String base = architecture.name(used);
    Preset preset = Preset.parse(mode, base, architecture.modes());
    NDManager manager = parent.newSubManager();
    try {
      ImageNetwork network = architecture.network(arrays(used, manager, type));
      Head head = head(file, network, arrays(last, manager, type));
      TensorExtractor plain = assembled(base, architecture, preset, manager, network, head);
      return head.present()
          ? new Classifying(plain, architecture != Architecture.FID_INCEPTION)
          : plain;
    } catch (TensorFormatException | RuntimeException e) {
      manager.close();
      throw e;
    }
  }

  private static TensorExtractor assembled(
      String base,
      Architecture architecture,
      Preset preset,
      NDManager manager,
      ImageNetwork network,
      Head head) {
    Layer layer = preset.layer();
    require(
        layer != Layer.LOGITS || head.present(),
        "the file of %s has no classifier ('%s.weight'), so no mode '%s'",
        base,
        architecture.classifier(),
        preset.text());
    String name = preset.name(base, architecture.modes().get(0));
    Preprocessing preprocessing = architecture.preprocessing(preset);
    Family family = Family.OTHER;
    if (architecture == Architecture.FID_INCEPTION && layer == Layer.POOL) {
      family = Family.INCEPTION;
    } else if (layer == Layer.SPATIAL) {
      family = Family.INCEPTION_SPATIAL;
    }
    return new TensorExtractor(
        name,
        manager,
        network,
        new ImageInput(name, preprocessing, preset.grey(), 3),
        layer,
        head,
        new SpaceTraits(family, preprocessing.text(), preprocessing.differentiable()));
  }

  private static Map<String, NDArray> arrays(
      Map<String, RawTensor> tensors, NDManager manager, DataType type) {
    Map<String, NDArray> arrays = new LinkedHashMap<>();
    tensors.forEach(
        (tensor, raw) -> {
          NDArray array = raw.toArray(manager);
          arrays.put(tensor, array.getDataType() == type ? array : array.toType(type, true));
        });
    return arrays;
  }

  private static Head head(Path file, ImageNetwork network, Map<String, NDArray> tensors)
      throws TensorFormatException {
    NDArray weight = tensors.get("weight");
    NDArray bias = tensors.get("bias");
    boolean whole =
        weight != null
            && bias != null
            && tensors.size() == 2
            && weight.getShape().dimension() == 2
            && weight.getShape().get(1) == network.dimensions()
            && bias.getShape().equals(weight.getShape().slice(0, 1));
    if (!tensors.isEmpty() && !whole) {
      throw new TensorFormatException(
          file,
          "its last layer should be a weight (classes, "
              + network.dimensions()
              + ") and a bias (classes), found "
              + tensors.keySet());
    }
    return new Head(Map.copyOf(tensors));
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public int dimensions() {
    return switch (layer) {
      case POOL -> network.dimensions();
      case LOGITS -> head.classes();
      case SPATIAL -> InceptionNetwork.SPATIAL;
    };
  }

  @Override
  public SpaceTraits traits() {
    return traits;
  }

  @Override
  public NDArray features(NDArray images) {
    return input.run(images, this::layer);
  }

  private NDArray layer(NDArray x) {
    return switch (layer) {
      case POOL -> network.features(x);
      case LOGITS -> head.logits(network.features(x));
      case SPATIAL -> ((InceptionNetwork) network).spatial(x);
    };
  }

  Classifier.Classified classify(NDArray images, boolean bias) {
    NDArray both =
        input.run(
            images,
            x -> {
              NDArray pool = network.features(x);
              NDArray logits = bias ? head.logits(pool) : head.unbiased(pool);
              NDArray features =
                  switch (layer) {
                    case POOL -> pool;
                    case LOGITS -> head.logits(pool);
                    case SPATIAL -> ((InceptionNetwork) network).spatial(x);
                  };
              return FeatureOps.join(java.util.List.of(features, FeatureOps.softmax(logits)), 1);
            });
    try (both) {
      return Classifications.split(both, dimensions());
    }
  }

  @Override
  public void close() {
    manager.close();
  }
}
