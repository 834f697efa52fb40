package dev.fewstep.cli;

import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

/** Keeps a process alive until it is told to stop, then closes what it holds. */
final class Lifetime {
  private Lifetime() {}

  /**
   * Waits for SIGTERM, SIGINT or, when asked, the end of standard input; then closes {@code part}.
   * A second signal ends the process at once.
   */
  static int untilStopped(AutoCloseable part, boolean untilStdinCloses) {
    return untilStopped(part, untilStdinCloses, new CompletableFuture<>());
  }

  /** As above, or until {@code over} completes. */
  static int untilStopped(
      AutoCloseable part, boolean untilStdinCloses, CompletionStage<Void> over) {
    CountDownLatch stop = new CountDownLatch(1);
    over.thenRun(stop::countDown);
    AtomicInteger status = new AtomicInteger(ExitCodes.OK);
    Signals.onStop(
        signalled -> {
          if (!status.compareAndSet(ExitCodes.OK, signalled)) {
            Runtime.getRuntime().halt(signalled);
          }
          stop.countDown();
        });
    CountDownLatch closed = new CountDownLatch(1);
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  stop.countDown();
                  try {
                    closed.await();
                  } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                  }
                },
                "fewstep-shutdown"));
    if (untilStdinCloses) {
      Thread reader =
          new Thread(
              () -> {
                try {
                  System.in.transferTo(java.io.OutputStream.nullOutputStream());
                } catch (IOException e) {
                  // The parent is gone: that is what is waited for.
                }
                stop.countDown();
              },
              "fewstep-stdin");
      reader.setDaemon(true);
      reader.start();
    }
    try {
      stop.await();
      part.close();
      return status.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return ExitCodes.FAILED;
    } catch (Exception e) {
      throw CliException.failed("while stopping: " + Problems.sentence(e), e);
    } finally {
      closed.countDown();
    }
  }
}
