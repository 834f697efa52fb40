package dev.fewstep.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Optional;
import java.util.UUID;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** What every verb about one experiment takes, and how it asks. */
final class VerbOptions {
  private static final int ASKED_AT_MOST = 6;

  @Mixin private ServerOptions server;
  @Mixin private OutputOptions output;

  @Parameters(paramLabel = "ID", description = "id of an experiment")
  private String id;

  @Option(
      names = "--idempotency-key",
      paramLabel = "UUID",
      description = "the same key twice asks once, and answers the same")
  private UUID idempotencyKey;

  private UUID key;

  /** The experiment. */
  String id() {
    return id;
  }

  /** The server. */
  ApiClient client(Main main) {
    return server.client(main.settings());
  }

  /** Whether a person reads the output. */
  boolean table() {
    return output.format() == OutputFormat.table;
  }

  /** Where results go. */
  Output output(Main main) {
    return output.output(main);
  }

  /** Asks until it is decided, always with the same key. */
  JsonNode ask(Main main, String verb, String contentType, String body) {
    if (key == null) {
      key = Optional.ofNullable(idempotencyKey).orElseGet(UUID::randomUUID);
    }
    ApiClient client = client(main);
    for (int asked = 0; asked < ASKED_AT_MOST; asked++) {
      JsonNode answer =
          client.post(
              "/api/v1/experiments/" + ApiClient.encode(id) + ":" + verb, contentType, body, key);
      if (!answer.has("commandId")) {
        return answer;
      }
    }
    throw CliException.timeout(
        "nothing is decided yet: no orchestrator leads. Ask again with --idempotency-key %s"
            .formatted(key));
  }

  /** Asks with a JSON body. */
  JsonNode ask(Main main, String verb, JsonNode body) {
    return ask(main, verb, "application/json", body.toString());
  }

  /** Prints one sentence for people, or the answer. */
  void print(Main main, JsonNode answer, String sentence) {
    if (table()) {
      main.out().println(sentence);
    } else {
      output(main).object(answer);
    }
  }
}
