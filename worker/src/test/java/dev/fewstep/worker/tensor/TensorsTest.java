package dev.fewstep.worker.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

class TensorsTest {
  private static final int PRODUCTS = 200;

  /**
   * DJL's {@code x.mul(3f)} fails this: the factor that its gradient needs lies in a buffer that is
   * garbage as soon as the call returns.
   */
  @Test
  void gradientsSurviveACollectionBetweenForwardAndBackward() {
    assertThat(gradients(x -> Tensors.mul(x, 3f))).containsOnly(3f);
    assertThat(gradients(x -> Tensors.div(x, 0.25))).containsOnly(4f);
    assertThat(gradients(x -> Tensors.pow(x, 2.0))).containsOnly(4f);
    assertThat(gradients(x -> Tensors.clip(x, 0, 3))).containsOnly(1f);
    assertThat(gradients(x -> x.mul(Tensors.of(x.getManager(), new float[] {5f}, new Shape(1)))))
        .containsOnly(5f);
  }

  /** dy/dx at x = 2 of many recordings that lie on both sides of a garbage collection. */
  private static List<Float> gradients(UnaryOperator<NDArray> function) {
    List<Float> gradients = new ArrayList<>();
    try (NDManager manager = TorchEngine.newManager(Device.cpu())) {
      List<NDArray> leaves = new ArrayList<>();
      List<NDArray> results = new ArrayList<>();
      for (int i = 0; i < PRODUCTS; i++) {
        NDArray leaf = Tensors.of(manager, new float[] {2f});
        leaf.setRequiresGradient(true);
        leaves.add(leaf);
        results.add(
            Autograd.recording(
                () -> {
                  try (NDManager passing = manager.newSubManager()) {
                    NDArray local = leaf.reshape(1);
                    local.attach(passing);
                    NDArray result = function.apply(local);
                    result.attach(manager);
                    return result;
                  }
                }));
      }
      List<ByteBuffer> overwritten = new ArrayList<>();
      for (int round = 0; round < 3; round++) {
        System.gc();
        for (int i = 0; i < 20 * PRODUCTS; i++) {
          ByteBuffer other = ByteBuffer.allocateDirect(4 + i % 3 * 4);
          overwritten.add(other.order(ByteOrder.nativeOrder()).putFloat(0, -77f));
        }
      }
      for (int i = 0; i < PRODUCTS; i++) {
        NDArray result = results.get(i);
        Autograd.silently(() -> Autograd.backward(result));
        gradients.add(leaves.get(i).getGradient().toFloatArray()[0]);
      }
      assertThat(overwritten).hasSize(60 * PRODUCTS);
    }
    return gradients;
  }

  @Test
  void computesAsDjlDoes() {
    try (NDManager manager = TorchEngine.newManager(Device.cpu())) {
      NDArray x = manager.create(new float[] {-1.5f, 0.1f, 2.7f});
      assertThat(Tensors.add(x, 0.1)).isEqualTo(x.add(0.1));
      assertThat(Tensors.sub(x, 3)).isEqualTo(x.sub(3));
      assertThat(Tensors.mul(x, 1 / 3.0)).isEqualTo(x.mul(1 / 3.0));
      assertThat(Tensors.div(x, 7L)).isEqualTo(x.div(7L));
      assertThat(Tensors.pow(x, 3.0)).isEqualTo(x.pow(3.0));
      assertThat(Tensors.maximum(x, 0.5f)).isEqualTo(x.maximum(0.5f));
      assertThat(Tensors.clip(x, -1, 1)).isEqualTo(x.clip(-1, 1));
      NDArray y = x.duplicate();
      Tensors.divi(Tensors.muli(Tensors.subi(Tensors.addi(y, 1), 2f), 3), 4.0);
      assertThat(y).isEqualTo(x.addi(1).subi(2f).muli(3).divi(4.0));
    }
  }

  @Test
  void keepsTypesShapesAndValues() {
    try (NDManager manager = TorchEngine.newManager(Device.cpu())) {
      assertThat(Tensors.of(manager, new long[] {1L << 40}).toLongArray())
          .containsExactly(1L << 40);
      assertThat(Tensors.of(manager, new double[] {Math.PI}).toDoubleArray()[0])
          .isCloseTo(Math.PI, within(0.0));
      NDArray matrix = Tensors.of(manager, new double[] {1, 2, 3, 4, 5, 6}, new Shape(2, 3));
      assertThat(matrix.getShape()).isEqualTo(new Shape(2, 3));
      assertThat(matrix.getManager()).isSameAs(manager);
      ByteBuffer bytes = ByteBuffer.wrap(new byte[] {1, 2, 3});
      assertThat(Tensors.of(manager, bytes, new Shape(3), DataType.UINT8).toUint8Array())
          .containsExactly(1, 2, 3);
    }
  }
}
