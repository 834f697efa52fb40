package dev.fewstep.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fewstep.orchestrator.care.Disks;
import dev.fewstep.orchestrator.care.Finding;
import dev.fewstep.schemas.Json;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

@Command(
    name = "doctor",
    mixinStandardHelpOptions = true,
    description = {
      "Examines an installation: topics, leader, clocks, workers, tasks, store, disk.",
      "A server examines itself; where none answers, Kafka and the store are examined from here when",
      "their settings are given. Ends with 1 when an ERROR was found."
    })
final class DoctorCommand implements Callable<Integer> {
  @ParentCommand private Main main;
  @Mixin private ServerOptions server;
  @Mixin private OutputOptions output;

  @Option(names = "--fix", description = "repair what can be repaired without loss")
  private boolean fix;

  @Option(
      names = {"-y", "--yes"},
      description = "do not ask before repairing")
  private boolean yes;

  @Option(names = "--direct", description = "ask no server: examine Kafka and the store from here")
  private boolean direct;

  @Option(
      names = "--bootstrap",
      paramLabel = "HOST:PORT,…",
      description = "KAFKA_BOOTSTRAP_SERVERS")
  private String bootstrap;

  @Option(names = "--replication", paramLabel = "N", description = "FEWSTEP_REPLICATION, default 3")
  private String replication;

  @Option(names = "--s3-endpoint", paramLabel = "URL", description = "AWS_ENDPOINT_URL_S3")
  private String s3Endpoint;

  @Option(names = "--bucket", paramLabel = "NAME", description = "FEWSTEP_BUCKET, default fewstep")
  private String bucket;

  /** Whoever examines and repairs. */
  interface Examiner extends AutoCloseable {
    /** The report, as the API gives it. */
    ObjectNode examine();

    /** Repairs and tells what was done about each. */
    JsonNode repair(List<String> repairs);

    @Override
    void close();
  }

  @Override
  public Integer call() {
    Settings settings = main.settings();
    settings.flag(Setting.BOOTSTRAP, Optional.ofNullable(bootstrap));
    settings.flag(Setting.REPLICATION, Optional.ofNullable(replication));
    settings.flag(Setting.S3_ENDPOINT, Optional.ofNullable(s3Endpoint));
    settings.flag(Setting.S3_BUCKET, Optional.ofNullable(bucket));
    List<Finding> here = new ArrayList<>();
    try (Examiner examiner = examiner(settings, here)) {
      ObjectNode report = examined(examiner, settings, here);
      print(report);
      if (fix) {
        repair(examiner, report);
      }
      return report.path("worst").asText().equals("ERROR") ? ExitCodes.FAILED : ExitCodes.OK;
    }
  }

  private Examiner examiner(Settings settings, List<Finding> here) {
    ApiClient client = server.client(settings);
    if (!direct) {
      try {
        client.get("/healthz");
        return new ServerExaminer(client);
      } catch (CliException e) {
        here.add(
            Finding.error(
                "server.reach",
                client.base().toString(),
                e.getMessage(),
                "a server answers",
                "start one ('fewstep up' on a single machine, else 'fewstep server'), or give its"
                    + " address with --server"));
      }
      if (settings.value(Setting.BOOTSTRAP).source().equals("default")) {
        main.err()
            .println(
                "no server answers; to examine Kafka and the store from here, give"
                    + " KAFKA_BOOTSTRAP_SERVERS, AWS_ENDPOINT_URL_S3 and the keys");
        return new Nobody();
      }
      main.err().println("no server answers; Kafka and the store are examined from here");
    }
    return new DirectExaminer(settings);
  }

  private ObjectNode examined(Examiner examiner, Settings settings, List<Finding> here) {
    Path data = settings.path(Setting.DATA_DIR);
    if (Files.isDirectory(data)) {
      boolean embedded = Files.isDirectory(data.resolve("kafka"));
      here.add(Disks.finding("disk.data", data, embedded ? Disks.Use.BROKER : Disks.Use.PASSAGE));
    }
    ObjectNode report = examiner.examine();
    ArrayNode all = Json.messages().createArrayNode();
    here.forEach(finding -> all.add(Json.toTree(finding)));
    report.path("findings").forEach(all::add);
    report.set("findings", all);
    String worst = "OK";
    for (JsonNode finding : all) {
      String severity = finding.path("severity").asText();
      worst =
          Finding.Severity.valueOf(severity).compareTo(Finding.Severity.valueOf(worst)) > 0
              ? severity
              : worst;
    }
    report.put("worst", worst);
    return report;
  }

  private void print(JsonNode report) {
    List<Map<String, String>> rows = new ArrayList<>();
    int errors = 0;
    int warnings = 0;
    for (JsonNode finding : report.path("findings")) {
      String severity = finding.path("severity").asText();
      errors += severity.equals("ERROR") ? 1 : 0;
      warnings += severity.equals("WARN") ? 1 : 0;
      rows.add(
          Map.of(
              "severity", severity,
              "check", finding.path("check").asText(),
              "where", finding.path("where").asText(),
              "found", finding.path("found").asText(),
              "expected", finding.path("expected").asText(),
              "fix", finding.path("fix").asText()));
    }
    if (output.format() != OutputFormat.table) {
      output
          .output(main)
          .rows(List.of("severity", "check", "where", "found", "expected", "fix"), rows, report);
      return;
    }
    List<String> columns = List.of("severity", "check", "where", "found");
    String[] lines = Output.table(columns, rows).split("\n", -1);
    main.out().println(lines[0]);
    for (int i = 0; i < rows.size(); i++) {
      main.out().println(lines[i + 1]);
      if (!rows.get(i).get("fix").isEmpty()) {
        main.out().println("          expected: " + rows.get(i).get("expected"));
        main.out().println("          fix:      " + rows.get(i).get("fix"));
      }
    }
    main.err()
        .printf(
            "%n%s%n",
            errors + warnings == 0 ? "all is well" : errors + " errors, " + warnings + " warnings");
  }

  private void repair(Examiner examiner, JsonNode report) {
    List<String> repairs = new ArrayList<>();
    for (JsonNode finding : report.path("findings")) {
      if (!finding.path("repair").asText().isEmpty()) {
        repairs.add(finding.path("repair").asText());
      }
    }
    if (repairs.isEmpty()) {
      main.err().println("nothing of it can be repaired from here");
      return;
    }
    main.err().println("can be repaired: " + String.join(", ", repairs));
    if (!Question.confirmed(main, yes, "Repair " + repairs.size() + " things?")) {
      return;
    }
    boolean whole = true;
    for (JsonNode item : examiner.repair(repairs).path("items")) {
      boolean done = item.path("done").asBoolean();
      whole &= done;
      main.err()
          .println(
              (done ? "done: " : "failed: " + item.path("repair").asText() + ": ")
                  + item.path("message").asText());
    }
    if (!whole) {
      throw CliException.failed("not everything could be repaired");
    }
    main.err().println("run 'fewstep doctor' again to see what is left");
  }

  /** A server that examines itself. */
  private static final class ServerExaminer implements Examiner {
    private final ApiClient client;

    ServerExaminer(ApiClient client) {
      this.client = client;
    }

    @Override
    public ObjectNode examine() {
      return (ObjectNode) client.getSlowly("/api/v1/doctor");
    }

    @Override
    public JsonNode repair(List<String> repairs) {
      ObjectNode body = Json.messages().createObjectNode();
      repairs.forEach(body.putArray("repairs")::add);
      return client.post(
          "/api/v1/doctor:fix", "application/json", Json.toText(body), UUID.randomUUID());
    }

    @Override
    public void close() {}
  }

  /** When there is nothing to ask. */
  private static final class Nobody implements Examiner {
    @Override
    public ObjectNode examine() {
      ObjectNode report = Json.messages().createObjectNode();
      report.putArray("findings");
      return report;
    }

    @Override
    public JsonNode repair(List<String> repairs) {
      throw new IllegalStateException("nothing was found to repair");
    }

    @Override
    public void close() {}
  }
}
