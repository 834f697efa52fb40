package dev.fewstep.orchestrator;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fewstep.orchestrator.access.AccessSettings;
import dev.fewstep.orchestrator.access.Permissions;
import dev.fewstep.orchestrator.access.Permissions.Reach;
import dev.fewstep.orchestrator.api.HttpSettings;
import dev.fewstep.schemas.AccessRole;
import dev.fewstep.schemas.Json;
import dev.fewstep.schemas.spec.ExperimentSpecs;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Date;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.UUID;
import java.util.stream.Collectors;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Every operation of the contract, asked for by everybody: the matrix of roles. */
class AccessTest {
  private static final String ADMIN = "an-operators-own-token-of-the-test-0123456789";
  private static final String API = "/api/v1";
  private static TestStack stack;
  private static Orchestrator orchestrator;
  private static ApiClient client;
  private static final MovableClock CLOCK = new MovableClock();

  private static LocalIssuer issuer;

  private static final Map<String, String> TOKENS = new LinkedHashMap<>();
  private static String alpha;
  private static String beta;
  private static String betaTask;
  private static String betaArtifact;
  private static JsonNode contract;

  /** The system's clock, which a test may put forward. */
  private static final class MovableClock extends Clock {
    private volatile long ahead;

    @Override
    public ZoneId getZone() {
      return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
      return this;
    }

    @Override
    public Instant instant() {
      return Instant.now().plusSeconds(ahead);
    }
  }

  @BeforeAll
  static void start() throws Exception {
    issuer = new LocalIssuer();
    stack = new TestStack();
    orchestrator =
        Orchestrator.start(
            OrchestratorConfig.of(
                stack.kafka(),
                stack.store(),
                HttpSettings.of(
                    "127.0.0.1",
                    0,
                    AccessSettings.required(ADMIN)
                        .withOidc(
                            Optional.of(
                                issuer.settings(
                                    "readers=viewer, alpha-readers=viewer:alpha,"
                                        + " makers=submitter, alpha-makers=submitter:alpha,"
                                        + " masters=admin"))))),
            CLOCK);
    TestStack.await("a leader", orchestrator::ready);
    client = new ApiClient(orchestrator.address());
    for (String name : new String[] {"train", "test"}) {
      upload(name, "DATASET", ("PK archive " + name).getBytes(StandardCharsets.UTF_8));
    }
    upload("ddpm", "WEIGHTS", ApiClient.safetensors("ddpm"));
    upload("small", "EXTRACTOR", ApiClient.safetensors("small"));
    upload("wide", "EXTRACTOR", ApiClient.safetensors("wide"));
    TOKENS.put("viewer of alpha", token("viewer", "alpha"));
    TOKENS.put("submitter of alpha", token("submitter", "alpha"));
    TOKENS.put("viewer", token("viewer"));
    TOKENS.put("submitter", token("submitter"));
    TOKENS.put("admin", token("admin"));
    TOKENS.put("person, viewer of alpha", issuer.token("alpha-readers"));
    TOKENS.put("person, submitter of alpha", issuer.token("alpha-makers"));
    TOKENS.put("person, viewer", issuer.token("readers"));
    TOKENS.put("person, submitter", issuer.token("makers"));
    TOKENS.put("person, admin", issuer.token("masters"));
    alpha = submitted("alpha", TOKENS.get("submitter of alpha"));
    beta = submitted("beta", TOKENS.get("submitter"));
    for (String project : List.of("alpha", "beta")) {
      ObjectNode body = Json.messages().createObjectNode().put("cron", "0 2 1 1 *");
      body.set(
          "experiment",
          Json.toTree(ExperimentSpecs.parse("s.yaml", spec("s-" + project, project))));
      assertThat(ask("PUT", "/schedules/s-" + project, body.toString(), ADMIN)).isEqualTo(200);
    }
    TestStack.await("planned tasks", () -> !tasks(beta, "FINETUNE").isEmpty());
    betaTask = tasks(beta, "FINETUNE").get(0);
    betaArtifact = "ab".repeat(32);
    contract = json(send("GET", "/openapi.json", "", ADMIN)).path("paths");
  }

  @AfterAll
  static void stop() {
    if (orchestrator != null) {
      orchestrator.close();
    }
    stack.close();
    issuer.close();
  }

  private static List<String> tasks(String experiment, String kind) {
    List<String> keys = new ArrayList<>();
    json(send("GET", "/tasks?experiment=" + experiment, "", ADMIN))
        .path("items")
        .forEach(
            task -> {
              if (task.path("kind").asText().equals(kind)) {
                keys.add(task.path("key").asText());
              }
            });
    return keys;
  }

  private static String spec(String name, String project) {
    return ApiClient.SPEC
        .replace("{name: NAME}", "{name: " + name + ", project: " + project + "}")
        .replace("[4, 5]", project.equals("alpha") ? "[4, 5]" : "[6, 7]")
        .replace("baseSteps: [10]", project.equals("alpha") ? "baseSteps: [10]" : "baseSteps: [9]");
  }

  private static void upload(String name, String kind, byte[] content) {
    HttpResponse<byte[]> response;
    do {
      response =
          client.send(
              request("/inputs/" + name + "/content?kind=" + kind, ADMIN)
                  .header("Content-Type", "application/octet-stream")
                  .PUT(BodyPublishers.ofByteArray(content)));
    } while (response.statusCode() == 202);
    assertThat(response.statusCode()).isIn(200, 201);
  }

  private static HttpRequest.Builder request(String path, String token) {
    HttpRequest.Builder request = client.request(API + path);
    return token.isEmpty() ? request : request.header("Authorization", "Bearer " + token);
  }

  private static HttpResponse<byte[]> send(String method, String path, String body, String token) {
    UUID key = UUID.randomUUID();
    HttpResponse<byte[]> response;
    do {
      response =
          client.send(
              request(path, token)
                  .header(
                      "Content-Type",
                      path.endsWith("/content?kind=WEIGHTS")
                          ? "application/octet-stream"
                          : "application/json")
                  .header("Idempotency-Key", key.toString())
                  .method(method, BodyPublishers.ofString(body)));
    } while (response.statusCode() == 202 && json(response).has("commandId"));
    return response;
  }

  private static int ask(String method, String path, String body, String token) {
    return send(method, path, body, token).statusCode();
  }

  private static JsonNode json(HttpResponse<byte[]> response) {
    return ApiClient.json(response);
  }

  private static JsonNode created(String role, String expiresAt, String... projects) {
    ObjectNode body =
        Json.messages().createObjectNode().put("name", role + " ann").put("role", role);
    body.set("projects", Json.toTree(projects));
    if (!expiresAt.isEmpty()) {
      body.put("expiresAt", expiresAt);
    }
    HttpResponse<byte[]> response = send("POST", "/tokens", body.toString(), ADMIN);
    assertThat(response.statusCode())
        .as(new String(response.body(), StandardCharsets.UTF_8))
        .isEqualTo(201);
    return json(response);
  }

  private static String token(String role, String... projects) {
    return created(role, "", projects).path("token").asText();
  }

  private static String submitted(String project, String token) {
    HttpResponse<byte[]> response =
        send(
            "POST",
            "/experiments",
            Json.toTree(ExperimentSpecs.parse("s.yaml", spec("of-" + project, project))).toString(),
            token);
    assertThat(response.statusCode())
        .as(new String(response.body(), StandardCharsets.UTF_8))
        .isEqualTo(201);
    return json(response).path("id").asText();
  }

  /** An operation of the contract, about what belongs to beta. */
  private record Operation(String id, String method, String path, String body) {
    /** The same path of what is not there. */
    String absent() {
      return path.replace(beta, "none-00000000")
          .replace(betaTask, "0".repeat(64))
          .replace("s-beta", "s-none")
          .replace("/beta", "/none");
    }
  }

  private static List<Operation> operations() {
    List<Operation> operations = new ArrayList<>();
    contract
        .properties()
        .forEach(
            path ->
                path.getValue()
                    .properties()
                    .forEach(
                        method -> {
                          String id = method.getValue().path("operationId").asText();
                          operations.add(
                              new Operation(
                                  id,
                                  method.getKey().toUpperCase(java.util.Locale.ROOT),
                                  filled(id, path.getKey()),
                                  body(id)));
                        }));
    return operations;
  }

  private static String filled(String id, String path) {
    String at =
        path.replace("{experimentId}", beta)
            .replace("{trial}", "0")
            .replace("{taskKey}", betaTask)
            .replace("{sha256}", betaArtifact)
            .replace("{project}", "beta")
            .replace("{schedule}", "s-beta")
            .replace("{inputName}", "x")
            .replace("{panel}", "x")
            .replace("{tokenId}", "000000000000")
            .replaceAll("\\{(jobId|workerId|commandId)}", UUID.randomUUID().toString());
    return switch (id) {
      case "listTasks" -> at + "?experiment=" + beta;
      case "uploadInput" -> at + "?kind=WEIGHTS";
      case "streamEvents" -> at + "?experiment=" + beta;
      default -> at;
    };
  }

  private static String body(String id) {
    String spec = Json.toTree(ExperimentSpecs.parse("s.yaml", spec("more", "beta"))).toString();
    return switch (id) {
      case "submitExperiment", "planExperiment", "resubmitExperiment" -> spec;
      case "extendExperiment" -> "{\"iterations\": 10}";
      case "setSchedule" -> "{\"cron\": \"0 2 * * *\", \"experiment\": " + spec + "}";
      case "acceptBenchmark" -> "{\"experimentId\": \"" + beta + "\"}";
      case "registerInput" ->
          "{\"name\": \"x\", \"artifact\": {\"kind\": \"INPUT\", \"name\": \"x\", \"bytes\": 1,"
              + " \"sha256\": \""
              + "0".repeat(64)
              + "\"}}";
      case "signIn" -> "{\"token\": \"" + ADMIN + "\"}";
      case "createToken" -> "{\"name\": \"x\", \"role\": \"admin\"}";
      case "repair" -> "{\"repairs\": []}";
      case "collectGarbage", "verifyArtifacts", "setProject" -> "{}";
      default -> "";
    };
  }

  @Test
  void theTableSaysWhoMayDoEveryOperationAndNothingElse() {
    assertThat(new TreeSet<>(Permissions.operations()))
        .isEqualTo(operations().stream().map(Operation::id).collect(Collectors.toSet()));
  }

  @Test
  void nobodyGetsAnythingWithoutAGoodToken() throws Exception {
    Map<String, String> bad = new LinkedHashMap<>();
    bad.put("none", "");
    String soon = CLOCK.instant().plusSeconds(3000).toString();
    for (String role : List.of("viewer", "submitter", "admin")) {
      String brief = created(role, soon).path("token").asText();
      String revoked = token(role);
      assertThat(ask("GET", "/caller", "", brief)).isEqualTo(200);
      assertThat(ask("GET", "/caller", "", revoked)).isEqualTo(200);
      for (int i = 0; i < 2; i++) {
        assertThat(ask("POST", "/tokens/" + revoked.substring(4, 16) + ":revoke", "", ADMIN))
            .isEqualTo(200);
      }
      bad.put("an expired " + role + "'s", brief);
      bad.put("a revoked " + role + "'s", revoked);
    }
    bad.put(
        "a person's that has expired",
        issuer.token(claims -> claims.expirationTime(Date.from(Instant.EPOCH))));
    bad.put("a person's of no group that may anything", issuer.token("strangers"));
    bad.put("a person's of another issuer", issuer.foreign("masters"));
    bad.put("made up", "fst_000000000000_" + "A".repeat(43));
    bad.put("another's digits", ADMIN + "0");
    CLOCK.ahead = 3001;
    try {
      for (Operation operation : operations()) {
        bad.forEach(
            (what, token) -> {
              String body =
                  operation.id().equals("signIn")
                      ? "{\"token\": \"" + token + "\"}"
                      : operation.body();
              HttpResponse<byte[]> response =
                  send(operation.method(), operation.path(), body, token);
              assertThat(response.statusCode())
                  .as(operation + " with a token that is " + what)
                  .isEqualTo(401);
              assertThat(response.headers().firstValue("WWW-Authenticate")).isPresent();
            });
      }
      assertThat(ask("GET", "/no-such-path", "", "")).isEqualTo(401);
    } finally {
      CLOCK.ahead = 0;
    }
    JsonNode listed = json(send("GET", "/tokens", "", ADMIN));
    assertThat(listed.toString()).doesNotContain("sha256").doesNotContain("\"token\"");
    assertThat(listed.toString()).contains("REVOKED").contains("VALID");
  }

  /** What beta owns is not there for alpha; what needs a higher role is refused to all below it. */
  @Test
  void everyOperationAsksForItsRoleAndItsProject() {
    Map<String, AccessRole> roles = new LinkedHashMap<>();
    for (String person : List.of("", "person, ")) {
      roles.put(person + "viewer of alpha", AccessRole.VIEWER);
      roles.put(person + "submitter of alpha", AccessRole.SUBMITTER);
      roles.put(person + "viewer", AccessRole.VIEWER);
      roles.put(person + "submitter", AccessRole.SUBMITTER);
      roles.put(person + "admin", AccessRole.ADMIN);
    }
    assertThat(roles.keySet()).isEqualTo(TOKENS.keySet());
    SoftAssertions all = new SoftAssertions();
    for (Operation operation : operations()) {
      Permissions.Rule rule = Permissions.of(operation.id());
      for (Map.Entry<String, AccessRole> one : roles.entrySet()) {
        boolean scoped = one.getKey().endsWith("alpha");
        boolean may = one.getValue().covers(rule.role());
        if (operation.id().equals("streamEvents") && !scoped) {
          continue; // Does not end: see what is streamed below.
        }
        // Who may change it all asks about what is not there: the others ask about it too.
        boolean changes = may && !scoped && !operation.method().equals("GET");
        int status =
            ask(
                operation.method(),
                changes ? operation.absent() : operation.path(),
                operation.body(),
                TOKENS.get(one.getKey()));
        String what = operation.id() + " by a " + one.getKey();
        if (!may) {
          all.assertThat(status).as(what).isEqualTo(403);
        } else if (scoped && rule.reach() == Reach.BODY) {
          all.assertThat(status).as(what).isEqualTo(403);
        } else if (scoped
            && rule.reach() != Reach.EVERYBODY
            && (rule.reach() != Reach.FILTERED || operation.id().equals("streamEvents"))) {
          all.assertThat(status).as(what).isEqualTo(404);
        } else {
          all.assertThat(status).as(what).isNotIn(401, 403);
        }
      }
    }
    all.assertAll();
    assertThat(json(send("GET", "/experiments/" + beta, "", ADMIN)).path("state").asText())
        .isNotEqualTo("CANCELLED");
  }

  @Test
  void aScopedTokenGetsItsProjectsPartOfEveryListing() {
    String token = TOKENS.get("viewer of alpha");
    for (String listing :
        List.of(
            "/experiments",
            "/experiments?sort=name",
            "/experiments?q=of",
            "/schedules",
            "/projects",
            "/queue",
            "/archive",
            "/workers",
            "/nightly",
            "/nightly-report",
            "/results",
            "/results?format=json&project=beta")) {
      String seen = new String(send("GET", listing, "", token).body(), StandardCharsets.UTF_8);
      String all = new String(send("GET", listing, "", ADMIN).body(), StandardCharsets.UTF_8);
      assertThat(seen).as(listing).doesNotContain("beta");
      if (listing.contains("experiments") || listing.matches("/(schedules|projects|results)")) {
        assertThat(seen).as(listing).contains("alpha");
        assertThat(all).as(listing).contains("alpha").contains("beta");
      }
    }
    assertThat(ask("GET", "/experiments/" + alpha, "", token)).isEqualTo(200);
    // A task that both want is there for both, without the other's name.
    TestStack.await("a planned reference", () -> !tasks(alpha, "REFERENCE").isEmpty());
    String shared = tasks(alpha, "REFERENCE").get(0);
    assertThat(tasks(beta, "REFERENCE")).contains(shared);
    for (String path : List.of("/tasks/" + shared, "/tasks?experiment=" + alpha)) {
      String seen = new String(send("GET", path, "", token).body(), StandardCharsets.UTF_8);
      assertThat(seen).as(path).contains(alpha).doesNotContain(beta);
    }
    JsonNode caller = json(send("GET", "/caller", "", token));
    assertThat(caller.path("role").asText()).isEqualTo("VIEWER");
    assertThat(caller.path("projects").path(0).asText()).isEqualTo("alpha");
  }

  @Test
  void aSubmitterSteersItsProjectAndIsNamedByItsToken() {
    String token = TOKENS.get("submitter of alpha");
    String id = submitted("alpha", token);
    assertThat(json(send("GET", "/experiments/" + id, "", token)).path("submittedBy").asText())
        .isEqualTo("submitter ann");
    assertThat(ask("POST", "/experiments/" + id + ":cancel", "", TOKENS.get("viewer of alpha")))
        .isEqualTo(403);
    assertThat(ask("POST", "/experiments/" + id + ":cancel", "", token)).isEqualTo(200);
    // Into another project by a derived experiment.
    assertThat(
            ask(
                "POST",
                "/experiments/" + alpha + ":resubmit?dryRun=true",
                Json.toTree(ExperimentSpecs.parse("s.yaml", spec("over", "beta"))).toString(),
                token))
        .isEqualTo(403);
  }

  @Test
  void theSameCommandMakesOneTokenWhoseTextIsShownOnce() {
    String key = UUID.randomUUID().toString();
    List<JsonNode> answers = new ArrayList<>();
    while (answers.size() < 2) {
      HttpResponse<byte[]> response =
          client.send(
              request("/tokens", ADMIN)
                  .header("Content-Type", "application/json")
                  .header("Idempotency-Key", key)
                  .POST(BodyPublishers.ofString("{\"name\": \"ci\", \"role\": \"viewer\"}")));
      assertThat(response.statusCode()).isEqualTo(201);
      answers.add(json(response));
    }
    assertThat(answers.get(0).path("token").asText()).startsWith("fst_");
    assertThat(answers.get(1).has("token")).isFalse();
    assertThat(answers.get(1).path("id")).isEqualTo(answers.get(0).path("id"));
    for (String wrong :
        List.of(
            "{\"name\": \"\", \"role\": \"viewer\"}",
            "{\"name\": \"x\", \"role\": \"admin\", \"projects\": [\"alpha\"]}",
            "{\"name\": \"x\", \"role\": \"viewer\", \"projects\": [\"No Project\"]}",
            "{\"name\": \"x\", \"role\": \"viewer\", \"expiresAt\": \"2020-01-01T00:00:00Z\"}",
            "{\"name\": \"x\", \"role\": \"viewer\", \"expiresAt\": \"2999-01-01T00:00:00Z\"}",
            "{\"name\": \"x\", \"role\": \"owner\"}")) {
      assertThat(ask("POST", "/tokens", wrong, ADMIN)).as(wrong).isIn(400, 409, 422);
    }
    assertThat(ask("POST", "/tokens/ffffffffffff:revoke", "", ADMIN)).isEqualTo(409);
  }

  @Test
  void aStreamTellsAScopedTokenOfItsProjectOnlyAndEndsWhenTheTokenDoes() throws Exception {
    String token = token("viewer", "alpha");
    HttpResponse<InputStream> stream =
        client.http().send(request("/events", token).build(), BodyHandlers.ofInputStream());
    assertThat(stream.statusCode()).isEqualTo(200);
    StringBuilder text = new StringBuilder();
    Thread reader =
        new Thread(
            () -> {
              try (BufferedReader lines =
                  new BufferedReader(
                      new InputStreamReader(stream.body(), StandardCharsets.UTF_8))) {
                for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                  synchronized (text) {
                    text.append(line).append('\n');
                  }
                }
              } catch (IOException e) {
                // The server ended it.
              }
            });
    reader.start();
    String other = submitted("beta", ADMIN);
    String own = submitted("alpha", ADMIN);
    TestStack.await("its own experiment on the stream", () -> read(text).contains(own));
    assertThat(read(text)).doesNotContain(other).doesNotContain(beta);
    ask("POST", "/tokens/" + token.substring(4, 16) + ":revoke", "", ADMIN);
    TestStack.await("the stream's end", () -> !reader.isAlive());
  }

  @Test
  void whoAskedForWhatIsKeptForAdmins() {
    String token = TOKENS.get("submitter of alpha");
    String name = "audited-" + UUID.randomUUID();
    assertThat(ask("POST", "/experiments/" + name + ":cancel", "", token)).isEqualTo(404);
    assertThat(ask("POST", "/session", "{\"token\": \"guessed\"}", "")).isEqualTo(401);
    assertThat(ask("POST", "/session", "{\"token\": \"" + token + "\"}", "")).isEqualTo(200);
    TestStack.await(
        "the sign-in after " + name,
        () ->
            json(send("GET", "/audit?limit=3", "", ADMIN))
                .path("items")
                .path(2)
                .path("target")
                .asText()
                .contains(name));
    JsonNode found = json(send("GET", "/audit?limit=3", "", ADMIN));
    JsonNode good = found.path("items").path(0);
    assertThat(good.path("operation").asText()).isEqualTo("signIn");
    assertThat(good.path("caller").asText()).isEqualTo("submitter ann");
    assertThat(good.path("tokenId").asText()).isEqualTo(token.substring(4, 16));
    assertThat(good.path("from").asText()).isEqualTo("127.0.0.1");
    JsonNode bad = found.path("items").path(1);
    assertThat(bad.path("caller").asText()).isEqualTo("anonymous");
    assertThat(bad.path("status").asInt()).isEqualTo(401);
    JsonNode cancel = found.path("items").path(2);
    assertThat(cancel.path("operation").asText()).isEqualTo("cancelExperiment");
    assertThat(cancel.path("target").asText()).isEqualTo(API + "/experiments/" + name + ":cancel");
    assertThat(cancel.path("status").asInt()).isEqualTo(404);
    assertThat(UUID.fromString(cancel.path("commandId").asText())).isNotNull();
    assertThat(Instant.parse(cancel.path("at").asText())).isBefore(Instant.now().plusSeconds(3600));
    // Page by page, and nothing secret in any.
    String after = found.path("next").asText();
    assertThat(after).matches("[0-9]+");
    JsonNode page = json(send("GET", "/audit?limit=2&after=" + after, "", ADMIN));
    assertThat(page.path("items")).isNotEmpty();
    assertThat(page.path("items").path(0)).isNotEqualTo(cancel);
    assertThat(found.toString() + page).doesNotContain(token).doesNotContain("guessed");
  }

  @Test
  void nobodyAsksWithoutBound() {
    String token = token("viewer");
    HttpResponse<byte[]> last = send("GET", "/caller", "", token);
    int asked = 0;
    while (last.statusCode() != 429 && asked++ < 20_000) {
      last = send("DELETE", "/schedules/s-none", "", token);
      assertThat(last.statusCode()).isIn(403, 429);
    }
    assertThat(last.statusCode()).as("after " + asked).isEqualTo(429);
    assertThat(last.headers().firstValue("Retry-After").orElse("")).matches("[1-9][0-9]*");
    assertThat(ask("GET", "/caller", "", TOKENS.get("viewer"))).isEqualTo(200);

    // Guesses of tokens in the page, of each address.
    try {
      int status = 401;
      for (int i = 0; i < 1_000 && status == 401; i++) {
        status = ask("POST", "/session", "{\"token\": \"guess\"}", "");
      }
      assertThat(status).isEqualTo(429);
      CLOCK.ahead = 120;
      assertThat(ask("POST", "/session", "{\"token\": \"guess\"}", "")).isEqualTo(401);
    } finally {
      CLOCK.ahead = 0;
    }
  }

  private static String read(StringBuilder text) {
    synchronized (text) {
      return text.toString();
    }
  }

  @Test
  void whatOperatorsToolsAndBrowsersAskFirstIsOpen() {
    for (String path : List.of("/healthz", "/readyz", "/metrics", "/")) {
      assertThat(client.get(path).statusCode()).as(path).isEqualTo(200);
    }
  }

  @Test
  void aPersonSignsInWithTheProvidersTokenAndIsNoOperator() {
    HttpResponse<byte[]> answer =
        send(
            "POST",
            "/session",
            "{\"token\": \"" + TOKENS.get("person, viewer of alpha") + "\"}",
            "");
    assertThat(answer.statusCode()).isEqualTo(200);
    String cookie = answer.headers().firstValue("Set-Cookie").orElseThrow().split(";", 2)[0];
    JsonNode caller =
        json(client.send(client.request(API + "/caller").header("Cookie", cookie).GET()));
    assertThat(caller.path("role").asText()).isEqualTo("VIEWER");
    assertThat(caller.path("name").asText()).startsWith("oidc:ann (");
    assertThat(caller.path("projects").toString()).isEqualTo("[\"alpha\"]");
    HttpResponse<byte[]> other =
        client.send(client.request(API + "/experiments/" + beta).header("Cookie", cookie).GET());
    assertThat(other.statusCode()).isEqualTo(404);
    HttpResponse<byte[]> tokens =
        client.send(client.request(API + "/tokens").header("Cookie", cookie).GET());
    assertThat(tokens.statusCode()).isEqualTo(403);

    CLOCK.ahead = LocalIssuer.LIFE.toSeconds() + 1;
    try {
      HttpResponse<byte[]> later =
          client.send(client.request(API + "/caller").header("Cookie", cookie).GET());
      assertThat(later.statusCode()).as("after the token's end").isEqualTo(401);
    } finally {
      CLOCK.ahead = 0;
    }
  }

  @Test
  void aBodyThatComesWithAPersonsTokenIsReadWhole() {
    String project = "wide-" + "x".repeat(30);
    String spec =
        Json.toTree(ExperimentSpecs.parse("s.yaml", spec("of-a-person", project))).toString();
    String padded = " ".repeat(200_000) + spec;
    HttpResponse<byte[]> response =
        send("POST", "/experiments", padded, TOKENS.get("person, submitter"));
    assertThat(response.statusCode())
        .as(new String(response.body(), StandardCharsets.UTF_8))
        .isEqualTo(201);
    String id = json(response).path("id").asText();
    assertThat(json(send("GET", "/experiments/" + id, "", ADMIN)).path("submittedBy").asText())
        .startsWith("oidc:ann (");
  }
}
