package dev.fewstep.worker.features;

import static dev.fewstep.schemas.spec.Checks.require;
import static java.util.Objects.requireNonNull;
import static java.util.Objects.requireNonNullElse;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.fewstep.schemas.Json;
import dev.fewstep.schemas.spec.SpecDocument;
import dev.fewstep.schemas.spec.SpecReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * What {@code fewstep features train} reads: a network, the labelled images it learns, and how.
 *
 * @param network the classifier
 * @param data training and test images
 * @param training the schedule
 */
public record ExtractorSpec(ExtractorConfig network, Data data, Schedule training) {
  /**
   * Paths as {@link dev.fewstep.worker.data.ImageDatasets} reads them, relative to the
   * specification's folder.
   *
   * @param train labelled images that are learnt
   * @param test labelled images that the accuracy is measured on
   */
  public record Data(String train, String test) {
    public Data {
      requireNonNull(train, "data.train is required");
      requireNonNull(test, "data.test is required");
    }
  }

  /**
   * Cross-entropy with Adam, a linear warm-up and a cosine to zero.
   *
   * @param seed of initialisation, order and augmentation
   * @param steps optimiser steps
   * @param batch images of a step
   * @param learningRate peak rate
   * @param warmup steps of the warm-up
   * @param shift largest shift in pixels along each axis, the border filled with zeros
   * @param flip whether images are mirrored at random
   * @param smoothing label smoothing, 0 to below 1
   */
  public record Schedule(
      Long seed,
      Integer steps,
      Integer batch,
      Double learningRate,
      Integer warmup,
      Integer shift,
      Boolean flip,
      Double smoothing) {
    public Schedule {
      seed = requireNonNullElse(seed, 0L);
      steps = requireNonNullElse(steps, 1000);
      batch = requireNonNullElse(batch, 128);
      learningRate = requireNonNullElse(learningRate, 2e-3);
      warmup = requireNonNullElse(warmup, 50);
      shift = requireNonNullElse(shift, 2);
      flip = requireNonNullElse(flip, true);
      smoothing = requireNonNullElse(smoothing, 0.05);
      require(steps >= 1, "steps must be positive, not %s", steps);
      require(batch >= 2, "batch must be at least 2, not %s", batch);
      require(learningRate > 0, "learningRate must be positive, not %s", learningRate);
      require(warmup >= 0 && warmup < steps, "warmup must be 0 to below steps, not %s", warmup);
      require(shift >= 0 && shift <= 64, "shift must be 0 to 64, not %s", shift);
      require(smoothing >= 0 && smoothing < 1, "smoothing must be in [0, 1), not %s", smoothing);
    }
  }

  public ExtractorSpec {
    requireNonNull(network, "network is required");
    requireNonNull(data, "data is required");
    training =
        requireNonNullElse(training, new Schedule(null, null, null, null, null, null, null, null));
  }

  /**
   * Reads YAML or JSON; unknown fields and ambiguous YAML are refused.
   *
   * @throws dev.fewstep.schemas.spec.SpecException when the text is ambiguous or malformed
   * @throws IllegalArgumentException when a field is unknown, missing or out of range
   */
  public static ExtractorSpec read(Path file) throws IOException {
    SpecDocument document = SpecReader.read(file.getFileName().toString(), Files.readString(file));
    document.refuseIfAny(List.of());
    try {
      return Json.specs().treeToValue(document.tree(), ExtractorSpec.class);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(file + ": " + e.getOriginalMessage(), e);
    }
  }
}
