package dev.fewstep.orchestrator.log;

import static java.util.Objects.requireNonNull;

import dev.fewstep.orchestrator.log.LeaderStatus.Phase;
import dev.fewstep.orchestrator.ops.TermEnd;
import dev.fewstep.schemas.Topics;
import io.micrometer.core.instrument.binder.kafka.KafkaClientMetrics;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.CooperativeStickyAssignor;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Stands for leadership as long as it is open. The consumer group {@code fewstep-leader} gives the
 * inbox's one partition to one replica, which leads while it has it. Whatever goes wrong ends the
 * term: the state is dropped, the clients are closed, and the replica stands again after a pause.
 */
public final class LeaderLoop implements AutoCloseable {
  /** Consumer group whose assignment of the inbox is the election. */
  static final String GROUP = "fewstep-leader";

  private static final Logger LOG = LoggerFactory.getLogger(LeaderLoop.class);
  private static final TopicPartition INBOX = new TopicPartition(Topics.INBOX, 0);
  private static final Duration FIRST_PAUSE = Duration.ofMillis(200);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(5);

  private final LeaderContext context;
  private final Thread thread;
  private final CountDownLatch stop = new CountDownLatch(1);
  private volatile LeaderStatus status = new LeaderStatus(Phase.FOLLOWING, "");
  private Duration pause = FIRST_PAUSE;

  private LeaderLoop(LeaderContext context) {
    this.context = requireNonNull(context, "context");
    this.thread = new Thread(this::run, "fewstep-leader");
    this.thread.setDaemon(true);
  }

  /** Starts to stand for leadership, on a thread of its own. The topics must exist. */
  public static LeaderLoop start(LeaderContext context) {
    LeaderLoop loop = new LeaderLoop(context);
    loop.thread.start();
    return loop;
  }

  /** What it is doing. */
  public LeaderStatus status() {
    return status;
  }

  /** Whether this replica leads now. */
  public boolean leads() {
    return status.phase() == Phase.LEADING;
  }

  private void run() {
    while (stop.getCount() > 0) {
      try {
        stand();
      } catch (WakeupException e) {
        LOG.debug("Woken up to stop", e);
      } catch (RuntimeException e) {
        recover(e);
      }
    }
    moveTo(Phase.CLOSED, status.problem());
  }

  private void recover(RuntimeException e) {
    String problem = e.getMessage() == null ? e.toString() : e.getMessage();
    moveTo(Phase.RECOVERING, problem);
    if (stop.getCount() == 0) {
      return;
    }
    context.metrics().termAborted(end(e));
    if (e instanceof LogGapException) {
      LOG.error("This replica cannot lead. {}", problem);
    } else {
      LOG.warn("The term ended; standing again in {} ms", pause.toMillis(), e);
    }
    try {
      if (stop.await(pause.toMillis(), TimeUnit.MILLISECONDS)) {
        return;
      }
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      stop.countDown();
    }
    Duration doubled = pause.multipliedBy(2);
    pause = doubled.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : doubled;
  }

  private static TermEnd end(RuntimeException e) {
    if (e instanceof LogGapException) {
      return TermEnd.GAP;
    }
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      if (cause instanceof ProducerFencedException
          || cause instanceof InvalidProducerEpochException
          || cause instanceof CommitFailedException) {
        return TermEnd.FENCED;
      }
    }
    return TermEnd.ERROR;
  }

  /** Stands once: follows, leads when elected, until something fails or this is closed. */
  private void stand() {
    try (Consumer<byte[], byte[]> consumer = consumer();
        KafkaClientMetrics meters = context.metrics().watch(new KafkaClientMetrics(consumer))) {
      LOG.debug("Measured by {}", meters);
      Assignments assignments = new Assignments(consumer);
      consumer.subscribe(List.of(Topics.INBOX), assignments);
      while (stop.getCount() > 0) {
        if (!consumer.assignment().contains(INBOX)) {
          moveTo(Phase.FOLLOWING, status.problem());
          consumer.poll(Duration.ofMillis(500));
        } else {
          lead(consumer, assignments);
        }
      }
    }
  }

  private void lead(Consumer<byte[], byte[]> consumer, Assignments assignments) {
    moveTo(Phase.TAKING_OVER, status.problem());
    int assignment = assignments.count;
    try (LeaderTerm term =
        new LeaderTerm(context, consumer, () -> assignments.stands(assignment))) {
      consumer.resume(List.of(INBOX));
      moveTo(Phase.LEADING, "");
      pause = FIRST_PAUSE;
      while (stop.getCount() > 0 && assignments.stands(assignment)) {
        term.advance();
      }
    } finally {
      context.metrics().leading(false);
    }
  }

  private Consumer<byte[], byte[]> consumer() {
    KafkaSettings settings = context.settings();
    Map<String, Object> config = settings.client("fewstep-inbox-" + ProcessHandle.current().pid());
    config.put("group.id", GROUP);
    // With the classic protocol the client chooses the session timeout; the leader keeps its place
    // when others join.
    config.put("group.protocol", "classic");
    config.put("partition.assignment.strategy", CooperativeStickyAssignor.class.getName());
    config.put("session.timeout.ms", (int) settings.sessionTimeout().toMillis());
    config.put("heartbeat.interval.ms", (int) settings.sessionTimeout().toMillis() / 4);
    config.put("max.poll.interval.ms", (int) settings.maxPollInterval().toMillis());
    config.put("enable.auto.commit", false);
    config.put("auto.offset.reset", "none");
    config.put("isolation.level", "read_committed");
    config.put("max.poll.records", 1_000);
    return new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer());
  }

  private void moveTo(Phase phase, String problem) {
    if (status.phase() != phase) {
      LOG.info("Leadership: {}", phase);
    }
    status = new LeaderStatus(phase, problem);
    context.metrics().leading(phase == Phase.LEADING);
  }

  /** Stops standing and leaves the group, so that another replica leads at once. */
  @Override
  public void close() {
    stop.countDown();
    try {
      thread.join(Duration.ofSeconds(10).toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * Keeps an assigned inbox from being read before its place is known: the group's committed offset
   * is not asked, the state is.
   */
  private static final class Assignments implements ConsumerRebalanceListener {
    private final Consumer<byte[], byte[]> consumer;
    private int count;

    Assignments(Consumer<byte[], byte[]> consumer) {
      this.consumer = consumer;
    }

    /** Whether the inbox is still assigned, without having been away since. */
    boolean stands(int assignment) {
      return count == assignment && consumer.assignment().contains(INBOX);
    }

    @Override
    public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
      if (!partitions.isEmpty()) {
        count++;
      }
      for (TopicPartition partition : partitions) {
        consumer.seek(partition, 0);
      }
      consumer.pause(partitions);
    }

    @Override
    public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
      if (!partitions.isEmpty()) {
        LOG.info("Leadership is handed over");
      }
    }

    @Override
    public void onPartitionsLost(Collection<TopicPartition> partitions) {
      if (!partitions.isEmpty()) {
        LOG.warn("Leadership is lost");
      }
    }
  }
}
