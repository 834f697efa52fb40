package dev.fewstep.worker.training;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import dev.fewstep.worker.diffusion.NoiseSchedule;
import dev.fewstep.worker.diffusion.PredictionType;
import dev.fewstep.worker.diffusion.Timesteps;
import dev.fewstep.worker.diffusion.UNet;
import dev.fewstep.worker.diffusion.UNetConfig;
import dev.fewstep.worker.features.FeatureExtractor;
import dev.fewstep.worker.mmd.Kernel;
import dev.fewstep.worker.mmd.MmdEstimator;
import dev.fewstep.worker.mmd.MmdLoss;
import dev.fewstep.worker.tensor.TorchEngine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Prints the peak resident memory of a finetune with a number of sampling steps, read from Linux.
 * Run by deploy/bench/memory-by-steps.sh, one process per number.
 */
final class MemoryBySteps {
  private MemoryBySteps() {}

  public static void main(String[] args) throws IOException {
    int steps = Integer.parseInt(args[0]);
    int batch = Integer.parseInt(args[1]);
    TorchEngine.setThreads(1);
    UNetConfig config =
        new UNetConfig(32, 1, 32, List.of(1, 2), 1, List.of(16), 8, 0, 1, PredictionType.EPSILON);
    try (NDManager manager = TorchEngine.newManager(Device.cpu());
        UNet net = UNet.initialise(config, manager, 1, false);
        FeatureExtractor extractor = Tiny.randomExtractor(manager.newSubManager());
        MmdFinetuner finetuner =
            new MmdFinetuner(
                net,
                new SamplingPlan(NoiseSchedule.ddpm(), Timesteps.uniform(steps, 1000), 0),
                new MmdFinetuner.Objective(
                    Tiny.waves(100, 32),
                    extractor,
                    new MmdLoss(Kernel.cubic(), MmdEstimator.UNBIASED)),
                new FinetuneSettings(2, batch, batch, new LearningRate(1e-6, 0, 0), 1, 0, false, 1),
                1,
                manager)) {
      finetuner.step();
      finetuner.step();
    }
    String peak =
        Files.readAllLines(Path.of("/proc/self/status")).stream()
            .filter(line -> line.startsWith("VmHWM"))
            .findFirst()
            .orElseThrow();
    System.out.println("steps " + steps + " " + peak.replaceAll("\\s+", " "));
  }
}
