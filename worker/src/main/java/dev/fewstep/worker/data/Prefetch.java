package dev.fewstep.worker.data;

import static dev.fewstep.schemas.spec.Checks.require;

import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.function.LongFunction;

/**
 * Makes values ahead of need, in order, on a thread of its own: while a training step runs, the
 * next steps' batches are read. What is made depends on its number alone, so that the thread
 * changes no result. One thread takes.
 *
 * @param <T> what is made, such as a batch
 */
public final class Prefetch<T> implements AutoCloseable {
  /** Either a value or why there is none. */
  private record Made<T>(T value, Throwable failure) {}

  private final String name;
  private final int depth;
  private final LongFunction<T> make;
  private BlockingQueue<Made<T>> queue;
  private Thread thread;
  private long next = -1;

  /**
   * Prepares; nothing is made before the first value is asked for.
   *
   * @param name the thread's name
   * @param depth values that may be waiting, at least 1
   * @param make makes the value of a number; called on the thread, in increasing order
   */
  public Prefetch(String name, int depth, LongFunction<T> make) {
    require(depth >= 1, "at least one value must be prepared, not %s", depth);
    this.name = name;
    this.depth = depth;
    this.make = make;
  }

  /**
   * The value of a number. Asked for in increasing order by one, it is ready or being made; any
   * other number begins anew there.
   *
   * @throws RuntimeException what making it threw
   */
  public T get(long number) {
    if (thread == null || number != next) {
      close();
      start(number);
    }
    Made<T> made;
    try {
      made = queue.take();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("Interrupted while waiting for data", e);
    }
    if (made.failure() != null) {
      close();
      if (made.failure() instanceof Error error) {
        throw error;
      }
      throw (RuntimeException) made.failure();
    }
    next = number + 1;
    return made.value();
  }

  private void start(long first) {
    BlockingQueue<Made<T>> target = new ArrayBlockingQueue<>(depth);
    queue = target;
    thread = new Thread(() -> run(first, target), name);
    thread.setDaemon(true);
    thread.start();
  }

  private void run(long first, BlockingQueue<Made<T>> target) {
    try {
      for (long number = first; !Thread.currentThread().isInterrupted(); number++) {
        Made<T> made;
        try {
          made = new Made<>(make.apply(number), null);
        } catch (RuntimeException | Error e) {
          made = new Made<>(null, e);
        }
        target.put(made);
        if (made.failure() != null) {
          return;
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // Closed: the thread ends.
    }
  }

  /** Ends the thread and forgets what it made. */
  @Override
  public void close() {
    if (thread == null) {
      return;
    }
    thread.interrupt();
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    thread = null;
    next = -1;
  }
}
