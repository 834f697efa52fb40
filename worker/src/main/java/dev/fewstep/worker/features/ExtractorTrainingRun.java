package dev.fewstep.worker.features;

import ai.djl.ndarray.NDManager;
import dev.fewstep.schemas.Digests;
import dev.fewstep.schemas.Json;
import dev.fewstep.worker.checkpoint.AtomicFile;
import dev.fewstep.worker.data.ByteImages;
import dev.fewstep.worker.data.ImageDatasets;
import dev.fewstep.worker.tensor.TorchEngine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;

/**
 * The command {@code fewstep features train}: reads a specification and its images, trains, and
 * writes {@code weights.safetensors} and {@code training.json} beside each other. Run again from
 * the same specification it makes the same weights.
 */
public final class ExtractorTrainingRun {
  /** Name of the weights' file. */
  public static final String WEIGHTS = "weights.safetensors";

  /** Name of the record of the run. */
  public static final String RECORD = "training.json";

  /**
   * The record of a run: what went in and what came out.
   *
   * @param name of the network
   * @param accuracy on the test images, 0 to 1
   * @param finalLoss mean training loss of the last 50 steps or fewer
   * @param parameters number of trained values
   * @param trainDigest digest of the training images, see {@code ImageDataset.digest}
   * @param testDigest digest of the test images
   * @param specSha256 of the specification's bytes
   * @param weightsSha256 of the weights' file
   * @param libtorch version
   * @param threads inside one operator; other numbers change the last bits
   * @param seconds that training and measuring took
   */
  public record Card(
      String name,
      double accuracy,
      double finalLoss,
      long parameters,
      String trainDigest,
      String testDigest,
      String specSha256,
      String weightsSha256,
      String libtorch,
      int threads,
      double seconds) {}

  private ExtractorTrainingRun() {}

  /**
   * Trains.
   *
   * @param manager on whose device it runs
   * @param spec the specification's file
   * @param folder that receives both files
   * @param clock that the duration is read from
   */
  public static Card run(NDManager manager, Path spec, Path folder, Clock clock)
      throws IOException {
    ExtractorSpec read = ExtractorSpec.read(spec);
    ByteImages train = ImageDatasets.read(spec.resolveSibling(read.data().train()));
    ByteImages test = ImageDatasets.read(spec.resolveSibling(read.data().test()));
    Path weights = folder.resolve(WEIGHTS);
    Instant start = clock.instant();
    ExtractorTraining.Result result =
        new ExtractorTraining(read, train, test).run(manager, weights);
    Card card =
        new Card(
            read.network().name(),
            result.accuracy(),
            result.finalLoss(),
            result.parameters(),
            train.digest(),
            test.digest(),
            Digests.sha256Hex(Files.readAllBytes(spec)),
            Digests.sha256Hex(Files.readAllBytes(weights)),
            TorchEngine.version(),
            TorchEngine.threads(),
            Duration.between(start, clock.instant()).toMillis() / 1000.0);
    byte[] json = Json.messages().writerWithDefaultPrettyPrinter().writeValueAsBytes(card);
    AtomicFile.write(
        folder.resolve(RECORD),
        out -> {
          out.write(json);
          out.write('\n');
        });
    return card;
  }
}
