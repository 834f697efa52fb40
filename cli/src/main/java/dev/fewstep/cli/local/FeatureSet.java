package dev.fewstep.cli.local;

import static java.util.Objects.requireNonNull;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.fewstep.cli.CliException;
import dev.fewstep.worker.checkpoint.NpzFile;
import dev.fewstep.worker.checkpoint.RawTensor;
import dev.fewstep.worker.checkpoint.TensorFormatException;
import dev.fewstep.worker.data.ByteImages;
import dev.fewstep.worker.features.FeatureExtractor;
import dev.fewstep.worker.tensor.Autograd;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;

/**
 * Feature vectors of images, in index order. In a file they are the {@code .npz} arrays {@value
 * #FEATURES}, (N, D), and {@value #EXTRACTOR}, the extractor's name in UTF-8 as uint8.
 *
 * @param extractor name of the space, when known
 * @param features (N, D), float32 or float64; N and D at least 1
 */
record FeatureSet(Optional<String> extractor, NDArray features) {
  static final String FEATURES = "features";
  static final String EXTRACTOR = "extractor";

  FeatureSet {
    requireNonNull(extractor, "extractor");
    requireNonNull(features, "features");
  }

  int count() {
    return Math.toIntExact(features.getShape().get(0));
  }

  int dimensions() {
    return Math.toIntExact(features.getShape().get(1));
  }

  /**
   * Runs an extractor over every image.
   *
   * @param manager owner of the result
   * @param batch images at once
   * @param progress hears how many images are done
   * @throws CliException when a feature is not finite
   */
  static FeatureSet extract(
      NDManager manager,
      FeatureExtractor extractor,
      ByteImages images,
      int batch,
      IntConsumer progress) {
    int dimensions = extractor.dimensions();
    long values = (long) images.size() * dimensions;
    if (values > (Integer.MAX_VALUE - 64) / Float.BYTES) {
      throw CliException.usage(
          "%d vectors of %d features are more than the 2 GiB that one array may have"
              .formatted(images.size(), dimensions));
    }
    float[] all = new float[(int) values];
    for (int from = 0, size; from < images.size(); from += size) {
      size = Math.min(batch, images.size() - from);
      int[] indices = IntStream.range(from, from + size).toArray();
      float[] vectors =
          Autograd.off(
              () -> {
                try (NDManager scope = manager.newSubManager()) {
                  return extractor.features(images.batch(scope, indices)).toFloatArray();
                }
              });
      for (int i = 0; i < vectors.length; i++) {
        if (!Float.isFinite(vectors[i])) {
          throw CliException.failed(
              "feature %d of image %d is not finite"
                  .formatted(i % dimensions, from + i / dimensions));
        }
      }
      System.arraycopy(vectors, 0, all, from * dimensions, vectors.length);
      progress.accept(from + size);
    }
    return new FeatureSet(
        Optional.of(extractor.name()), manager.create(all, new Shape(images.size(), dimensions)));
  }

  /** Writes the file atomically. */
  void save(Path file) throws IOException {
    Map<String, RawTensor> arrays = new LinkedHashMap<>();
    arrays.put(FEATURES, RawTensor.of(features));
    extractor.ifPresent(
        name -> {
          byte[] text = name.getBytes(StandardCharsets.UTF_8);
          arrays.put(
              EXTRACTOR,
              new RawTensor(DataType.UINT8, new long[] {text.length}, ByteBuffer.wrap(text)));
        });
    NpzFile.write(file, arrays);
  }

  /**
   * The features among a file's arrays: {@value #FEATURES}, or the only array there is.
   *
   * @return empty when the file holds something else
   * @throws TensorFormatException when {@value #FEATURES} is no matrix of floats
   */
  static Optional<FeatureSet> in(Path file, Map<String, RawTensor> arrays, NDManager manager)
      throws IOException {
    RawTensor tensor = arrays.get(FEATURES);
    boolean named = tensor != null;
    if (!named && arrays.size() == 1) {
      tensor = arrays.values().iterator().next();
    }
    if (tensor == null) {
      return Optional.empty();
    }
    long[] shape = tensor.shape();
    boolean matrix =
        shape.length == 2
            && shape[0] >= 1
            && shape[1] >= 1
            && List.of(DataType.FLOAT16, DataType.FLOAT32, DataType.FLOAT64)
                .contains(tensor.type());
    if (!matrix) {
      if (named) {
        throw new TensorFormatException(
            file,
            "'%s' is %s of shape %s, expected floats (N, D)"
                .formatted(FEATURES, tensor.type(), new Shape(shape)));
      }
      return Optional.empty();
    }
    return Optional.of(new FeatureSet(name(file, arrays), tensor.toArray(manager)));
  }

  private static Optional<String> name(Path file, Map<String, RawTensor> arrays)
      throws IOException {
    RawTensor text = arrays.get(EXTRACTOR);
    if (text == null) {
      return Optional.empty();
    }
    if (text.type() != DataType.UINT8 || text.shape().length != 1 || text.shape()[0] > 1024) {
      throw new TensorFormatException(file, "'" + EXTRACTOR + "' must be a short name in uint8");
    }
    String name = StandardCharsets.UTF_8.decode(text.bytes()).toString();
    return name.isBlank() ? Optional.empty() : Optional.of(name);
  }
}
