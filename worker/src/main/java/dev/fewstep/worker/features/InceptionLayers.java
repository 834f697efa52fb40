package dev.fewstep.worker.features;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The convolutions of Inception-v3 by torchvision's names (facts: mmd-ddm 4a). Each is followed by
 * batch normalisation with eps 1e-3 and ReLU.
 */
final class InceptionLayers {
  /**
   * One convolution without bias.
   *
   * @param in input channels
   * @param out output channels
   * @param height of the kernel
   * @param width of the kernel
   * @param stride along both axes
   * @param padTop zeros above and below
   * @param padLeft zeros left and right
   */
  record Conv(int in, int out, int height, int width, int stride, int padTop, int padLeft) {
    long[] weightShape() {
      return new long[] {out, in, height, width};
    }
  }

  /** Features of one image. */
  static final int DIMENSIONS = 2048;

  private final Map<String, Conv> layers = new LinkedHashMap<>();

  private InceptionLayers() {
    add("Conv2d_1a_3x3", 3, 32, 3, 2, 0);
    add("Conv2d_2a_3x3", 32, 32, 3, 1, 0);
    add("Conv2d_2b_3x3", 32, 64, 3, 1, 1);
    add("Conv2d_3b_1x1", 64, 80, 1, 1, 0);
    add("Conv2d_4a_3x3", 80, 192, 3, 1, 0);
    blockA("Mixed_5b", 192, 32);
    blockA("Mixed_5c", 256, 64);
    blockA("Mixed_5d", 288, 64);
    add("Mixed_6a.branch3x3", 288, 384, 3, 2, 0);
    add("Mixed_6a.branch3x3dbl_1", 288, 64, 1, 1, 0);
    add("Mixed_6a.branch3x3dbl_2", 64, 96, 3, 1, 1);
    add("Mixed_6a.branch3x3dbl_3", 96, 96, 3, 2, 0);
    blockC("Mixed_6b", 128);
    blockC("Mixed_6c", 160);
    blockC("Mixed_6d", 160);
    blockC("Mixed_6e", 192);
    add("Mixed_7a.branch3x3_1", 768, 192, 1, 1, 0);
    add("Mixed_7a.branch3x3_2", 192, 320, 3, 2, 0);
    add("Mixed_7a.branch7x7x3_1", 768, 192, 1, 1, 0);
    row("Mixed_7a.branch7x7x3_2", 192, 192, 7);
    column("Mixed_7a.branch7x7x3_3", 192, 192, 7);
    add("Mixed_7a.branch7x7x3_4", 192, 192, 3, 2, 0);
    blockE("Mixed_7b", 1280);
    blockE("Mixed_7c", 2048);
  }

  /** Every convolution by name. */
  static Map<String, Conv> all() {
    return new InceptionLayers().layers;
  }

  private void add(String name, int in, int out, int kernel, int stride, int padding) {
    layers.put(name, new Conv(in, out, kernel, kernel, stride, padding, padding));
  }

  private void row(String name, int in, int out, int length) {
    layers.put(name, new Conv(in, out, 1, length, 1, 0, length / 2));
  }

  private void column(String name, int in, int out, int length) {
    layers.put(name, new Conv(in, out, length, 1, 1, length / 2, 0));
  }

  private void blockA(String name, int in, int pool) {
    add(name + ".branch1x1", in, 64, 1, 1, 0);
    add(name + ".branch5x5_1", in, 48, 1, 1, 0);
    add(name + ".branch5x5_2", 48, 64, 5, 1, 2);
    add(name + ".branch3x3dbl_1", in, 64, 1, 1, 0);
    add(name + ".branch3x3dbl_2", 64, 96, 3, 1, 1);
    add(name + ".branch3x3dbl_3", 96, 96, 3, 1, 1);
    add(name + ".branch_pool", in, pool, 1, 1, 0);
  }

  private void blockC(String name, int c7) {
    add(name + ".branch1x1", 768, 192, 1, 1, 0);
    add(name + ".branch7x7_1", 768, c7, 1, 1, 0);
    row(name + ".branch7x7_2", c7, c7, 7);
    column(name + ".branch7x7_3", c7, 192, 7);
    add(name + ".branch7x7dbl_1", 768, c7, 1, 1, 0);
    column(name + ".branch7x7dbl_2", c7, c7, 7);
    row(name + ".branch7x7dbl_3", c7, c7, 7);
    column(name + ".branch7x7dbl_4", c7, c7, 7);
    row(name + ".branch7x7dbl_5", c7, 192, 7);
    add(name + ".branch_pool", 768, 192, 1, 1, 0);
  }

  private void blockE(String name, int in) {
    add(name + ".branch1x1", in, 320, 1, 1, 0);
    add(name + ".branch3x3_1", in, 384, 1, 1, 0);
    row(name + ".branch3x3_2a", 384, 384, 3);
    column(name + ".branch3x3_2b", 384, 384, 3);
    add(name + ".branch3x3dbl_1", in, 448, 1, 1, 0);
    add(name + ".branch3x3dbl_2", 448, 384, 3, 1, 1);
    row(name + ".branch3x3dbl_3a", 384, 384, 3);
    column(name + ".branch3x3dbl_3b", 384, 384, 3);
    add(name + ".branch_pool", in, 192, 1, 1, 0);
  }
}
