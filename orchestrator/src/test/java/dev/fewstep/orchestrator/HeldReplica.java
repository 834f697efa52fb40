package dev.fewstep.orchestrator;

import dev.fewstep.orchestrator.experiment.OrchestratorState;
import dev.fewstep.orchestrator.experiment.StateText;
import dev.fewstep.orchestrator.log.LeaderStatus.Phase;
import dev.fewstep.orchestrator.log.TermListener;
import java.net.URI;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;

/** A replica whose leader's thread can be held at a stage. */
final class HeldReplica implements Replica, TermListener {
  private final AtomicReference<Optional<Stage>> hold = new AtomicReference<>(Optional.empty());
  private final AtomicReference<CompletableFuture<String>> digest = new AtomicReference<>();
  private final Queue<Stage> trace = new ConcurrentLinkedQueue<>();
  private final CountDownLatch held = new CountDownLatch(1);
  private final CountDownLatch go = new CountDownLatch(1);
  private final Orchestrator orchestrator;

  HeldReplica(OrchestratorConfig config, Optional<Stage> hold) {
    this.hold.set(hold);
    this.orchestrator = Orchestrator.start(config, Clock.systemUTC(), this);
  }

  @Override
  public void reached(Stage stage, OrchestratorState state) {
    if (go.getCount() == 0) {
      trace.add(stage);
    }
    Optional<Stage> wanted = hold.get();
    if (wanted.equals(Optional.of(stage)) && hold.compareAndSet(wanted, Optional.empty())) {
      held.countDown();
      try {
        go.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
    if (stage == Stage.READ) {
      Optional.ofNullable(digest.getAndSet(null))
          .ifPresent(asked -> asked.complete(StateText.digest(state)));
    }
  }

  @Override
  public void holdAt(Stage stage) {
    hold.set(Optional.of(stage));
  }

  @Override
  public boolean held() {
    return held.getCount() == 0;
  }

  @Override
  public void freeze() {}

  @Override
  public void letGo() {
    go.countDown();
  }

  @Override
  public List<Stage> trace() {
    return List.copyOf(trace);
  }

  @Override
  public Phase phase() {
    return orchestrator.leadership().phase();
  }

  @Override
  public boolean ready() {
    return orchestrator.ready();
  }

  @Override
  public URI address() {
    return orchestrator.address();
  }

  @Override
  public String digest() {
    CompletableFuture<String> asked = new CompletableFuture<>();
    digest.set(asked);
    TestStack.await("the leader's state", asked::isDone);
    return asked.join();
  }

  @Override
  public void close() {
    go.countDown();
    orchestrator.close();
  }
}
