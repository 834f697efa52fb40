package dev.fewstep.orchestrator.care;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fewstep.schemas.Json;
import java.time.Clock;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Long work of this replica: one at a time, on a thread of its own. The last jobs can be asked
 * about until the replica ends. Safe for use by several threads.
 */
public final class Jobs implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Jobs.class);
  private static final int REMEMBERED = 50;

  private final Clock clock;
  private final Map<UUID, Running> jobs = new LinkedHashMap<>();

  /** No jobs yet. */
  public Jobs(Clock clock) {
    this.clock = requireNonNull(clock, "clock");
  }

  /** What a job does. */
  @FunctionalInterface
  public interface Work {
    /** Works and tells how far it is; its result becomes JSON. */
    Object run(Progress progress) throws Exception;
  }

  /** Another job runs. */
  public static final class BusyException extends Exception {
    private static final long serialVersionUID = 1L;

    BusyException(Job running) {
      super(
          "This replica is busy with the %s job %s, begun at %s; one runs at a time."
              .formatted(running.kind(), running.jobId(), running.startedAt()));
    }
  }

  /**
   * Starts a job; the same id again gives the job that has it and starts nothing.
   *
   * @throws BusyException when another job runs
   */
  public synchronized Job start(UUID jobId, String kind, Work work) throws BusyException {
    Running known = jobs.get(jobId);
    if (known != null) {
      return known.job();
    }
    for (Running other : jobs.values()) {
      if (other.job().state() == Job.State.RUNNING) {
        throw new BusyException(other.job());
      }
    }
    Running running = new Running(jobId, kind, clock.instant());
    jobs.put(jobId, running);
    while (jobs.size() > REMEMBERED) {
      jobs.remove(jobs.keySet().iterator().next());
    }
    Thread thread = new Thread(() -> run(running, work), "fewstep-" + kind);
    thread.setDaemon(true);
    thread.start();
    return running.job();
  }

  private void run(Running running, Work work) {
    try {
      running.end(Optional.of(Json.toTree(work.run(running))), "", clock.instant());
    } catch (Exception | Error e) {
      LOG.warn("The {} job {} broke off", running.kind, running.jobId, e);
      running.end(
          Optional.empty(),
          e.getMessage() == null ? e.toString() : e.getMessage(),
          clock.instant());
    }
  }

  /** A job. */
  public synchronized Optional<Job> job(UUID jobId) {
    return Optional.ofNullable(jobs.get(jobId)).map(Running::job);
  }

  /** The jobs that are remembered, newest first. */
  public synchronized List<Job> all() {
    List<Job> all = new java.util.ArrayList<>(jobs.values().stream().map(Running::job).toList());
    java.util.Collections.reverse(all);
    return all;
  }

  /** Asks a job to end at its next safe place. */
  public synchronized Optional<Job> cancel(UUID jobId) {
    Optional<Running> found = Optional.ofNullable(jobs.get(jobId));
    found.ifPresent(running -> running.cancelled = true);
    return found.map(Running::job);
  }

  @Override
  public synchronized void close() {
    jobs.values().forEach(running -> running.cancelled = true);
  }

  private static final class Running implements Progress {
    private final UUID jobId;
    private final String kind;
    private final Instant startedAt;
    private volatile boolean cancelled;
    private Optional<Instant> finishedAt = Optional.empty();
    private String phase = "starting";
    private long done;
    private long total = -1;
    private long bytes;
    private Optional<JsonNode> result = Optional.empty();
    private String problem = "";

    Running(UUID jobId, String kind, Instant startedAt) {
      this.jobId = jobId;
      this.kind = kind;
      this.startedAt = startedAt;
    }

    synchronized Job job() {
      Job.State state = Job.State.RUNNING;
      if (finishedAt.isPresent()) {
        state = problem.isEmpty() ? Job.State.DONE : Job.State.FAILED;
      }
      return new Job(
          jobId, kind, state, startedAt, finishedAt, phase, done, total, bytes, result, problem);
    }

    synchronized void end(Optional<JsonNode> made, String why, Instant at) {
      result = made;
      problem = why;
      finishedAt = Optional.of(at);
    }

    @Override
    public synchronized void phase(String name, long items) {
      phase = name;
      total = items;
      done = 0;
      bytes = 0;
    }

    @Override
    public synchronized void advance(long moreItems, long moreBytes) {
      done += moreItems;
      bytes += moreBytes;
    }

    @Override
    public boolean cancelled() {
      return cancelled;
    }
  }
}
