package dev.fewstep.worker.task.program;

import java.util.List;
import java.util.Map;

/**
 * What a task made.
 *
 * @param files the files, with different names
 * @param scores finite numbers by name
 */
public record TaskResult(List<OutputFile> files, Map<String, Double> scores) {
  public TaskResult {
    files = List.copyOf(files);
    scores = Map.copyOf(scores);
    if (files.stream().map(OutputFile::name).distinct().count() != files.size()) {
      throw new IllegalArgumentException("two files have the same name: " + files);
    }
    scores.forEach(
        (name, value) -> {
          if (!Double.isFinite(value)) {
            throw new IllegalArgumentException("the score " + name + " is not finite: " + value);
          }
        });
  }
}
