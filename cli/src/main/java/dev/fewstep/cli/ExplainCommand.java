package dev.fewstep.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

@Command(
    name = "explain",
    mixinStandardHelpOptions = true,
    description = "Says why a task waits, or what an experiment waits for.")
final class ExplainCommand implements Callable<Integer> {
  private static final int SHORT = 12;

  @ParentCommand private Main main;
  @Mixin private ServerOptions server;
  @Mixin private OutputOptions output;

  @Parameters(paramLabel = "ID", description = "key of a task, or id of an experiment")
  private String id;

  @Override
  public Integer call() {
    boolean task = id.matches("[0-9a-f]{64}");
    JsonNode answer =
        server
            .client(main.settings())
            .get(
                "/api/v1/"
                    + (task ? "tasks/" : "experiments/")
                    + ApiClient.encode(id)
                    + "/explain");
    if (output.format() != OutputFormat.table) {
      output.output(main).object(answer);
      return ExitCodes.OK;
    }
    main.out()
        .printf(
            "%s %s is %s.%n",
            task ? "Task" : "Experiment",
            task ? id.substring(0, SHORT) : id,
            answer.path("state").asText());
    for (JsonNode reason : answer.path("reasons")) {
      main.out().println(sentence(reason.path("text").asText()));
    }
    for (JsonNode group : answer.path("tasks")) {
      main.out()
          .printf(
              "%s (%s), the oldest %s: %s%n",
              Counted.of(group.path("count").asInt(), "task"),
              group.path("code").asText(),
              group.path("taskKey").asText().substring(0, SHORT),
              group.path("text").asText());
    }
    int open = answer.path("open").asInt();
    int examined = answer.path("examined").asInt();
    if (examined < open) {
      main.out().printf("Only the oldest %d of %d open tasks were looked at.%n", examined, open);
    }
    return ExitCodes.OK;
  }

  private static String sentence(String text) {
    return Character.toUpperCase(text.charAt(0)) + text.substring(1) + ".";
  }
}
