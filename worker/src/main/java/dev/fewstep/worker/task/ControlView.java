package dev.fewstep.worker.task;

import static java.util.Objects.requireNonNull;

import dev.fewstep.schemas.Json;
import dev.fewstep.schemas.message.ControlMessage;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The fold of the control topic: what counts now, by task, and whether this worker is to take any.
 * Safe for use by several threads.
 */
public final class ControlView {
  private static final Logger LOG = LoggerFactory.getLogger(ControlView.class);

  private final Map<String, byte[]> byTask = new ConcurrentHashMap<>();
  private final List<Consumer<Boolean>> listeners = new CopyOnWriteArrayList<>();
  private volatile boolean drains;

  /** Takes over a record of the topic. */
  public void apply(ControlMessage control) {
    apply(control.taskKey(), Json.toBytes(control));
  }

  /**
   * Takes over a record of the topic that is read only when it is asked for: a worker hears of
   * every task and asks about few.
   */
  void apply(String taskKey, byte[] record) {
    byTask.put(requireNonNull(taskKey, "taskKey"), requireNonNull(record, "record"));
  }

  /** Takes over what this worker is asked: to take no task, or to take tasks again. */
  public void order(boolean drain) {
    drains = drain;
    listeners.forEach(listener -> listener.accept(drain));
  }

  /** Whether this worker is asked to take no task. */
  public boolean drains() {
    return drains;
  }

  /** Tells a listener of every order from now on, on the thread that reads the topic. */
  public void onOrder(Consumer<Boolean> listener) {
    listeners.add(listener);
  }

  /** Takes over a tombstone: nothing is known of the task any more. */
  public void forget(String taskKey) {
    byTask.remove(taskKey);
  }

  /** What is known of a task. */
  public Optional<ControlMessage> of(String taskKey) {
    byte[] record = byTask.get(taskKey);
    if (record == null) {
      return Optional.empty();
    }
    try {
      return Optional.of(Json.fromBytes(record, ControlMessage.class));
    } catch (UncheckedIOException e) {
      LOG.error("The control record of {} cannot be read and is ignored", taskKey, e);
      return Optional.empty();
    }
  }

  /** Number of tasks that something is known of. */
  public int size() {
    return byTask.size();
  }

  /**
   * Why an attempt must not be started; empty when it may. A task of which nothing is known may:
   * the leader judges its report.
   */
  public Optional<String> objectionToStart(String taskKey, int attempt) {
    ControlMessage control = of(taskKey).orElse(null);
    if (control == null) {
      return Optional.empty();
    }
    if (control.stop()) {
      return Optional.of("the task is withdrawn");
    }
    if (control.attempt() > attempt) {
      return Optional.of("attempt " + control.attempt() + " is current");
    }
    if (control.attempt() == attempt && control.executionId().isPresent()) {
      return Optional.of("execution " + control.executionId().get() + " holds the attempt");
    }
    return Optional.empty();
  }

  /** Why a running execution must stop; empty when it may go on. */
  public Optional<String> objectionToRun(String taskKey, int attempt, UUID executionId) {
    ControlMessage control = of(taskKey).orElse(null);
    if (control == null) {
      return Optional.empty();
    }
    if (control.stop()) {
      return Optional.of("the task is withdrawn");
    }
    if (control.attempt() > attempt) {
      return Optional.of("attempt " + control.attempt() + " is current");
    }
    if (control.attempt() == attempt
        && control.executionId().isPresent()
        && !control.executionId().get().equals(executionId)) {
      return Optional.of("execution " + control.executionId().get() + " holds the attempt");
    }
    return Optional.empty();
  }

  /** Whether a running execution is asked to checkpoint and to hand its task back. */
  public boolean asksBack(String taskKey, int attempt, UUID executionId) {
    ControlMessage control = of(taskKey).orElse(null);
    return control != null
        && control.release()
        && control.attempt() == attempt
        && control.executionId().equals(Optional.of(executionId));
  }
}
