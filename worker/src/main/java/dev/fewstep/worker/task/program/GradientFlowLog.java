package dev.fewstep.worker.task.program;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.fewstep.schemas.ArtifactKind;
import dev.fewstep.schemas.Json;
import dev.fewstep.schemas.message.FailureCode;
import dev.fewstep.worker.training.GradientFlow;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The records of a training's gradient flow, thinned so that about {@value #KEPT} stay. The text
 * form travels in checkpoints, so that a resumed training keeps its beginning.
 */
final class GradientFlowLog {
  private static final int KEPT = 100;

  private final List<Entry> records = new ArrayList<>();

  /**
   * A record.
   *
   * @param step number of the step, from 1
   * @param layers the table
   */
  record Entry(int step, List<GradientFlow.Layer> layers) {}

  /** The form of a file. */
  private record Content(List<Entry> records) {}

  /** The distance of records at which no more than {@value #KEPT} are made. */
  static int every(int asked, int iterations) {
    if (asked == 0) {
      return 0;
    }
    int made = iterations / asked;
    return Math.multiplyExact(asked, Math.max(1, (made + KEPT - 1) / KEPT));
  }

  void add(int step, GradientFlow flow) {
    records.add(new Entry(step, flow.layers()));
  }

  boolean isEmpty() {
    return records.isEmpty();
  }

  /** {@code {"records":[{step,layers:[{name,mean,max,norm}]}]}}. */
  String text() {
    return Json.toText(new Content(records));
  }

  /** Takes over the records of a text. */
  void restore(String json) {
    try {
      records.clear();
      records.addAll(Json.messages().readValue(json, Content.class).records());
    } catch (JsonProcessingException e) {
      throw new TaskFailure(
          FailureCode.BAD_INPUT,
          "The checkpoint's gradient flow cannot be read: " + e.getMessage(),
          e);
    }
  }

  /** Writes the table as JSON and CSV, and a plot of the last record. */
  List<OutputFile> write(Path directory) throws IOException {
    Path json = directory.resolve("gradient-flow.json");
    Files.writeString(json, text());
    Path csv = directory.resolve("gradient-flow.csv");
    Files.writeString(csv, csv());
    Path plot = directory.resolve("gradient-flow.png");
    Files.write(plot, GradientFlowPlot.png(records.get(records.size() - 1)));
    List<OutputFile> files = new ArrayList<>();
    for (Path file : List.of(json, csv, plot)) {
      files.add(new OutputFile(ArtifactKind.GRADIENT_FLOW, file.getFileName().toString(), file));
    }
    return files;
  }

  private String csv() {
    StringBuilder text = new StringBuilder("step,layer,mean,max,norm\n");
    for (Entry entry : records) {
      for (GradientFlow.Layer layer : entry.layers()) {
        text.append(entry.step()).append(',').append(layer.name()).append(',');
        text.append(layer.mean()).append(',').append(layer.max()).append(',');
        text.append(layer.norm()).append('\n');
      }
    }
    return text.toString();
  }
}
