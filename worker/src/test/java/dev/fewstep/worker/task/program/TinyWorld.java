package dev.fewstep.worker.task.program;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import dev.fewstep.schemas.ArtifactKind;
import dev.fewstep.schemas.Digests;
import dev.fewstep.schemas.spec.DenoisingSpec;
import dev.fewstep.schemas.spec.KernelKind;
import dev.fewstep.schemas.spec.NetworkSpec;
import dev.fewstep.schemas.spec.NoiseScheduleSpec;
import dev.fewstep.schemas.spec.PredictionKind;
import dev.fewstep.schemas.spec.SamplingSpec;
import dev.fewstep.schemas.spec.TrainingSpec;
import dev.fewstep.schemas.task.EvaluateTask;
import dev.fewstep.schemas.task.FeatureSpace;
import dev.fewstep.schemas.task.FinetuneTask;
import dev.fewstep.schemas.task.MmdLossTask;
import dev.fewstep.schemas.task.PretrainTask;
import dev.fewstep.schemas.task.ReferenceTask;
import dev.fewstep.schemas.task.ScoredSpace;
import dev.fewstep.schemas.task.SourceRef;
import dev.fewstep.worker.data.ByteImages;
import dev.fewstep.worker.data.ImageShape;
import dev.fewstep.worker.data.NpzImages;
import dev.fewstep.worker.features.Activation;
import dev.fewstep.worker.features.ExtractorConfig;
import dev.fewstep.worker.features.ExtractorSpec;
import dev.fewstep.worker.features.ExtractorTraining;
import dev.fewstep.worker.tensor.TorchEngine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Random;

/** A dataset of small images, an extractor and specifications so small that they run in no time. */
public final class TinyWorld {
  private static final ImageShape SHAPE = new ImageShape(1, 8, 8);

  /** Images, {@code .npz}. */
  public final Path dataset;

  /** Extractor of 4 (penultimate) or 10 (multi) features. */
  public final Path extractor;

  /** Makes both files in a directory. */
  public TinyWorld(Path directory) throws IOException {
    dataset = directory.resolve("dataset.npz");
    NpzImages.write(dataset, images(96));
    extractor = directory.resolve("extractor.safetensors");
    ExtractorConfig network =
        new ExtractorConfig(
            "tiny",
            SHAPE,
            List.of(new ExtractorConfig.Block(6, 3, 2, false, false, Activation.SILU, 1)),
            new ExtractorConfig.Head(false, 4, Activation.SILU),
            2);
    ExtractorSpec spec =
        new ExtractorSpec(
            network,
            new ExtractorSpec.Data("train", "test"),
            new ExtractorSpec.Schedule(1L, 4, 16, 1e-3, 1, 1, false, 0.0));
    try (NDManager manager = TorchEngine.newManager(Device.cpu())) {
      new ExtractorTraining(spec, images(96), images(16)).run(manager, extractor);
    }
  }

  /** Bright or dark bars, by label, with noise. */
  private static ByteImages images(int count) {
    Random random = new Random(count);
    byte[] pixels = new byte[count * SHAPE.elements()];
    int[] labels = new int[count];
    for (int i = 0; i < count; i++) {
      labels[i] = i % 2;
      for (int p = 0; p < SHAPE.elements(); p++) {
        boolean bright = (labels[i] == 0 ? p % 8 : p / 8) < 4;
        pixels[i * SHAPE.elements() + p] = (byte) ((bright ? 180 : 20) + random.nextInt(40));
      }
    }
    return new ByteImages(SHAPE, pixels, Optional.of(labels));
  }

  /** The source of an imported file. */
  public static SourceRef source(Path file) throws IOException {
    return SourceRef.digest(Digests.sha256Hex(Files.readAllBytes(file)));
  }

  /** The source of an upstream task's artifact; the key is made of a word. */
  public static SourceRef upstream(String task, ArtifactKind kind) {
    return SourceRef.upstream(Digests.sha256Hex(task), kind);
  }

  /** A network for the images. */
  public static NetworkSpec network() {
    return new NetworkSpec(
        8,
        1,
        8,
        List.of(1, 2),
        1,
        List.of(4),
        4,
        0.1,
        1,
        PredictionKind.EPSILON,
        NoiseScheduleSpec.ddpm());
  }

  /** A pretraining of so many steps, with a checkpoint every 2. */
  public PretrainTask pretrain(int iterations) throws IOException {
    return new PretrainTask(
        source(dataset),
        network(),
        new DenoisingSpec(iterations, 8, 1e-3, 2, true, 1.0, 0.9, true, 2),
        3);
  }

  /** The extractor's default space. */
  public FeatureSpace space() throws IOException {
    return new FeatureSpace(source(extractor), "penultimate");
  }

  /** Statistics of the dataset in that space. */
  public ReferenceTask reference() throws IOException {
    return new ReferenceTask(source(dataset), space(), null);
  }

  /** A finetune of so many steps through 2 sampling steps, with a checkpoint every 2. */
  public FinetuneTask finetune(SourceRef weights, int iterations) throws IOException {
    return new FinetuneTask(
        weights,
        source(dataset),
        true,
        new SamplingSpec(2, null, null),
        MmdLossTask.of(KernelKind.CUBIC, space(), 8, 4),
        TrainingSpec.of(iterations, 1e-4, 1, 1.0, 0.9, 2),
        Optional.empty(),
        5);
  }

  /** An evaluation in that space. */
  public EvaluateTask evaluate(SourceRef weights, SourceRef statistics, int samples, int batch)
      throws IOException {
    return new EvaluateTask(
        weights,
        new SamplingSpec(2, null, 0.5),
        samples,
        11,
        batch,
        List.of(new ScoredSpace(space(), statistics)),
        null,
        null,
        null);
  }
}
