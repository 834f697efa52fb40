package dev.fewstep.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The verbs of care against a server that says what it is told to say. */
class DoctorCommandTest {
  private static final String REPORT =
      """
      {"at": "2026-11-23T07:00:00Z", "version": "1", "worst": "ERROR", "findings": [
        {"severity": "OK", "check": "state", "where": "fewstep.state.v1", "found": "read to its end",
         "expected": "", "fix": "", "repair": ""},
        {"severity": "ERROR", "check": "topic.missing", "where": "fewstep.metrics.v1",
         "found": "the topic does not exist", "expected": "a topic", "fix": "fewstep doctor --fix",
         "repair": "make-topic:fewstep.metrics.v1"}]}
      """;

  @TempDir Path folder;
  private final List<String> asked = new CopyOnWriteArrayList<>();
  private HttpServer server;

  @BeforeEach
  void start() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.start();
  }

  @AfterEach
  void stop() {
    server.stop(0);
  }

  private void answer(String path, String body) {
    server.createContext(
        path,
        exchange -> {
          asked.add(
              exchange.getRequestMethod()
                  + " "
                  + path
                  + " "
                  + new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
          byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(200, bytes.length);
          exchange.getResponseBody().write(bytes);
          exchange.close();
        });
  }

  private ProgramRun run(String... arguments) {
    List<String> all = new ArrayList<>(List.of(arguments));
    all.add("--server");
    all.add("http://127.0.0.1:" + server.getAddress().getPort());
    return ProgramRun.in(folder, all.toArray(new String[0]));
  }

  @Test
  void findings_are_shown_with_what_to_do_and_an_error_ends_with_one() throws IOException {
    answer("/healthz", "{}");
    answer("/api/v1/doctor", REPORT);
    ProgramRun table = run("doctor");
    assertThat(table.exitCode()).isEqualTo(1);
    assertThat(table.out())
        .contains("ERROR", "topic.missing", "expected: a topic", "fix:      fewstep doctor --fix");
    assertThat(table.err()).contains("1 errors, 0 warnings");
    JsonNode json = run("doctor", "-o", "json").json();
    assertThat(json.path("worst").asText()).isEqualTo("ERROR");
    assertThat(json.path("findings").size()).isEqualTo(2);
  }

  @Test
  void repairs_are_made_only_when_somebody_says_yes() {
    answer("/healthz", "{}");
    answer("/api/v1/doctor", REPORT);
    answer(
        "/api/v1/doctor:fix",
        "{\"items\": [{\"repair\": \"x\", \"done\": true, \"message\": \"made the topic\"}]}");
    ProgramRun unasked = run("doctor", "--fix");
    assertThat(unasked.exitCode()).isEqualTo(ExitCodes.USAGE);
    assertThat(unasked.err()).contains("Say --yes");
    assertThat(asked).noneMatch(request -> request.startsWith("POST"));
    ProgramRun told = run("doctor", "--fix", "--yes");
    assertThat(told.err()).contains("done: made the topic");
    assertThat(asked)
        .contains("POST /api/v1/doctor:fix {\"repairs\":[\"make-topic:fewstep.metrics.v1\"]}");
  }

  @Test
  void without_a_server_it_is_said_what_is_needed_to_look_further() {
    ProgramRun run =
        ProgramRun.in(folder, "doctor", "--server", "http://127.0.0.1:1", "-o", "json");
    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(run.out()).contains("server.reach", "fewstep up");
    assertThat(run.err()).contains("KAFKA_BOOTSTRAP_SERVERS");
  }

  private static String job(String state, String result) {
    return """
        {"jobId": "x", "kind": "gc", "state": "%s", "phase": "listing", "done": 1, "total": 2,
         "bytes": 3, "result": %s, "problem": "the store is away"}
        """
        .formatted(state, result);
  }

  @Test
  void a_collection_only_looks_unless_told_to_delete() {
    answer(
        "/api/v1/artifacts:gc",
        job(
            "DONE",
            """
            {"deleted": false, "complete": true, "keepCheckpoints": "last", "objects": 5,
             "bytes": 5000000, "needed": 3, "young": 0, "kept": 0, "freed": 0, "uploads": 0,
             "rows": [{"reason": "SUPERSEDED_CHECKPOINT", "experiment": "grid-1", "objects": 2,
                       "bytes": 2000000}], "problems": []}
            """));
    ProgramRun run = run("gc", "--keep-checkpoints", "best");
    assertThat(run.exitCode()).isZero();
    assertThat(run.out()).contains("superseded checkpoint  grid-1", "2.0 MB");
    assertThat(run.err()).contains("would free 2 objects", "nothing was changed");
    assertThat(asked)
        .containsExactly(
            "POST /api/v1/artifacts:gc"
                + " {\"delete\":false,\"graceSeconds\":86400,\"keepCheckpoints\":\"best\"}");
    assertThat(run("gc", "--delete").exitCode()).as("nobody said yes").isEqualTo(ExitCodes.USAGE);
    assertThat(run("gc", "--delete", "--dry-run").exitCode()).isEqualTo(ExitCodes.USAGE);
  }

  @Test
  void damage_and_a_job_that_breaks_off_end_with_one() {
    answer(
        "/api/v1/artifacts:verify",
        job(
            "DONE",
            """
            {"complete": true, "artifacts": 2, "bytes": 10, "good": 1, "freed": 0, "damage": [
              {"kind": "CORRUPT", "name": "scores.json", "sha256": "%s", "role": "RESULT",
               "owner": "%s", "found": "sha256 00", "advice": "submit it again"}]}
            """
                .formatted("ab".repeat(32), "cd".repeat(32))));
    ProgramRun damaged = run("artifacts", "verify");
    assertThat(damaged.exitCode()).isEqualTo(1);
    assertThat(damaged.out())
        .contains("corrupt", "scores.json", "result cdcdcdcdcdcd", "submit it again");
    answer("/api/v1/artifacts:gc", job("FAILED", "null"));
    ProgramRun broken = run("gc");
    assertThat(broken.exitCode()).isEqualTo(1);
    assertThat(broken.err()).contains("the store is away");
    assertThat(Map.of("1.5 GB", JobWatch.size(1_500_000_000L), "999 B", JobWatch.size(999)))
        .allSatisfy((expected, size) -> assertThat(size).isEqualTo(expected));
  }
}
