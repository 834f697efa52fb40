package dev.fewstep.bench;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.fewstep.worker.checkpoint.TensorFile;
import dev.fewstep.worker.diffusion.NoiseSchedule;
import dev.fewstep.worker.diffusion.PredictionType;
import dev.fewstep.worker.diffusion.Timesteps;
import dev.fewstep.worker.diffusion.UNet;
import dev.fewstep.worker.diffusion.UNetConfig;
import dev.fewstep.worker.features.FeatureExtractor;
import dev.fewstep.worker.mmd.Kernel;
import dev.fewstep.worker.mmd.MmdEstimator;
import dev.fewstep.worker.mmd.MmdLoss;
import dev.fewstep.worker.tensor.Autograd;
import dev.fewstep.worker.tensor.TorchEngine;
import dev.fewstep.worker.training.FinetuneSettings;
import dev.fewstep.worker.training.LearningRate;
import dev.fewstep.worker.training.MmdFinetuner;
import dev.fewstep.worker.training.SamplingPlan;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * Java's half of {@code deploy/parity/original_unet.py}: reads a checkpoint of the original
 * network, writes its output on given inputs, finetunes it for one step, writes the finetuned
 * weights and their output.
 *
 * <p>Arguments: folder with {@code original.pth} and {@code inputs.npz} (x, t), image size, levels'
 * multipliers (1,2,2,2), attention size.
 */
public final class NetworkParity {
  private NetworkParity() {}

  /**
   * Runs the comparison's half.
   *
   * @param args as the class says
   */
  public static void main(String[] args) throws IOException {
    Path folder = Path.of(args[0]);
    int size = Integer.parseInt(args[1]);
    List<Integer> multipliers = Arrays.stream(args[2].split(",")).map(Integer::valueOf).toList();
    List<Integer> attention = List.of(Integer.valueOf(args[3]));
    UNetConfig config =
        new UNetConfig(size, 3, 128, multipliers, 2, attention, 32, 0, 1, PredictionType.EPSILON);
    TorchEngine.setThreads(2);
    try (NDManager manager = TorchEngine.newManager(Device.cpu());
        UNet net =
            UNet.load(config, manager, TensorFile.read(folder.resolve("original.pth"), manager));
        FeatureExtractor extractor = new BenchExtractor(3, manager)) {
      Map<String, NDArray> inputs = TensorFile.read(folder.resolve("inputs.npz"), manager);
      NDArray before = Autograd.off(() -> net.predict(inputs.get("x"), inputs.get("t")));
      MmdFinetuner finetuner =
          new MmdFinetuner(
              net,
              new SamplingPlan(
                  NoiseSchedule.linear(1000, 1e-4, 0.02), Timesteps.published(2, 1000), 0),
              new MmdFinetuner.Objective(
                  new WaveImages(16, 3, size),
                  extractor,
                  new MmdLoss(Kernel.cubic(), MmdEstimator.UNBIASED)),
              new FinetuneSettings(1, 2, 2, new LearningRate(1e-4, 0, 0), 1, 0, false, 1),
              1,
              manager);
      try (finetuner) {
        finetuner.step();
        NDArray after = Autograd.off(() -> net.predict(inputs.get("x"), inputs.get("t")));
        TensorFile.write(
            folder.resolve("outputs.npz"), Map.of("before", before, "after", after), Map.of());
        for (String suffix : List.of("safetensors", "pth")) {
          TensorFile.write(folder.resolve("finetuned." + suffix), finetuner.weights(), Map.of());
        }
      }
    }
  }
}
