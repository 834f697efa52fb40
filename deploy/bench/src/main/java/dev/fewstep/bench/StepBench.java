package dev.fewstep.bench;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import dev.fewstep.worker.diffusion.DdimSampler;
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
import dev.fewstep.worker.training.DenoisingSettings;
import dev.fewstep.worker.training.DenoisingTrainer;
import dev.fewstep.worker.training.FinetuneSettings;
import dev.fewstep.worker.training.LearningRate;
import dev.fewstep.worker.training.MmdFinetuner;
import dev.fewstep.worker.training.SamplingPlan;
import dev.fewstep.worker.training.Training;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Times whole training steps of the product's trainers on synthetic images; the counterpart of
 * {@code step_reference.py}, whose output it prints: one JSON line with the median seconds of a
 * step, the process's CPU seconds of a step, and the peak of its resident memory.
 *
 * <p>Arguments: size (cifar, demo), kind (denoise, mmd, sample), batch, micro-batch, sampling
 * steps, threads (shards), repeats.
 */
public final class StepBench {
  private StepBench() {}

  private static UNetConfig config(String size) {
    return switch (size) {
      case "cifar" ->
          new UNetConfig(
              32, 3, 128, List.of(1, 2, 2, 2), 2, List.of(16), 32, 0, 1, PredictionType.EPSILON);
      case "demo" ->
          new UNetConfig(28, 1, 32, List.of(1, 2), 1, List.of(7), 8, 0, 2, PredictionType.EPSILON);
      default -> throw new IllegalArgumentException("size must be cifar or demo, not " + size);
    };
  }

  /**
   * Runs one measurement.
   *
   * @param args as the class says
   */
  public static void main(String[] args) throws IOException {
    UNetConfig config = config(args[0]);
    int batch = Integer.parseInt(args[2]);
    int micro = Integer.parseInt(args[3]);
    int steps = Integer.parseInt(args[4]);
    int shards = Integer.parseInt(args[5]);
    int repeats = Integer.parseInt(args[6]);
    TorchEngine.setThreads(1);
    try (NDManager manager = TorchEngine.newManager(Device.cpu());
        UNet net = UNet.initialise(config, manager, 1, false);
        FeatureExtractor extractor = new BenchExtractor(config.channels(), manager)) {
      NoiseSchedule schedule = NoiseSchedule.linear(1000, 1e-4, 0.02);
      Timesteps timesteps = Timesteps.published(steps, 1000);
      WaveImages images = new WaveImages(1024, config.channels(), config.imageSize());
      Runnable step;
      if (args[1].equals("sample")) {
        ExecutorService pool = Executors.newFixedThreadPool(shards, StepBench::daemon);
        List<Callable<Void>> parts = new ArrayList<>();
        for (int i = 0; i < shards; i++) {
          int from = batch * i / shards;
          int to = batch * (i + 1) / shards;
          DdimSampler sampler = new DdimSampler(net.replica(manager), schedule, timesteps, 0);
          parts.add(() -> sample(sampler, manager, from, to - from));
        }
        step = () -> all(pool, parts);
      } else {
        Training training =
            args[1].equals("denoise")
                ? new DenoisingTrainer(
                    net,
                    schedule,
                    images,
                    new DenoisingSettings(
                        1000, batch, new LearningRate(1e-5, 0, 0), 1, 0, false, 1),
                    shards,
                    manager)
                : new MmdFinetuner(
                    net,
                    new SamplingPlan(schedule, timesteps, 0),
                    new MmdFinetuner.Objective(
                        images, extractor, new MmdLoss(Kernel.cubic(), MmdEstimator.UNBIASED)),
                    new FinetuneSettings(
                        1000, batch, micro, new LearningRate(1e-5, 0, 0), 1, 0, false, 1),
                    shards,
                    manager);
        step = training::step;
      }
      measure(step, repeats, net.parameterCount());
    }
  }

  private static Thread daemon(Runnable work) {
    Thread thread = new Thread(work, "bench");
    thread.setDaemon(true);
    return thread;
  }

  private static Void sample(DdimSampler sampler, NDManager manager, int from, int count) {
    Autograd.silently(
        () -> {
          try (NDManager scope = manager.newSubManager()) {
            sampler.images(scope, 1, from, count).sum().getFloat();
          }
        });
    return null;
  }

  private static void all(ExecutorService pool, List<Callable<Void>> parts) {
    try {
      for (Future<Void> part : pool.invokeAll(parts)) {
        part.get();
      }
    } catch (InterruptedException | ExecutionException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void measure(Runnable step, int repeats, long parameters) throws IOException {
    step.run();
    double[] wall = new double[repeats];
    double[] cpu = new double[repeats];
    com.sun.management.OperatingSystemMXBean system =
        (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    for (int i = 0; i < repeats; i++) {
      long w = System.nanoTime();
      long c = system.getProcessCpuTime();
      step.run();
      wall[i] = (System.nanoTime() - w) / 1e9;
      cpu[i] = (system.getProcessCpuTime() - c) / 1e9;
    }
    Arrays.sort(wall);
    Arrays.sort(cpu);
    System.out.printf(
        Locale.ROOT,
        "{\"seconds\": %.6f, \"cpu\": %.6f, \"peakMb\": %d, \"parameters\": %d, \"version\":"
            + " \"%s\"}%n",
        wall[repeats / 2],
        cpu[repeats / 2],
        peakMb(),
        parameters,
        TorchEngine.version());
  }

  private static long peakMb() throws IOException {
    return Files.readAllLines(Path.of("/proc/self/status")).stream()
        .filter(line -> line.startsWith("VmHWM:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) / 1024)
        .findFirst()
        .orElse(-1);
  }
}
