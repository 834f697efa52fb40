package dev.fewstep.worker.task.program;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.fewstep.schemas.Json;
import dev.fewstep.schemas.message.FailureCode;
import dev.fewstep.schemas.message.MetricBatch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * The curves of a training, thinned so that a file of them stays small: of a long training every
 * k-th step is kept, and always the last. The text form travels in checkpoints, so that a resumed
 * training keeps its beginning.
 */
final class Curve {
  private static final int KEPT_STEPS = 2000;

  private final int stride;
  private final int last;
  private final List<MetricBatch.Point> points = new ArrayList<>();

  /** The form of a curve file. */
  private record Content(List<MetricBatch.Point> points) {}

  /**
   * An empty curve.
   *
   * @param steps steps of the whole training, at least 1
   */
  Curve(int steps) {
    this.stride = (steps + KEPT_STEPS - 1) / KEPT_STEPS;
    this.last = steps - 1;
  }

  /** Adds a point, unless its step is left out. */
  void add(MetricBatch.Point point) {
    if (point.step() % stride == 0 || point.step() == last) {
      points.add(point);
    }
  }

  /** The kept point of a curve with the least finite value, the first of several. */
  Optional<MetricBatch.Point> least(String name) {
    return points.stream()
        .filter(point -> point.name().equals(name) && Double.isFinite(point.value()))
        .min(Comparator.comparingDouble(MetricBatch.Point::value));
  }

  /** Takes over the points of a text. */
  void restore(String json) {
    try {
      points.clear();
      points.addAll(Json.messages().readValue(json, Content.class).points());
    } catch (JsonProcessingException e) {
      throw new TaskFailure(
          FailureCode.BAD_INPUT, "The checkpoint's curve cannot be read: " + e.getMessage(), e);
    }
  }

  /** {@code {"points":[{name,step,value}]}}. */
  String text() {
    return Json.toText(new Content(points));
  }

  /** Writes the text to a file. */
  void write(Path file) throws IOException {
    Files.writeString(file, text());
  }
}
