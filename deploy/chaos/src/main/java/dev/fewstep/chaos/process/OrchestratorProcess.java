package dev.fewstep.chaos.process;

import dev.fewstep.orchestrator.Orchestrator;
import dev.fewstep.orchestrator.OrchestratorConfig;
import dev.fewstep.orchestrator.api.HttpSettings;
import dev.fewstep.orchestrator.experiment.Settings;
import dev.fewstep.orchestrator.log.KafkaSettings;
import dev.fewstep.orchestrator.log.LeaderStatus;
import dev.fewstep.store.S3Settings;
import java.net.URI;
import java.time.Duration;
import java.util.Map;

/** A replica of the orchestrator, the product's own, with short times and a clock that moves. */
public final class OrchestratorProcess {
  private static final Duration WATCH = Duration.ofMillis(50);

  private OrchestratorProcess() {}

  /**
   * Runs until told to stop and tells the phases of its leadership.
   *
   * @param args {@code bootstrap}, {@code replication}, {@code store}, {@code port} and, in
   *     milliseconds, {@code lease}, {@code presence}, {@code dispatch}, {@code lock}, {@code
   *     session}; the store's keys are in the environment
   */
  public static void main(String[] args) throws Exception {
    Child child = new Child(args);
    Settings usual = Settings.defaults();
    Settings decisions =
        new Settings(
            child.millis("lease"),
            child.millis("presence"),
            child.millis("dispatch"),
            Duration.ofSeconds(5),
            usual.outcomeRetention(),
            child.number("poison"),
            usual.planChunk(),
            usual.moveChunk());
    OrchestratorConfig config =
        new OrchestratorConfig(
            new KafkaSettings(
                child.text("bootstrap"),
                child.number("replication"),
                child.millis("session"),
                Duration.ofMinutes(2),
                Map.of()),
            new S3Settings(
                URI.create(child.text("store")),
                "us-east-1",
                "fewstep",
                System.getenv("AWS_ACCESS_KEY_ID"),
                System.getenv("AWS_SECRET_ACCESS_KEY")),
            HttpSettings.of("127.0.0.1", child.number("port")),
            decisions,
            child.millis("lock"));
    Orchestrator orchestrator = Orchestrator.start(config, child.clock());
    Thread watch = new Thread(() -> watch(orchestrator, child), "chaos-watch");
    watch.setDaemon(true);
    watch.start();
    child.tell("READY", orchestrator.port());
    child.serve(orchestrator);
  }

  private static void watch(Orchestrator orchestrator, Child child) {
    LeaderStatus.Phase told = LeaderStatus.Phase.CLOSED;
    try {
      while (true) {
        LeaderStatus.Phase now = orchestrator.leadership().phase();
        if (now != told) {
          told = now;
          child.tell("PHASE", now);
        }
        Thread.sleep(WATCH.toMillis());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
