package dev.fewstep.worker.diffusion;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.fewstep.worker.tensor.AtenOps;
import dev.fewstep.worker.tensor.Autograd;
import dev.fewstep.worker.tensor.TorchEngine;
import java.lang.management.ManagementFactory;
import java.util.List;

/** Times forward and backward of the demo's U-Net; run by hand. */
final class UNetBench {
  private UNetBench() {}

  private static long cpu() {
    return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
  }

  public static void main(String[] args) {
    int threads = Integer.parseInt(args[0]);
    int batch = Integer.parseInt(args[1]);
    TorchEngine.setThreads(threads);
    UNetConfig config =
        new UNetConfig(28, 1, 32, List.of(1, 2), 1, List.of(7), 8, 0, 2, PredictionType.V);
    try (NDManager manager = TorchEngine.newManager(Device.cpu());
        UNet net = UNet.initialise(config, manager, 1, true)) {
      System.out.println("parameters " + net.parameterCount());
      NDArray x = AtenOps.noise(manager, new Shape(batch, 1, 28, 28), 1);
      NDArray t = manager.full(new Shape(batch), 500, DataType.FLOAT32);
      double bestForward = 1e9;
      double best = 1e9;
      for (int i = 0; i < Integer.parseInt(args[2]); i++) {
        try (NDManager step = manager.newSubManager()) {
          NDArray xs = x.duplicate();
          xs.attach(step);
          long start = cpu();
          Autograd.off(() -> net.predict(xs, t)).sum().getFloat();
          long middle = cpu();
          NDArray y = Autograd.recording(() -> net.predict(xs, t));
          Autograd.backward(y, xs);
          long end = cpu();
          bestForward = Math.min(bestForward, (middle - start) / 1e6 / batch);
          best = Math.min(best, (end - middle) / 1e6 / batch);
        }
      }
      System.out.printf(
          "threads %d batch %d: no-grad forward %.3f ms/image, forward+backward %.3f ms/image%n",
          threads, batch, bestForward, best);
    }
  }
}
