package dev.fewstep.orchestrator;

import dev.fewstep.orchestrator.log.KafkaSettings;
import dev.fewstep.orchestrator.log.LeaderStatus.Phase;
import dev.fewstep.orchestrator.log.TermListener.Stage;
import dev.fewstep.schemas.Json;
import dev.fewstep.store.S3Settings;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A replica in a JVM of its own, which is stopped as a whole (SIGSTOP): neither its heartbeats nor
 * its sender go on. Commands go in by lines and answers come out by lines.
 */
final class FrozenProcess implements Replica {
  private static final String ANSWER = "ANSWER ";

  private final Process process;
  private final Writer input;
  private final BufferedReader output;

  /** Starts a replica; its settings are those of a test's stack. */
  FrozenProcess(OrchestratorConfig config, Optional<Stage> hold) {
    try {
      process =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "-XX:TieredStopAtLevel=1",
                  "-XX:+UseSerialGC",
                  "-Xmx300m",
                  "-cp",
                  System.getProperty("java.class.path"),
                  FrozenProcess.class.getName())
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    input = process.outputWriter(StandardCharsets.UTF_8);
    output = process.inputReader(StandardCharsets.UTF_8);
    ask(Json.toText(Start.of(config, hold)));
  }

  /** What the child is told first. */
  record Start(
      String kafka,
      Duration session,
      Duration poll,
      URI endpoint,
      String accessKey,
      String secretKey,
      Optional<Stage> hold) {
    static Start of(OrchestratorConfig config, Optional<Stage> hold) {
      return new Start(
          config.kafka().bootstrapServers(),
          config.kafka().sessionTimeout(),
          config.kafka().maxPollInterval(),
          config.store().endpoint(),
          config.store().accessKey(),
          config.store().secretKey(),
          hold);
    }

    OrchestratorConfig config() {
      S3Settings store = new S3Settings(endpoint, "us-east-1", "fewstep", accessKey, secretKey);
      return OrchestratorConfig.of(
              new KafkaSettings(kafka, 1, session, poll, Map.of()), store, "127.0.0.1", 0)
          .withDecisions(ZombieLeaderTest.PATIENT);
    }
  }

  /** The child. */
  public static void main(String[] arguments) throws IOException {
    PrintStream answers = System.out;
    BufferedReader lines =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    Start start = Json.fromBytes(lines.readLine().getBytes(StandardCharsets.UTF_8), Start.class);
    try (HeldReplica replica = new HeldReplica(start.config(), start.hold())) {
      answers.println(ANSWER);
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        String[] words = line.split(" ");
        String answer =
            switch (words[0]) {
              case "hold" -> {
                replica.holdAt(Stage.valueOf(words[1]));
                yield "";
              }
              case "held" -> Boolean.toString(replica.held());
              case "go" -> {
                replica.letGo();
                yield "";
              }
              case "trace" -> String.join(" ", replica.trace().stream().map(Stage::name).toList());
              case "phase" -> replica.phase().name();
              case "ready" -> Boolean.toString(replica.ready());
              case "address" -> replica.address().toString();
              case "digest" -> replica.digest();
              default -> throw new IllegalArgumentException(line);
            };
        answers.println(ANSWER + answer);
      }
    }
  }

  private void tell(String line) {
    try {
      input.write(line + "\n");
      input.flush();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private String answer() {
    try {
      for (String line = output.readLine(); line != null; line = output.readLine()) {
        if (line.startsWith(ANSWER)) {
          return line.substring(ANSWER.length());
        }
        System.out.println("child: " + line);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    throw new AssertionError("the child has ended");
  }

  private String ask(String line) {
    tell(line);
    return answer();
  }

  private void signal(String name) {
    try {
      int code =
          new ProcessBuilder("kill", "-" + name, Long.toString(process.pid()))
              .inheritIO()
              .start()
              .waitFor();
      if (code != 0) {
        throw new AssertionError("kill -" + name + " ended with " + code);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  @Override
  public void holdAt(Stage stage) {
    ask("hold " + stage);
  }

  @Override
  public boolean held() {
    return Boolean.parseBoolean(ask("held"));
  }

  @Override
  public void freeze() {
    signal("STOP");
  }

  @Override
  public void letGo() {
    tell("go");
    signal("CONT");
    String unused = answer();
  }

  @Override
  public List<Stage> trace() {
    return Stream.of(ask("trace").split(" "))
        .filter(word -> !word.isEmpty())
        .map(Stage::valueOf)
        .toList();
  }

  @Override
  public Phase phase() {
    return Phase.valueOf(ask("phase"));
  }

  @Override
  public boolean ready() {
    return Boolean.parseBoolean(ask("ready"));
  }

  @Override
  public URI address() {
    return URI.create(ask("address"));
  }

  @Override
  public String digest() {
    return ask("digest");
  }

  @Override
  public void close() {
    process.destroyForcibly();
    try {
      input.close();
    } catch (IOException e) {
      // It is dead: nothing was left to be written.
    }
  }
}
