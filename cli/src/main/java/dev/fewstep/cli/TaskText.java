package dev.fewstep.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintStream;
import java.util.Locale;

/** One task as people read it. */
final class TaskText {
  private final PrintStream out;

  TaskText(PrintStream out) {
    this.out = out;
  }

  /** Why it failed, in one line: the code, whether another attempt can help, and the sentence. */
  static String failure(JsonNode task) {
    JsonNode failure = task.path("failure");
    String code = failure.path("code").asText(failure.path("cause").asText(""));
    return failure.isMissingNode() ? "" : code + ": " + failure.path("message").asText();
  }

  void print(JsonNode task, JsonNode explained) {
    out.printf(
        "%s %s%n%s, attempt %s, class %s%n",
        task.path("kind").asText(),
        task.path("label").asText(""),
        task.path("state").asText(),
        task.path("attempt").asText(),
        task.path("deviceClass").asText());
    out.println("key          " + task.path("key").asText());
    line("experiments  ", task.path("experiments"));
    line("worker       ", task.path("workerId"));
    line("started      ", task.path("startedAt"));
    line("finished     ", task.path("finishedAt"));
    line("seconds      ", task.path("seconds"));
    if (task.path("totalSteps").asLong() > 0) {
      out.println(
          "step         " + task.path("step").asText() + " of " + task.path("totalSteps").asText());
    }
    task.path("scores")
        .properties()
        .forEach(score -> out.println("score        " + score.getKey() + " " + score.getValue()));
    task.path("artifacts")
        .forEach(
            file ->
                out.println(
                    "artifact     "
                        + file.path("name").asText()
                        + " "
                        + file.path("bytes").asText()
                        + " bytes"));
    out.println();
    explained
        .path("reasons")
        .forEach(
            reason ->
                out.println(reason.path("code").asText() + ": " + reason.path("text").asText()));
    for (JsonNode past : task.path("pastExecutions")) {
      out.printf(
          "attempt %s, %s at %s on worker %s: %s%n",
          past.path("attempt").asText(),
          past.path("end").asText().toLowerCase(Locale.ROOT).replace('_', ' '),
          past.path("endedAt").asText(),
          past.path("workerId").asText(),
          past.path("why").asText());
    }
    JsonNode failure = task.path("failure");
    if (!failure.isMissingNode()) {
      out.printf(
          "%nattempt %s failed at %s: %s%n%s%n",
          failure.path("attempt").asText(),
          failure.path("at").asText(),
          failure(task),
          failure.path("verdict").asText());
      failure.path("logTail").forEach(text -> out.println("  " + text.asText()));
    }
  }

  private void line(String name, JsonNode value) {
    if (value.isArray()) {
      StringBuilder text = new StringBuilder();
      value.forEach(item -> text.append(text.isEmpty() ? "" : ", ").append(item.asText()));
      out.println(name + text);
    } else if (!value.isMissingNode()) {
      out.println(name + value.asText());
    }
  }
}
