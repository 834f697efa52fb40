package dev.fewstep.chaos;

import static java.util.Objects.requireNonNull;

import dev.fewstep.chaos.check.Audit;
import dev.fewstep.chaos.check.Findings;
import dev.fewstep.chaos.check.HistoryChecker;
import dev.fewstep.chaos.check.HistoryTail;
import dev.fewstep.chaos.cluster.Cluster;
import dev.fewstep.chaos.cluster.Injector;
import dev.fewstep.chaos.cluster.Node;
import dev.fewstep.chaos.cluster.Shape;
import dev.fewstep.chaos.fault.Fault;
import dev.fewstep.chaos.fault.Schedule;
import dev.fewstep.chaos.load.Api;
import dev.fewstep.chaos.load.Load;
import dev.fewstep.schemas.Json;
import dev.fewstep.worker.artifact.S3ArtifactStore;
import dev.fewstep.worker.tensor.TorchEngine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One run: an installation, load, faults, calm, checks, report. Everything that it saw stays in its
 * directory.
 */
final class ChaosRun {
  private static final Logger LOG = LoggerFactory.getLogger(ChaosRun.class);
  private static final Duration PARTIAL = Duration.ofSeconds(30);

  /**
   * What a run is told.
   *
   * @param shape of the installation
   * @param seed of the schedule
   * @param faults how many
   * @param tasks how many must at least end
   * @param pause mean time between faults
   * @param trials trials of an experiment of short finetunes
   * @param most time after which no fault is begun and nothing is submitted
   * @param settle time that the tasks have to end when it is calm
   * @param compare time for comparing finetunes
   * @param commit what was built
   */
  record Settings(
      Shape shape,
      long seed,
      int faults,
      int tasks,
      Duration pause,
      int trials,
      Duration most,
      Duration settle,
      Duration compare,
      String commit) {
    Settings {
      requireNonNull(shape, "shape");
      requireNonNull(pause, "pause");
      requireNonNull(most, "most");
      requireNonNull(settle, "settle");
      requireNonNull(compare, "compare");
      requireNonNull(commit, "commit");
    }
  }

  private final Settings settings;
  private final Progress progress;
  private final Findings findings = new Findings();
  private final HistoryChecker checker = new HistoryChecker(findings);
  private final Instant began = Instant.now();
  private final AtomicBoolean faultsOver = new AtomicBoolean();
  private volatile Optional<Audit.Comparison> comparison = Optional.empty();
  private volatile int artifacts;

  ChaosRun(Settings settings, Progress progress) {
    this.settings = requireNonNull(settings, "settings");
    this.progress = requireNonNull(progress, "progress");
  }

  /** Runs and returns the report; the directory must not be used by another. */
  Report run() throws IOException, InterruptedException {
    Path directory = settings.shape().directory();
    Files.createDirectories(directory);
    TorchEngine.setThreads(1);
    progress.say("starting " + settings.shape());
    try (Cluster cluster = Cluster.start(settings.shape());
        HistoryTail tail =
            HistoryTail.start(
                cluster.bootstrap(), directory.resolve("history.jsonl.gz"), checker, findings);
        S3ArtifactStore store = new S3ArtifactStore(cluster.storeSettings());
        Injector injector = new Injector(cluster, checker::holders)) {
      if (!cluster.hasDisks()) {
        progress.say("NO DISK CAN BE MOUNTED HERE: no disk will be filled");
      }
      Api api = new Api(cluster.apis());
      Load load = new Load(api, checker, findings, settings.trials());
      load.prepare(directory.resolve("inputs"));
      breakIt(cluster, injector, load);
      progress.say("calming down");
      cluster.calm();
      settle(tail);
      Thread.sleep(settings.shape().presence().toMillis());
      boolean whole = tail.awaitDrained(Duration.ofSeconds(60));
      findings.check(
          whole,
          dev.fewstep.chaos.check.Invariant.HISTORY_WHOLE,
          "tail",
          -1,
          "the end of the topics was not reached");
      checker.end();
      Audit audit = new Audit(checker, findings, store, directory.resolve("audit"));
      audit.submissions(load.submitted());
      progress.say("comparing the replicas with a replay");
      audit.replicas(cluster.bootstrap(), api);
      progress.say("fetching artifacts");
      artifacts = audit.artifacts(done -> progress.at("artifacts", done));
      progress.say("running interrupted finetunes again");
      comparison =
          Optional.of(audit.finetunes(settings.compare(), done -> progress.at("finetunes", done)));
      Report report = report(cluster, injector);
      write(directory, report, injector, false);
      return report;
    }
  }

  /** Load and faults side by side, until both are enough. */
  private void breakIt(Cluster cluster, Injector injector, Load load) throws InterruptedException {
    Shape shape = settings.shape();
    List<Fault> schedule =
        Schedule.of(
            settings.seed(),
            settings.faults(),
            new Schedule.Shape(
                shape.workers(),
                shape.brokers(),
                cluster.hasDisks(),
                settings.pause(),
                shape.lease(),
                shape.session()));
    Thread submitting = thread("chaos-load", () -> load.run(this::wantsLoad));
    Thread watching = thread("chaos-partial", () -> watch(cluster, injector));
    injector.run(schedule, this::inTime);
    faultsOver.set(true);
    submitting.join();
    watching.interrupt();
    watching.join();
  }

  private boolean inTime() {
    return Duration.between(began, Instant.now()).compareTo(settings.most()) < 0;
  }

  private boolean wantsLoad() {
    return inTime() && (!faultsOver.get() || checker.ended() < settings.tasks());
  }

  /** What a thread of the run does. */
  private interface Work {
    void run() throws InterruptedException;
  }

  private static Thread thread(String name, Work work) {
    Thread thread =
        new Thread(
            () -> {
              try {
                work.run();
              } catch (InterruptedException e) {
                LOG.debug("{} ends", name);
              } catch (RuntimeException e) {
                LOG.error("{} failed", name, e);
              }
            },
            name);
    thread.setDaemon(true);
    thread.start();
    return thread;
  }

  /** Shows progress and keeps a table, so that a run that is cut leaves evidence. */
  private void watch(Cluster cluster, Injector injector) throws InterruptedException {
    long written = System.nanoTime();
    while (true) {
      progress.faults(injector.done().size(), checker.ended(), checker.open());
      if (System.nanoTime() - written > PARTIAL.toNanos()) {
        written = System.nanoTime();
        try {
          write(settings.shape().directory(), report(cluster, injector), injector, true);
        } catch (IOException e) {
          LOG.warn("No table could be kept", e);
        }
      }
      Thread.sleep(500);
    }
  }

  private void settle(HistoryTail tail) throws InterruptedException {
    long deadline = System.nanoTime() + settings.settle().toNanos();
    long quiet = 0;
    while (System.nanoTime() < deadline && quiet < 4) {
      boolean done = checker.open() == 0 && tail.awaitDrained(Duration.ofSeconds(5));
      quiet = done ? quiet + 1 : 0;
      progress.settling(checker.ended(), checker.open());
      Thread.sleep(500);
    }
  }

  private Report report(Cluster cluster, Injector injector) {
    Map<String, Integer> crashes = new TreeMap<>();
    for (Node node : cluster.nodes()) {
      if (node.crashes() > 0) {
        crashes.put(node.name(), node.crashes());
      }
    }
    return new Report(
        settings.seed(),
        settings.shape(),
        cluster.hasDisks(),
        Duration.between(began, Instant.now()),
        injector.done(),
        checker,
        findings,
        comparison,
        artifacts,
        crashes,
        "Commit " + settings.commit() + "; " + Machine.words() + "; begun " + began + ".");
  }

  private void write(Path directory, Report report, Injector injector, boolean partial)
      throws IOException {
    Files.writeString(
        directory.resolve(partial ? "partial.md" : "report.md"), report.markdown(partial));
    Files.write(
        directory.resolve("faults.jsonl"), injector.done().stream().map(Json::toText).toList());
    Files.write(
        directory.resolve("violations.jsonl"),
        findings.violations().stream().map(Json::toText).toList());
  }
}
