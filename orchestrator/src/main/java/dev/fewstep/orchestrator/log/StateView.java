package dev.fewstep.orchestrator.log;

import static java.util.Objects.requireNonNull;

import dev.fewstep.orchestrator.experiment.OrchestratorState;
import dev.fewstep.orchestrator.ops.OrchestratorMetrics;
import dev.fewstep.orchestrator.ops.StateNumbers;
import dev.fewstep.schemas.Topics;
import dev.fewstep.schemas.state.StateCodec;
import dev.fewstep.schemas.state.StateRecord;
import io.micrometer.core.instrument.binder.kafka.KafkaClientMetrics;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Consumer;
import java.util.function.Function;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * This replica's fold of the committed state, kept by a thread that tails the state topic. Readers
 * see whole transactions' records in order and never a decision that was not committed.
 */
public final class StateView implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(StateView.class);
  private static final TopicPartition STATE = new TopicPartition(Topics.STATE, 0);
  private static final Duration PAUSE = Duration.ofSeconds(1);
  private static final Duration GLANCE = Duration.ofMillis(5);

  private final KafkaSettings settings;
  private final OrchestratorMetrics metrics;
  private final Thread thread;
  private final CountDownLatch stop = new CountDownLatch(1);
  private final StateCodec codec = new StateCodec();
  private final ReadWriteLock lock = new ReentrantReadWriteLock();
  private final List<Consumer<List<Change>>> listeners = new CopyOnWriteArrayList<>();
  private final TreeMap<Long, List<CompletableFuture<Long>>> waiting = new TreeMap<>();
  private OrchestratorState state = new OrchestratorState();
  private StateCounts counts = new StateCounts();
  private volatile long offset;
  private volatile boolean caughtUp;
  private volatile String problem = "";

  private StateView(KafkaSettings settings, OrchestratorMetrics metrics) {
    this.settings = requireNonNull(settings, "settings");
    this.metrics = requireNonNull(metrics, "metrics");
    this.thread = new Thread(this::run, "fewstep-state");
    this.thread.setDaemon(true);
  }

  /** A record of the state topic and the offset at which it was read. */
  public record Change(long offset, StateRecord entry) {}

  /** Starts to tail the state from its beginning. The topic must exist. */
  public static StateView start(KafkaSettings settings, OrchestratorMetrics metrics) {
    StateView view = new StateView(settings, metrics);
    view.thread.start();
    return view;
  }

  /**
   * Reads the state. {@code reader} must not keep it, only the records that it finds: those do not
   * change.
   */
  public <T> T read(Function<OrchestratorState, T> reader) {
    lock.readLock().lock();
    try {
      return reader.apply(state);
    } finally {
      lock.readLock().unlock();
    }
  }

  /**
   * Reads the state once every record below an offset is folded in; waits until it is.
   *
   * @param least an offset of the state topic
   * @throws IllegalStateException when the tail does not go on, or does not get there in time
   */
  <T> T read(long least, Duration patience, Function<OrchestratorState, T> reader) {
    long began = System.nanoTime();
    while (true) {
      lock.readLock().lock();
      try {
        if (offset >= least) {
          return reader.apply(state);
        }
      } finally {
        lock.readLock().unlock();
      }
      if (!problem.isEmpty()) {
        throw new IllegalStateException(problem);
      }
      if (System.nanoTime() - began > patience.toNanos()) {
        throw new IllegalStateException(
            "The state was read up to offset "
                + offset
                + " and not up to "
                + least
                + " within "
                + patience.toSeconds()
                + " s");
      }
      LockSupport.parkNanos(GLANCE.toNanos());
    }
  }

  /**
   * A state of its own that has every record below an offset folded in, and perhaps more: what a
   * leader goes on from. Waits and fails as {@link #read(long, Duration, Function)}.
   */
  OrchestratorState copy(long least, Duration patience) {
    return read(least, patience, OrchestratorState::copy);
  }

  /** Next offset to read: every committed record before it is folded in. */
  public long offset() {
    return offset;
  }

  /** Whether the fold has reached the end that the topic had when the tail began. */
  public boolean caughtUp() {
    return caughtUp;
  }

  /** Why the tail does not go on, empty while it does. */
  public String problem() {
    return problem;
  }

  /** Completes, on the tail's thread, once {@link #offset()} has reached a value. */
  public CompletableFuture<Long> await(long wanted) {
    synchronized (waiting) {
      if (offset >= wanted) {
        return CompletableFuture.completedFuture(offset);
      }
      CompletableFuture<Long> reached = new CompletableFuture<>();
      waiting.computeIfAbsent(wanted, key -> new ArrayList<>()).add(reached);
      return reached;
    }
  }

  /**
   * Calls a listener, on the tail's thread, with the changes just folded in. It must be quick.
   *
   * @return ends the subscription when closed
   */
  public Subscription subscribe(Consumer<List<Change>> listener) {
    listeners.add(listener);
    return () -> listeners.remove(listener);
  }

  /** A subscription. */
  @FunctionalInterface
  public interface Subscription extends AutoCloseable {
    @Override
    void close();
  }

  /** Numbers of this moment, for the meters. */
  public StateNumbers numbers() {
    lock.readLock().lock();
    try {
      return counts.numbers(state);
    } finally {
      lock.readLock().unlock();
    }
  }

  private void run() {
    while (stop.getCount() > 0) {
      try {
        tail();
      } catch (RuntimeException e) {
        if (stop.getCount() == 0) {
          return;
        }
        caughtUp = false;
        problem = e.getMessage() == null ? e.toString() : e.getMessage();
        LOG.error("The state cannot be followed; starting over in {}", PAUSE, e);
        pause();
      }
    }
  }

  private void pause() {
    try {
      boolean stopped = stop.await(PAUSE.toMillis(), TimeUnit.MILLISECONDS);
      LOG.debug("Paused, stopped: {}", stopped);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      stop.countDown();
    }
  }

  private void tail() {
    Map<String, Object> config = settings.client("fewstep-state-" + ProcessHandle.current().pid());
    config.put("isolation.level", "read_committed");
    config.put("enable.auto.commit", false);
    config.put("auto.offset.reset", "none");
    config.put("max.poll.records", 2_000);
    try (KafkaConsumer<byte[], byte[]> consumer =
            new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer());
        KafkaClientMetrics meters = metrics.watch(new KafkaClientMetrics(consumer))) {
      LOG.debug("Measured by {}", meters);
      consumer.assign(List.of(STATE));
      long begin = consumer.beginningOffsets(List.of(STATE)).get(STATE);
      long end = consumer.endOffsets(List.of(STATE)).get(STATE);
      consumer.seek(STATE, begin);
      startOver();
      while (stop.getCount() > 0) {
        ConsumerRecords<byte[], byte[]> records = consumer.poll(Duration.ofMillis(200));
        List<Change> changes = fold(records);
        long next = consumer.position(STATE);
        if (next != offset) {
          moveTo(next);
        }
        if (!caughtUp && next >= end) {
          caughtUp = true;
          problem = "";
          LOG.info("Caught up with the state at offset {}", next);
        }
        if (!changes.isEmpty()) {
          listeners.forEach(listener -> tell(listener, changes));
        }
      }
    }
  }

  private void startOver() {
    lock.writeLock().lock();
    try {
      state = new OrchestratorState();
      counts = new StateCounts();
      offset = 0;
    } finally {
      lock.writeLock().unlock();
    }
  }

  private List<Change> fold(ConsumerRecords<byte[], byte[]> records) {
    if (records.isEmpty()) {
      return List.of();
    }
    List<Change> changes = new ArrayList<>(records.count());
    for (ConsumerRecord<byte[], byte[]> found : records) {
      String key = new String(found.key(), StandardCharsets.UTF_8);
      changes.add(
          new Change(found.offset(), codec.decode(key, Optional.ofNullable(found.value()))));
    }
    lock.writeLock().lock();
    try {
      for (Change change : changes) {
        counts.watch(state, change.entry());
        state.replay(change.entry());
      }
    } finally {
      lock.writeLock().unlock();
    }
    return changes;
  }

  private void moveTo(long next) {
    List<CompletableFuture<Long>> reached = new ArrayList<>();
    lock.writeLock().lock();
    try {
      offset = next;
    } finally {
      lock.writeLock().unlock();
    }
    synchronized (waiting) {
      Map<Long, List<CompletableFuture<Long>>> due = waiting.headMap(next, true);
      due.values().forEach(reached::addAll);
      due.clear();
    }
    metrics.stateOffset(next);
    reached.forEach(future -> future.complete(next));
  }

  private static void tell(Consumer<List<Change>> listener, List<Change> changes) {
    try {
      listener.accept(changes);
    } catch (RuntimeException e) {
      LOG.error("A listener of the state failed", e);
    }
  }

  @Override
  public void close() {
    stop.countDown();
    try {
      thread.join(Duration.ofSeconds(5).toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
