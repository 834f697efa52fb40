package dev.fewstep.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fewstep.embedded.EmbeddedOptions;
import dev.fewstep.embedded.EmbeddedStack;
import dev.fewstep.orchestrator.Orchestrator;
import dev.fewstep.orchestrator.OrchestratorConfig;
import dev.fewstep.orchestrator.access.AccessSettings;
import dev.fewstep.orchestrator.api.HttpSettings;
import dev.fewstep.orchestrator.log.KafkaSettings;
import dev.fewstep.schemas.Json;
import dev.fewstep.store.S3Settings;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tokens on the command line, of a server that requires them. */
class TokenVerbsTest {
  private static final String ADMIN = "an-operators-own-token-of-the-test-0123456789";

  @TempDir static Path folder;
  private static EmbeddedStack stack;
  private static Orchestrator orchestrator;
  private static Path adminFile;

  @BeforeAll
  static void start() throws Exception {
    adminFile = Files.writeString(folder.resolve("admin"), ADMIN + "\n");
    stack = EmbeddedStack.start(folder.resolve("data"), EmbeddedOptions.anyPorts());
    orchestrator =
        Orchestrator.start(
            OrchestratorConfig.of(
                KafkaSettings.of(stack.bootstrapServers(), 1),
                new S3Settings(
                    stack.s3Endpoint(),
                    "us-east-1",
                    "fewstep",
                    stack.s3AccessKey(),
                    stack.s3SecretKey()),
                HttpSettings.of("127.0.0.1", 0, AccessSettings.required(ADMIN))));
    while (!orchestrator.ready()) {
      Thread.sleep(50);
    }
  }

  @AfterAll
  static void stop() {
    if (orchestrator != null) {
      orchestrator.close();
    }
    stack.close();
  }

  private static ProgramRun run(Map<String, String> more, String... arguments) throws Exception {
    Map<String, String> environment = new HashMap<>(more);
    environment.put(
        "FEWSTEP_CONFIG", Files.writeString(folder.resolve("config.yaml"), "").toString());
    environment.put("FEWSTEP_SERVER_URL", orchestrator.address().toString());
    environment.put("NO_COLOR", "1");
    return ProgramRun.of(environment, arguments);
  }

  private static Map<String, String> admin() {
    return Map.of("FEWSTEP_TOKEN_FILE", adminFile.toString());
  }

  @Test
  void aTokenIsMadeUsedListedAndRevoked() throws Exception {
    assertThat(run(Map.of(), "ls").err()).contains("A token is required");
    assertThat(run(Map.of("FEWSTEP_TOKEN", "not it"), "ls").exitCode()).isNotZero();
    ProgramRun made =
        run(admin(), "token", "create", "ci", "--role", "viewer", "--project", "alpha");
    assertThat(made.exitCode()).as(made.err()).isZero();
    String token = made.out().strip();
    assertThat(token).matches("fst_[0-9a-f]{12}_[A-Za-z0-9_-]{43}");
    assertThat(made.err()).contains("viewer of alpha").doesNotContain(token);

    Map<String, String> holder = Map.of("FEWSTEP_TOKEN", token);
    assertThat(run(holder, "ls").exitCode()).isZero();
    assertThat(run(holder, "token", "show").out()).isEqualTo("ci: viewer of alpha\n");
    assertThat(run(holder, "token", "list").err()).contains("role admin");
    assertThat(run(holder, "config").out()).doesNotContain(token);

    JsonNode listed = Json.messages().readTree(run(admin(), "token", "list", "-o", "json").out());
    assertThat(listed.toString()).contains(token.substring(4, 16)).doesNotContain(token);
    assertThat(run(admin(), "token", "revoke", token.substring(4, 16)).out()).contains("revoked");
    assertThat(run(holder, "ls").err()).contains("A token is required");
    assertThat(run(admin(), "token").out()).contains("REVOKED");
    ProgramRun audit = run(admin(), "audit", "--limit", "500");
    assertThat(audit.out()).contains("createToken").contains("revokeToken").contains("operator");
    assertThat(audit.out()).doesNotContain(token);
    assertThat(run(holder, "audit").exitCode()).isNotZero();
  }

  @Test
  void aTokenIsSavedWhereOnlyItsOwnerReads() throws Exception {
    Path file = folder.resolve("saved");
    ProgramRun made =
        run(
            admin(),
            "token",
            "create",
            "ann",
            "--role",
            "submitter",
            "--save",
            file.toString(),
            "-o",
            "json");
    assertThat(made.exitCode()).as(made.err()).isZero();
    assertThat(made.out()).doesNotContain("fst_").contains("SUBMITTER");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
    assertThat(run(Map.of(), "token", "show", "--token-file", file.toString()).out())
        .isEqualTo("ann: submitter of every project\n");
    assertThat(
            run(admin(), "token", "create", "b", "--role", "viewer", "--save", file.toString())
                .err())
        .contains("exists already");
  }

  @Test
  void aServerOffLoopbackSaysWhatToSet() throws Exception {
    ProgramRun refused = run(Map.of(), "server", "--host", "0.0.0.0", "--port", "0");
    assertThat(refused.exitCode()).isEqualTo(ExitCodes.USAGE);
    assertThat(refused.err()).contains("FEWSTEP_ADMIN_TOKEN_FILE").contains("--insecure");
    ProgramRun weak =
        run(Map.of("FEWSTEP_ADMIN_TOKEN", "weak"), "server", "--host", "0.0.0.0", "--port", "0");
    assertThat(weak.err()).contains("at least 32 characters").doesNotContain("weak");
  }
}
