package dev.fewstep.worker.features;

import static dev.fewstep.schemas.spec.Checks.require;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.core.JsonProcessingException;
import dev.fewstep.schemas.Json;
import dev.fewstep.worker.checkpoint.SafetensorsFile;
import dev.fewstep.worker.checkpoint.StateDict;
import dev.fewstep.worker.checkpoint.TensorFile;
import dev.fewstep.worker.checkpoint.TensorFormatException;
import dev.fewstep.worker.data.ImageShape;
import dev.fewstep.worker.tensor.Tensors;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A trained {@link SmallConvNet} with its running statistics fixed, from one {@code .safetensors}
 * whose metadata key {@value #METADATA} holds the {@link ExtractorConfig} as JSON.
 */
public final class SmallConvNetExtractor implements FeatureExtractor {
  /** Metadata key of the configuration. */
  public static final String METADATA = "fewstep.extractor";

  static final String NETWORK = "network";
  static final String STATISTICS = "statistics";

  private final NDManager manager;
  private final SmallConvNet network;
  private final FeatureMode mode;
  private final NDArray mean;
  private final NDArray scale;

  private SmallConvNetExtractor(
      NDManager manager, SmallConvNet network, FeatureMode mode, Map<String, NDArray> statistics) {
    this.manager = manager;
    this.network = network;
    this.mode = mode;
    int d = mode.dimensions(network.config());
    if (mode.standardised()) {
      this.mean = statistic(statistics, mode, "mean", d);
      NDArray deviation = statistic(statistics, mode, "std", d);
      this.scale = deviation.onesLike().divi(deviation);
    } else {
      this.mean = manager.zeros(new Shape(1));
      this.scale = manager.ones(new Shape(1));
    }
  }

  private static NDArray statistic(
      Map<String, NDArray> statistics, FeatureMode mode, String part, int dimensions) {
    NDArray array = statistics.get(mode.text() + "." + part);
    require(
        array != null && array.getShape().equals(new Shape(dimensions)),
        "mode '%s' needs the tensor '%s.%s.%s' of %s values",
        mode.text(),
        STATISTICS,
        mode.text(),
        part,
        dimensions);
    return array;
  }

  /**
   * Loads an extractor.
   *
   * @param file weights with configuration
   * @param mode which layers are its features
   * @param parent manager on whose device it runs; the extractor has a manager of its own below it
   * @throws TensorFormatException when the file has no configuration or its tensors do not fit it
   */
  public static SmallConvNetExtractor load(Path file, FeatureMode mode, NDManager parent)
      throws IOException {
    ExtractorConfig config = config(file);
    NDManager manager = parent.newSubManager();
    try {
      Map<String, NDArray> tensors = TensorFile.read(file, manager);
      return new SmallConvNetExtractor(
          manager,
          new SmallConvNet(config, StateDict.section(tensors, NETWORK)),
          mode,
          StateDict.section(tensors, STATISTICS));
    } catch (IOException e) {
      manager.close();
      throw e;
    } catch (IllegalArgumentException e) {
      manager.close();
      throw new TensorFormatException(file, e.getMessage(), e);
    }
  }

  /** The configuration in a file's metadata. */
  public static ExtractorConfig config(Path file) throws IOException {
    String json = SafetensorsFile.metadata(file).get(METADATA);
    if (json == null) {
      throw new TensorFormatException(file, "its metadata has no '" + METADATA + "'");
    }
    try {
      return Json.specs().readValue(json, ExtractorConfig.class);
    } catch (JsonProcessingException e) {
      throw new TensorFormatException(
          file, "'" + METADATA + "' is not a configuration: " + e.getOriginalMessage(), e);
    }
  }

  @Override
  public String name() {
    return network.config().name() + "/" + mode.text();
  }

  @Override
  public int dimensions() {
    return mode.dimensions(network.config());
  }

  @Override
  public NDArray features(NDArray images) {
    ImageShape image = network.config().image();
    Shape shape = images.getShape();
    require(
        shape.dimension() == 4
            && shape.get(1) == image.channels()
            && shape.get(2) == image.height()
            && shape.get(3) == image.width(),
        "extractor '%s' takes images (N, %s, %s, %s), not %s",
        name(),
        image.channels(),
        image.height(),
        image.width(),
        shape);
    NDManager owner = images.getManager();
    try (NDManager scope = owner.newSubManager()) {
      // A copy whose manager is the scope: every array derived from it belongs to the scope, too.
      NDArray local = Tensors.mul(images, 1);
      local.attach(scope);
      NDArray features = network.raw(local, mode);
      if (mode.standardised()) {
        features = features.sub(mean).mul(scale);
      }
      features.attach(owner);
      return features;
    }
  }

  @Override
  public void close() {
    manager.close();
  }

  /** Arrays that its own manager owns; it never grows. */
  int managedArrays() {
    return manager.getManagedArrays().size();
  }

  /** What {@link #load} reads. */
  static void save(Path file, SmallConvNet network, Map<String, NDArray> statistics)
      throws IOException {
    Map<String, NDArray> tensors = new LinkedHashMap<>();
    network.parameters().forEach((name, array) -> tensors.put(NETWORK + "." + name, array));
    statistics.forEach((name, array) -> tensors.put(STATISTICS + "." + name, array));
    TensorFile.write(file, tensors, Map.of(METADATA, Json.toText(network.config())));
  }
}
