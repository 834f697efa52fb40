package dev.fewstep.worker.features;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import dev.fewstep.worker.image.PilResize;
import dev.fewstep.worker.tensor.AtenOps;
import dev.fewstep.worker.tensor.Tensors;
import java.util.Arrays;
import java.util.function.UnaryOperator;

/**
 * How images become a network's input, each as the program it is named after does it (facts:
 * mmd-ddm 4a, 4b and 5e).
 */
final class Preprocessing {
  private static final double[] IMAGENET_MEAN = {0.485, 0.456, 0.406};
  private static final double[] IMAGENET_STD = {0.229, 0.224, 0.225};
  private static final double[] CLIP_MEAN = {0.48145466, 0.4578275, 0.40821073};
  private static final double[] CLIP_STD = {0.26862954, 0.26130258, 0.27577711};

  private final String text;
  private final boolean differentiable;
  private final UnaryOperator<NDArray> steps;

  private Preprocessing(String text, boolean differentiable, UnaryOperator<NDArray> steps) {
    this.text = text;
    this.differentiable = differentiable;
    this.steps = steps;
  }

  /** What a score's name says of it; empty when images enter as they are. */
  String text() {
    return text;
  }

  /** Whether a gradient passes through it. */
  boolean differentiable() {
    return differentiable;
  }

  /**
   * Prepares images.
   *
   * @param images float32 or float64 (N, C, H, W) in [0, 1], owned by a scope of the caller
   * @return what the network takes, owned by the same scope
   */
  NDArray apply(NDArray images) {
    return steps.apply(images);
  }

  /** Images in [0, 1] as they are. */
  static Preprocessing none() {
    return new Preprocessing("", true, x -> x);
  }

  /** 0…255 as they are, for a network that resizes and normalises inside. */
  static Preprocessing bytes(String inside) {
    return new Preprocessing(inside, true, x -> Tensors.mul(x, 255));
  }

  /** 2x - 1, not resized. */
  static Preprocessing signed() {
    return new Preprocessing("signed", true, x -> signed(x));
  }

  /** pytorch-fid: torch's bilinear to 299 without antialiasing, 2x - 1. */
  static Preprocessing pytorchFid() {
    return new Preprocessing(
        "bilinear299", true, x -> signed(AtenOps.upsampleBilinear(x, 299, 299)));
  }

  /** clean-fid: Pillow's bicubic in float, antialiased, clipped to 0…255, (x - 128) / 128. */
  static Preprocessing cleanFid() {
    return new Preprocessing(
        "clean299",
        true,
        x ->
            around128(
                Tensors.clip(ResizeMatrices.pillowBicubic(Tensors.mul(x, 255), 299, 299), 0, 255)));
  }

  /** torch-fidelity and NVIDIA: TensorFlow 1's bilinear to 299 of 0…255, (x - 128) / 128. */
  static Preprocessing tensorFlow() {
    return new Preprocessing(
        "tf299", true, x -> around128(ResizeMatrices.tensorFlow1(Tensors.mul(x, 255), 299, 299)));
  }

  /** MMD-DDM's CLIP loss: torch's bicubic to 224x224, neither antialiased nor clamped. */
  static Preprocessing clip() {
    return new Preprocessing(
        "bicubic224",
        true,
        x -> normalised(AtenOps.upsampleBicubic(x, 224, 224), CLIP_MEAN, CLIP_STD));
  }

  /** CLIP-FID: Pillow's bicubic of the short side to 224 in 8 bits, the centre cropped. */
  static Preprocessing clipPillow() {
    return new Preprocessing(
        "pil-bicubic224",
        false,
        x ->
            normalised(inBytes(x, PilResize.Filter.BICUBIC, 224, 224, false), CLIP_MEAN, CLIP_STD));
  }

  /** dgm-eval's DINOv2: Pillow's bicubic to 224x224 in 8 bits. */
  static Preprocessing dinov2() {
    return new Preprocessing(
        "pil-bicubic224",
        false,
        x ->
            normalised(
                inBytes(x, PilResize.Filter.BICUBIC, 224, 224, true), IMAGENET_MEAN, IMAGENET_STD));
  }

  /** DINOv2 with torch's bicubic to 224x224 in place of Pillow's, for a loss. */
  static Preprocessing dinov2Torch() {
    return new Preprocessing(
        "bicubic224",
        true,
        x -> normalised(AtenOps.upsampleBicubic(x, 224, 224), IMAGENET_MEAN, IMAGENET_STD));
  }

  /**
   * torchvision's evaluation transform: Pillow's bilinear of the short side to {@code resize} in 8
   * bits, the centre cropped to {@code crop}.
   */
  static Preprocessing imagenet(int resize, int crop) {
    return new Preprocessing(
        "pil-bilinear" + crop,
        false,
        x ->
            normalised(
                inBytes(x, PilResize.Filter.BILINEAR, resize, crop, false),
                IMAGENET_MEAN,
                IMAGENET_STD));
  }

  /** ImageNet's normalisation after torch's antialiased bilinear to a square, for a loss. */
  static Preprocessing imagenetTorch(int edge) {
    return new Preprocessing(
        "bilinear-aa" + edge,
        true,
        x ->
            normalised(
                AtenOps.upsampleBilinearAntialias(x, edge, edge), IMAGENET_MEAN, IMAGENET_STD));
  }

  /**
   * torchvision's Inception-v3: its transform with 342 and 299; the network itself turns ImageNet's
   * normalisation into 2x - 1.
   */
  static Preprocessing inceptionPillow() {
    return new Preprocessing(
        "pil-bilinear299",
        false,
        x -> signed(inBytes(x, PilResize.Filter.BILINEAR, 342, 299, false)));
  }

  /** torchvision's Inception-v3 after torch's antialiased bilinear to 299x299, for a loss. */
  static Preprocessing inceptionTorch() {
    return new Preprocessing(
        "bilinear-aa299", true, x -> signed(AtenOps.upsampleBilinearAntialias(x, 299, 299)));
  }

  /** 2x - 1. */
  private static NDArray signed(NDArray x) {
    return Tensors.sub(Tensors.mul(x, 2), 1);
  }

  /** (x - 128) / 128. */
  private static NDArray around128(NDArray x) {
    return Tensors.div(Tensors.sub(x, 128), 128);
  }

  private static NDArray normalised(NDArray x, double[] mean, double[] std) {
    Shape shape = new Shape(1, mean.length, 1, 1);
    NDArray centre = Tensors.of(x.getManager(), mean, shape).toType(x.getDataType(), false);
    NDArray scale = Tensors.of(x.getManager(), std, shape).toType(x.getDataType(), false);
    return x.sub(centre).div(scale);
  }

  /** Resizes as torchvision does a PIL image: bytes in, bytes out, then x / 255. */
  private static NDArray inBytes(
      NDArray x, PilResize.Filter filter, int resize, int crop, boolean square) {
    Shape shape = x.getShape();
    int height = (int) shape.get(2);
    int width = (int) shape.get(3);
    int shorter = Math.min(height, width);
    int newHeight = square ? resize : (int) ((double) resize * height / shorter);
    int newWidth = square ? resize : (int) ((double) resize * width / shorter);
    float[] values = x.toFloatArray();
    byte[] bytes = new byte[values.length];
    for (int i = 0; i < values.length; i++) {
      bytes[i] = (byte) (int) Math.min(255, Math.max(0, values[i] * 255 + 0.5f));
    }
    byte[] resized = new PilResize(height, width, newHeight, newWidth, filter).bytes(bytes);
    // Python's round, as CenterCrop rounds: halves to even.
    int top = (int) Math.rint((newHeight - crop) / 2.0);
    int left = (int) Math.rint((newWidth - crop) / 2.0);
    int planes = Math.toIntExact(shape.get(0) * shape.get(1));
    float[] cropped = new float[planes * crop * crop];
    int out = 0;
    for (int plane = 0; plane < planes; plane++) {
      for (int row = 0; row < crop; row++) {
        int from = (plane * newHeight + top + row) * newWidth + left;
        for (byte value : Arrays.copyOfRange(resized, from, from + crop)) {
          cropped[out++] = Byte.toUnsignedInt(value) / 255f;
        }
      }
    }
    return Tensors.of(x.getManager(), cropped, new Shape(shape.get(0), shape.get(1), crop, crop));
  }
}
