package dev.fewstep.worker.tensor;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.jni.ScriptModule;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * The ATen operators that DJL lacks or gets wrong, with gradients, on any device.
 *
 * <p>One TorchScript archive is written and loaded on first use. Every result belongs to the
 * manager of the first tensor argument, or to the manager given. Images are (N, C, H, W).
 */
public final class AtenOps {
  static final ScriptModule OPS = ScriptArchive.compile(text());

  private AtenOps() {}

  private static String text() {
    try (InputStream in = AtenOps.class.getResourceAsStream("aten_ops.py")) {
      if (in == null) {
        throw new IllegalStateException("aten_ops.py is missing from the worker's jar");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException("Reading aten_ops.py from the worker's jar failed", e);
    }
  }

  private static NDArray op(String name, NDArray x, Object... rest) {
    Object[] args = new Object[rest.length + 1];
    args[0] = x;
    System.arraycopy(rest, 0, args, 1, rest.length);
    return OPS.tensor(x.getManager(), name, args);
  }

  /**
   * Group normalisation.
   *
   * @param x (N, C, ...)
   * @param groups divides C
   * @param weight (C)
   * @param bias (C)
   * @param eps added to the variance
   * @return the shape of x
   */
  public static NDArray groupNorm(NDArray x, int groups, NDArray weight, NDArray bias, double eps) {
    return op("group_norm", x, groups, weight, bias, eps);
  }

  /**
   * Group normalisation followed by SiLU, in one call.
   *
   * @param x (N, C, ...)
   * @param groups divides C
   * @param weight (C)
   * @param bias (C)
   * @param eps added to the variance
   * @return the shape of x
   */
  public static NDArray groupNormSilu(
      NDArray x, int groups, NDArray weight, NDArray bias, double eps) {
    return op("group_norm_silu", x, groups, weight, bias, eps);
  }

  /**
   * x * sigmoid(x).
   *
   * @param x any shape
   * @return the shape of x
   */
  public static NDArray silu(NDArray x) {
    return op("silu", x);
  }

  /**
   * Values outside [least, most] moved to the nearer end; the gradient is 1 inside, ends included.
   *
   * @param x any shape
   * @param least lower end
   * @param most upper end
   * @return the shape of x
   */
  public static NDArray clamp(NDArray x, double least, double most) {
    return op("clamp", x, least, most);
  }

  /**
   * softmax(q k' / sqrt(d)) v.
   *
   * @param q (..., L, d)
   * @param k (..., S, d)
   * @param v (..., S, e)
   * @return (..., L, e)
   */
  public static NDArray attention(NDArray q, NDArray k, NDArray v) {
    return op("attention", q, k, v);
  }

  /**
   * Convolution with bias and equal stride and padding on both axes.
   *
   * @param x (N, C, H, W)
   * @param weight (O, C, k, k)
   * @param bias (O)
   * @param stride at least 1
   * @param padding zeros on every side
   * @return (N, O, H', W')
   */
  public static NDArray conv2d(NDArray x, NDArray weight, NDArray bias, int stride, int padding) {
    return op("conv2d", x, weight, bias, stride, padding);
  }

  /**
   * Convolution without bias.
   *
   * @param x (N, C, H, W)
   * @param weight (O, C, kh, kw)
   * @param stride per axis
   * @param padding zeros per axis
   * @return (N, O, H', W')
   */
  public static NDArray conv2dNoBias(NDArray x, NDArray weight, long[] stride, long[] padding) {
    return op("conv2d_no_bias", x, weight, stride, padding);
  }

  /**
   * Batch normalisation with fixed statistics.
   *
   * @param x (N, C, H, W)
   * @param weight (C)
   * @param bias (C)
   * @param mean (C)
   * @param variance (C)
   * @param eps added to the variance
   * @return the shape of x
   */
  public static NDArray batchNorm(
      NDArray x, NDArray weight, NDArray bias, NDArray mean, NDArray variance, double eps) {
    return op("batch_norm_eval", x, weight, bias, mean, variance, eps);
  }

  /**
   * Average pooling that honours {@code includePadding} (DJL's does not).
   *
   * @param x (N, C, H, W)
   * @param kernel edge of the window
   * @param stride step of the window
   * @param padding zeros on every side
   * @param includePadding whether padded zeros count in the divisor
   * @return (N, C, H', W')
   */
  public static NDArray avgPool2d(
      NDArray x, int kernel, int stride, int padding, boolean includePadding) {
    return op("avg_pool2d", x, kernel, stride, padding, includePadding);
  }

  /**
   * Maximum pooling.
   *
   * @param x (N, C, H, W)
   * @param kernel edge of the window
   * @param stride step of the window
   * @param padding on every side
   * @return (N, C, H', W')
   */
  public static NDArray maxPool2d(NDArray x, int kernel, int stride, int padding) {
    return op("max_pool2d", x, kernel, stride, padding);
  }

  /**
   * Space to depth.
   *
   * @param x (N, C, H f, W f)
   * @param factor f
   * @return (N, C f f, H, W)
   */
  public static NDArray pixelUnshuffle(NDArray x, int factor) {
    return op("pixel_unshuffle", x, factor);
  }

  /**
   * Depth to space, the inverse of {@link #pixelUnshuffle}.
   *
   * @param x (N, C f f, H, W)
   * @param factor f
   * @return (N, C, H f, W f)
   */
  public static NDArray pixelShuffle(NDArray x, int factor) {
    return op("pixel_shuffle", x, factor);
  }

  /**
   * Nearest-neighbour resize.
   *
   * @param x (N, C, H, W)
   * @param height of the result
   * @param width of the result
   * @return (N, C, height, width)
   */
  public static NDArray upsampleNearest(NDArray x, long height, long width) {
    return op("upsample_nearest", x, (Object) new long[] {height, width});
  }

  /**
   * Bilinear resize, {@code align_corners=False}, without antialiasing (pytorch-fid's resize).
   *
   * @param x (N, C, H, W)
   * @param height of the result
   * @param width of the result
   * @return (N, C, height, width)
   */
  public static NDArray upsampleBilinear(NDArray x, long height, long width) {
    return op("upsample_bilinear", x, (Object) new long[] {height, width});
  }

  /**
   * Bilinear resize with antialiasing.
   *
   * @param x (N, C, H, W)
   * @param height of the result
   * @param width of the result
   * @return (N, C, height, width)
   */
  public static NDArray upsampleBilinearAntialias(NDArray x, long height, long width) {
    return op("upsample_bilinear_antialias", x, (Object) new long[] {height, width});
  }

  /**
   * Bicubic resize (a = -0.75), {@code align_corners=False}, without antialiasing.
   *
   * @param x (N, C, H, W)
   * @param height of the result
   * @param width of the result
   * @return (N, C, height, width)
   */
  public static NDArray upsampleBicubic(NDArray x, long height, long width) {
    return op("upsample_bicubic", x, (Object) new long[] {height, width});
  }

  /**
   * Standard normal noise from a generator of its own; no global random state is read or changed.
   *
   * @param manager owner and device of the result
   * @param shape of the result
   * @param seed of the generator
   * @return float32
   */
  public static NDArray noise(NDManager manager, Shape shape, long seed) {
    return OPS.tensor(manager, "noise", shape.getShape(), seed, deviceOf(manager));
  }

  /**
   * Standard normal noise, each row from a generator of its own, so that a row does not depend on
   * the batch it is in.
   *
   * @param manager owner and device of the result
   * @param rowShape shape of one row
   * @param seeds one per row, at least one
   * @return float32 (seeds.length, rowShape...)
   */
  public static NDArray noiseRows(NDManager manager, Shape rowShape, long[] seeds) {
    return OPS.tensor(manager, "noise_rows", rowShape.getShape(), seeds, deviceOf(manager));
  }

  /**
   * Uniform numbers in [0, 1).
   *
   * @param manager owner and device of the result
   * @param shape of the result
   * @param seed of the generator
   * @return float32
   */
  public static NDArray uniform(NDManager manager, Shape shape, long seed) {
    return OPS.tensor(manager, "uniform", shape.getShape(), seed, deviceOf(manager));
  }

  /**
   * Uniform whole numbers in [0, high).
   *
   * @param manager owner and device of the result
   * @param high exclusive bound, at least 1
   * @param count how many
   * @param seed of the generator
   * @return int64 (count)
   */
  public static NDArray integers(NDManager manager, long high, int count, long seed) {
    return OPS.tensor(manager, "integers", high, count, seed, deviceOf(manager));
  }

  /**
   * Dropout whose mask is determined by the seed.
   *
   * @param x any shape
   * @param probability of dropping, in [0, 1)
   * @param seed of the generator
   * @return x times mask / (1 - probability)
   */
  public static NDArray dropout(NDArray x, double probability, long seed) {
    return op("dropout", x, probability, seed, TorchEngine.torchName(x.getDevice()));
  }

  /**
   * Eigenvalues and eigenvectors of a symmetric matrix.
   *
   * @param symmetric (D, D), of which the lower triangle is read
   * @return eigenvalues ascending (D), eigenvectors as columns (D, D)
   */
  public static List<NDArray> eigh(NDArray symmetric) {
    return OPS.tensors(symmetric.getManager(), "eigh", symmetric);
  }

  /**
   * Eigenvalues of a symmetric matrix.
   *
   * @param symmetric (D, D), of which the lower triangle is read
   * @return ascending (D)
   */
  public static NDArray eigvalsh(NDArray symmetric) {
    return op("eigvalsh", symmetric);
  }

  /**
   * Cholesky factor of a symmetric matrix, which need not be positive definite.
   *
   * @param symmetric (D, D), of which the lower triangle is read
   * @return lower factor (D, D), and an int32 scalar: 0, or the first leading minor that is not
   *     positive, when the factor means nothing
   */
  public static List<NDArray> cholesky(NDArray symmetric) {
    return OPS.tensors(symmetric.getManager(), "cholesky", symmetric);
  }

  /**
   * Singular values of a matrix.
   *
   * @param matrix (M, N)
   * @return descending (min(M, N))
   */
  public static NDArray singularValues(NDArray matrix) {
    return op("svdvals", matrix);
  }

  private static String deviceOf(NDManager manager) {
    Device device = manager.getDevice();
    return TorchEngine.torchName(device);
  }
}
