package dev.fewstep.worker.features;

import static dev.fewstep.schemas.spec.Checks.require;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.IValueUtils;
import ai.djl.pytorch.jni.JniUtils;
import dev.fewstep.worker.data.ImageShape;
import dev.fewstep.worker.tensor.Autograd;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Any TorchScript module from images (N, C, H, W) to features (N, D), in evaluation mode with its
 * parameters frozen. A TorchScript file is code: load only what an administrator trusts.
 */
public final class TorchScriptExtractor implements FeatureExtractor {
  private static final long MAX_BYTES = 1L << 30;

  private final String name;
  private final NDManager manager;
  private final PtSymbolBlock module;
  private final int dimensions;

  private TorchScriptExtractor(
      String name, NDManager manager, PtSymbolBlock module, int dimensions) {
    this.name = name;
    this.manager = manager;
    this.module = module;
    this.dimensions = dimensions;
  }

  /**
   * Loads a module, and runs it once on a black image to learn its number of features.
   *
   * @param file the archive that {@code torch.jit.save} wrote, at most 1 GiB
   * @param image shape of an image that it takes
   * @param parent manager on whose device it runs
   * @throws IllegalArgumentException when the module does not give (1, D)
   * @throws ai.djl.engine.EngineException when libtorch refuses the archive or the image
   */
  public static TorchScriptExtractor load(Path file, ImageShape image, NDManager parent)
      throws IOException {
    long size = Files.size(file);
    require(size <= MAX_BYTES, "%s has %s bytes, at most %s are loaded", file, size, MAX_BYTES);
    NDManager manager = parent.newSubManager();
    try (InputStream in = Files.newInputStream(file)) {
      PtSymbolBlock module = JniUtils.loadModule((PtNDManager) manager, in, true, false);
      JniUtils.enableInferenceMode(module);
      try (NDManager handles = manager.newSubManager()) {
        for (NDArray parameter : JniUtils.moduleGetParams(module, (PtNDManager) handles)) {
          parameter.setRequiresGradient(false);
        }
      }
      return new TorchScriptExtractor(
          file.getFileName().toString(), manager, module, dimensions(file, image, manager, module));
    } catch (IOException | RuntimeException e) {
      manager.close();
      throw e;
    }
  }

  private static int dimensions(
      Path file, ImageShape image, NDManager manager, PtSymbolBlock module) {
    return Autograd.off(
        () -> {
          try (NDManager probe = manager.newSubManager()) {
            NDArray black =
                probe.zeros(new Shape(1, image.channels(), image.height(), image.width()));
            Shape shape = forward(module, black).getShape();
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

  private static NDArray forward(PtSymbolBlock module, NDArray images) {
    // "training" only says that a graph may be recorded; the module stays in evaluation mode.
    NDArray features = IValueUtils.forward(module, new NDList(images), true).singletonOrThrow();
    features.attach(images.getManager());
    return features;
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
  public NDArray features(NDArray images) {
    return forward(module, images);
  }

  @Override
  public void close() {
    manager.close();
  }
}
