package dev.fewstep.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fewstep.schemas.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

@Command(
    name = "token",
    mixinStandardHelpOptions = true,
    description = "Who may use a server: makes, lists and revokes tokens.",
    subcommands = {
      TokenCommand.Create.class,
      TokenCommand.ListTokens.class,
      TokenCommand.Revoke.class,
      TokenCommand.Show.class
    })
final class TokenCommand implements Callable<Integer> {
  private static final String TOKENS = "/api/v1/tokens";

  @ParentCommand private Main main;
  @Mixin private ServerOptions server;
  @Mixin private OutputOptions output;

  @Override
  public Integer call() {
    return list(main, server, output);
  }

  private static int list(Main main, ServerOptions server, OutputOptions output) {
    JsonNode items = server.client(main.settings()).get(TOKENS).path("items");
    List<Map<String, String>> rows = new ArrayList<>();
    for (JsonNode item : items) {
      rows.add(
          Map.of(
              "token", item.path("id").asText(),
              "name", item.path("name").asText(),
              "role", item.path("role").asText(),
              "projects", projects(item),
              "expires", item.path("expiresAt").asText(),
              "state", item.path("state").asText()));
    }
    output
        .output(main)
        .rows(List.of("token", "name", "role", "projects", "expires", "state"), rows, items);
    return ExitCodes.OK;
  }

  private static String projects(JsonNode item) {
    List<String> names = new ArrayList<>();
    item.path("projects").forEach(name -> names.add(name.asText()));
    return names.isEmpty() ? "all" : String.join(",", names);
  }

  private static JsonNode decided(JsonNode answer) {
    if (answer.has("commandId")) {
      throw CliException.timeout("nothing is decided yet: no orchestrator leads");
    }
    return answer;
  }

  @Command(
      name = "create",
      mixinStandardHelpOptions = true,
      sortOptions = false,
      description = {
        "Makes a token and prints it, this once: the server keeps its digest only.",
        "It is given to fewstep by --token-file, FEWSTEP_TOKEN or FEWSTEP_TOKEN_FILE."
      })
  static final class Create implements Callable<Integer> {
    @ParentCommand private TokenCommand parent;
    @Mixin private ServerOptions server;
    @Mixin private OutputOptions output;
    @Mixin private IdempotencyOption idempotency;

    @Parameters(paramLabel = "NAME", description = "who will hold it")
    private String name;

    @Option(
        names = "--role",
        required = true,
        paramLabel = "ROLE",
        description = "viewer (reads), submitter (also runs experiments) or admin (everything)")
    private String role;

    @Option(
        names = "--project",
        split = ",",
        paramLabel = "NAME",
        description = "the projects that it is for; without this, every project")
    private List<String> projects = List.of();

    @Option(
        names = "--expires",
        defaultValue = "90d",
        paramLabel = "TIME",
        converter = DurationConverter.class,
        description = "how long it is good for, up to 366d (default: ${DEFAULT-VALUE})")
    private Duration expires;

    @Option(
        names = "--save",
        paramLabel = "FILE",
        description = "write it to a new file that only you can read, and print its id instead")
    private Path save;

    @Override
    public Integer call() {
      Main main = parent.main;
      if (save != null && Files.exists(save)) {
        throw CliException.usage(save + " exists already: a token is written to a new file");
      }
      ObjectNode body =
          Json.messages()
              .createObjectNode()
              .put("name", name)
              .put("role", role)
              .put("expiresAt", Instant.now().plus(expires).toString());
      body.set("projects", Json.toTree(projects));
      JsonNode answer =
          decided(
              server
                  .client(main.settings())
                  .post(TOKENS, "application/json", body.toString(), idempotency.key()));
      String text = answer.path("token").asText("");
      if (text.isEmpty()) {
        throw CliException.usage(
            "token %s was made by this command before, and its text is shown once only: revoke it"
                    .formatted(answer.path("id").asText())
                + " and make another");
      }
      JsonNode shown = answer;
      if (save != null) {
        write(text);
        shown = ((ObjectNode) answer.deepCopy()).without("token");
      }
      if (output.format() == OutputFormat.table) {
        main.out().println(save == null ? text : answer.path("id").asText());
        main.err()
            .printf(
                "token %s: %s of %s, until %s; %s%n",
                answer.path("id").asText(),
                role,
                projects(answer),
                answer.path("expiresAt").asText(),
                save == null ? "it is not shown again" : "written to " + save);
      } else {
        output.output(main).object(shown);
      }
      return ExitCodes.OK;
    }

    private void write(String text) {
      try {
        boolean posix =
            save.toAbsolutePath().getFileSystem().supportedFileAttributeViews().contains("posix");
        if (posix) {
          Files.createFile(
              save,
              PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        } else {
          Files.createFile(save);
        }
        Files.writeString(save, text + "\n", StandardOpenOption.WRITE);
      } catch (IOException e) {
        throw CliException.failed(
            "the token was made and cannot be written to %s: revoke it".formatted(save), e);
      }
    }
  }

  @Command(
      name = "list",
      mixinStandardHelpOptions = true,
      description = "Lists tokens, also those that expired or were revoked in the last 90 days.")
  static final class ListTokens implements Callable<Integer> {
    @ParentCommand private TokenCommand parent;
    @Mixin private ServerOptions server;
    @Mixin private OutputOptions output;

    @Override
    public Integer call() {
      return list(parent.main, server, output);
    }
  }

  @Command(
      name = "revoke",
      mixinStandardHelpOptions = true,
      description = "Makes a token worthless, for good.")
  static final class Revoke implements Callable<Integer> {
    @ParentCommand private TokenCommand parent;
    @Mixin private ServerOptions server;
    @Mixin private OutputOptions output;
    @Mixin private IdempotencyOption idempotency;

    @Parameters(paramLabel = "ID", description = "12 hex digits, as 'fewstep token list' shows")
    private String id;

    @Override
    public Integer call() {
      Main main = parent.main;
      JsonNode answer =
          decided(
              server
                  .client(main.settings())
                  .post(
                      TOKENS + "/" + ApiClient.encode(id) + ":revoke",
                      "application/json",
                      "{}",
                      idempotency.key()));
      if (output.format() == OutputFormat.table) {
        main.out().println("token " + answer.path("id").asText() + ": revoked");
      } else {
        output.output(main).object(answer);
      }
      return ExitCodes.OK;
    }
  }

  @Command(
      name = "show",
      mixinStandardHelpOptions = true,
      description = "Shows as whom the server knows you, and what you may do.")
  static final class Show implements Callable<Integer> {
    @ParentCommand private TokenCommand parent;
    @Mixin private ServerOptions server;
    @Mixin private OutputOptions output;

    @Override
    public Integer call() {
      Main main = parent.main;
      JsonNode caller = server.client(main.settings()).get("/api/v1/caller");
      if (output.format() == OutputFormat.table) {
        main.out()
            .printf(
                "%s: %s of %s%s%n",
                caller.path("name").asText(),
                caller.path("role").asText().toLowerCase(java.util.Locale.ROOT),
                caller.path("projects").isEmpty() ? "every project" : projects(caller),
                caller.path("tokensRequired").asBoolean() ? "" : " (no tokens are required)");
      } else {
        output.output(main).object(caller);
      }
      return ExitCodes.OK;
    }
  }
}
