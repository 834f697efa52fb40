package dev.fewstep.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;

@Command(
    name = "show",
    mixinStandardHelpOptions = true,
    description = "Shows a schedule, its next three slots in its zone, and its runs.")
final class ScheduleShowCommand extends ScheduleCommand.One {
  @Override
  public Integer call() {
    JsonNode schedule = client().get(path());
    if (output().format() != OutputFormat.table) {
      output().object(schedule);
      return ExitCodes.OK;
    }
    main()
        .out()
        .printf(
            "%s  %s  %s  project %s%n",
            name(),
            schedule.path("cron").asText(),
            schedule.path("zone").asText(),
            schedule.path("project").asText());
    main()
        .out()
        .printf(
            "late slots: %s within %s; keeps %s%n",
            schedule.path("catchUp").path("policy").asText(),
            schedule.path("catchUp").path("within").asText(),
            Counted.of(schedule.path("retention").asInt(), "experiment"));
    if (schedule.has("pausedAt")) {
      main().out().println("paused since " + schedule.path("pausedAt").asText());
    }
    schedule.path("nextSlots").forEach(slot -> main().out().println("next " + slot.asText()));
    if (schedule.has("missed")) {
      main()
          .out()
          .printf(
              "let go: slots from %s until before %s%n",
              schedule.path("missed").path("from").asText(),
              schedule.path("missed").path("before").asText());
    }
    if (schedule.has("webhook")) {
      main().out().println("tells " + schedule.path("webhook").asText());
      schedule.path("deliveries").forEach(each -> main().out().println("  " + told(each)));
    }
    List<Map<String, String>> rows = new ArrayList<>();
    for (JsonNode run : schedule.path("runs")) {
      rows.add(
          Map.of(
              "slot",
              run.path("asked").asBoolean() ? "asked" : run.path("slot").asText(),
              "experiment",
              run.path("experimentId").asText(),
              "state",
              run.path("state").asText(),
              "problem",
              run.path("problem").asText()));
    }
    main().out().print(Output.table(List.of("slot", "experiment", "state", "problem"), rows));
    return ExitCodes.OK;
  }

  private static String told(JsonNode delivery) {
    String what = delivery.path("createdAt").asText() + " " + delivery.path("event").asText();
    if (delivery.has("deliveredAt")) {
      return what + ": delivered " + delivery.path("deliveredAt").asText();
    }
    String tries = Counted.of(delivery.path("attempts").asInt(), "attempt");
    String problem = delivery.has("problem") ? ", " + delivery.path("problem").asText() : "";
    String then =
        delivery.has("notBefore") ? "; next " + delivery.path("notBefore").asText() : "; given up";
    return what + ": " + tries + problem + then;
  }
}
