package dev.fewstep.orchestrator.log;

import static java.util.Objects.requireNonNull;

import dev.fewstep.orchestrator.experiment.Check;
import dev.fewstep.orchestrator.experiment.Input;
import dev.fewstep.schemas.Artifact;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers the checks of one term off the leader's thread. A store that does not answer is asked
 * again until it does; answers of a term that is over reach nobody.
 */
final class ArtifactChecks {
  private static final Logger LOG = LoggerFactory.getLogger(ArtifactChecks.class);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);

  private final ArtifactProbe probe;
  private final ScheduledExecutorService executor;
  private final Queue<Answer> answers = new ConcurrentLinkedQueue<>();
  private final AtomicInteger open = new AtomicInteger();

  ArtifactChecks(ArtifactProbe probe, ScheduledExecutorService executor) {
    this.probe = requireNonNull(probe, "probe");
    this.executor = requireNonNull(executor, "executor");
  }

  /** A check and whether everything that it asks for is there. */
  record Answer(Check check, boolean present) {
    Input input(Instant recordTime) {
      return check instanceof Check.Manifest manifest
          ? new Input.Verified(manifest.report(), present, recordTime)
          : new Input.ArtifactsChecked(check.taskKey(), present, recordTime);
    }
  }

  /** Starts looking. */
  void ask(Check check) {
    open.incrementAndGet();
    schedule(check, Duration.ZERO, Duration.ofMillis(200));
  }

  /** Whether answers are still to come or to be drained. */
  boolean pending() {
    return open.get() > 0;
  }

  /** Whether there are answers to be drained. */
  boolean answered() {
    return !answers.isEmpty();
  }

  /** The answers since the last call. */
  List<Answer> drain() {
    List<Answer> drained = new ArrayList<>();
    for (Answer answer = answers.poll(); answer != null; answer = answers.poll()) {
      open.decrementAndGet();
      drained.add(answer);
    }
    return drained;
  }

  private void schedule(Check check, Duration delay, Duration nextPause) {
    try {
      var unused =
          executor.schedule(() -> look(check, nextPause), delay.toMillis(), TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException e) {
      LOG.debug("Not checking the artifacts of {}: closing", check.taskKey(), e);
    }
  }

  private void look(Check check, Duration pause) {
    try {
      answers.add(new Answer(check, present(check.artifacts())));
    } catch (IOException | RuntimeException e) {
      LOG.warn(
          "The artifacts of task {} could not be looked up, trying again in {} ms: {}",
          check.taskKey(),
          pause.toMillis(),
          e.getMessage());
      Duration next = pause.multipliedBy(2);
      schedule(check, pause, next.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : next);
    }
  }

  private boolean present(List<Artifact> artifacts) throws IOException {
    for (Artifact artifact : artifacts) {
      OptionalLong size = probe.size(artifact.sha256());
      if (size.isEmpty() || size.getAsLong() != artifact.bytes()) {
        return false;
      }
    }
    return true;
  }
}
