package dev.fewstep.chaos.cluster;

import static java.util.Objects.requireNonNull;

import dev.fewstep.chaos.cluster.Cluster.Member;
import dev.fewstep.chaos.fault.Fault;
import dev.fewstep.chaos.fault.FaultKind;
import dev.fewstep.chaos.network.FaultyProxy.Mode;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Does the faults of a schedule to a cluster, in order and at most so many at once, never two to
 * the same victim at once, and notes when each began and ended.
 */
public final class Injector implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Injector.class);
  private static final int AT_ONCE = 5;
  private static final Duration SETTLED = Duration.ofSeconds(5);
  private static final Duration RECOVERED = Duration.ofSeconds(3);
  private static final Duration HOLDER_WAIT = Duration.ofSeconds(10);
  private static final Duration RESTART = Duration.ofSeconds(90);
  private static final Duration LEADER_WAIT = Duration.ofSeconds(20);

  /**
   * A fault that was done.
   *
   * @param fault which
   * @param victim process that it was done to
   * @param began when it took effect
   * @param ended when its cause was gone; a restarted process may need seconds more
   * @param workerId id of the worker, where it was one
   */
  public record Done(
      Fault fault, String victim, Instant began, Instant ended, Optional<String> workerId) {
    public Done {
      requireNonNull(fault, "fault");
      requireNonNull(victim, "victim");
      requireNonNull(began, "began");
      requireNonNull(ended, "ended");
      requireNonNull(workerId, "workerId");
    }
  }

  private final Cluster cluster;
  private final Supplier<Set<String>> holders;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final Set<String> busy = new HashSet<>();
  private final List<Done> done = new ArrayList<>();
  private int running;

  /**
   * An injector that has done nothing yet.
   *
   * @param holders ids of the workers that hold a task now
   */
  public Injector(Cluster cluster, Supplier<Set<String>> holders) {
    this.cluster = requireNonNull(cluster, "cluster");
    this.holders = requireNonNull(holders, "holders");
  }

  /** What was done so far. */
  public synchronized List<Done> done() {
    return List.copyOf(done);
  }

  /**
   * Does the faults, then waits for the end of the last.
   *
   * @param goOn asked before each whether to go on
   */
  public void run(List<Fault> faults, BooleanSupplier goOn) throws InterruptedException {
    for (Fault fault : faults) {
      Thread.sleep(fault.pause().toMillis());
      if (!goOn.getAsBoolean()) {
        break;
      }
      if (fault.alone()) {
        awaitQuiet();
        Thread.sleep(SETTLED.toMillis());
      }
      String victim = take(fault);
      int worker = cluster.indexOfWorker(victim).orElse(fault.victim());
      threads.execute(() -> carryOut(fault, victim, worker));
      if (fault.alone()) {
        Thread.sleep(cluster.shape().lease().plus(RECOVERED).toMillis());
      }
    }
    awaitQuiet();
  }

  private synchronized void awaitQuiet() throws InterruptedException {
    while (running > 0 || !busy.isEmpty()) {
      wait();
    }
  }

  /** A worker that holds a task, beginning with the one that the schedule names. */
  private Optional<String> holder(Fault fault) {
    Set<String> holding = holders.get();
    List<Member> workers = cluster.workers();
    for (int i = 0; i < workers.size(); i++) {
      Node node = workers.get((fault.victim() + i) % workers.size()).node();
      if (node.fact("READY").filter(holding::contains).isPresent()) {
        return Optional.of(node.name());
      }
    }
    return Optional.empty();
  }

  /** Waits until the victim can take it; what leads is decided now. */
  private synchronized String take(Fault fault) throws InterruptedException {
    long began = System.nanoTime();
    while (true) {
      long waited = System.nanoTime() - began;
      Optional<String> victim =
          fault.alone() && fault.kind() == FaultKind.WORKER_KILL && waited < HOLDER_WAIT.toNanos()
              ? holder(fault)
              : victim(fault, waited > LEADER_WAIT.toNanos());
      if (running < AT_ONCE && victim.isPresent() && busy.add(victim.get())) {
        running++;
        return victim.get();
      }
      wait(fault.alone() ? 5 : 50);
    }
  }

  private Optional<String> victim(Fault fault, boolean impatient) {
    return switch (fault.kind().target()) {
      case WORKER, DISK -> Optional.of(cluster.workers().get(fault.victim()).node().name());
      case BROKER -> Optional.of(cluster.brokers().get(fault.victim()).name());
      case STORE -> Optional.of(cluster.store().name());
      case LEADER -> leader(impatient).map(member -> member.node().name());
      case FOLLOWER -> {
        Optional<Member> leader = leader(impatient);
        yield leader.flatMap(
            leading ->
                cluster.orchestrators().stream()
                    .filter(member -> !member.equals(leading))
                    .map(member -> member.node().name())
                    .findFirst());
      }
    };
  }

  private Optional<Member> leader(boolean impatient) {
    return impatient
        ? cluster.leader().or(() -> Optional.of(cluster.orchestrators().get(0)))
        : cluster.leader();
  }

  private void carryOut(Fault fault, String victim, int worker) {
    Optional<String> workerId = Optional.empty();
    if (fault.kind().target() == FaultKind.Target.WORKER) {
      workerId = cluster.workers().get(worker).node().fact("READY");
    }
    Instant began = Instant.now();
    Optional<Node> restarted = Optional.empty();
    boolean whole = false;
    try {
      LOG.info("Fault {}: {} ({} for {})", fault.number(), fault.kind(), victim, fault.length());
      restarted = inject(fault, victim);
      whole = true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException e) {
      LOG.error("Fault {} could not be done", fault, e);
    } finally {
      synchronized (this) {
        if (whole) {
          done.add(new Done(fault, victim, began, Instant.now(), workerId));
        }
        running--;
        notifyAll();
      }
    }
    restarted.ifPresent(Injector::awaitReady);
    synchronized (this) {
      busy.remove(victim);
      notifyAll();
    }
  }

  /** Does a fault and returns the process that it leaves starting. */
  private Optional<Node> inject(Fault fault, String victim) throws InterruptedException {
    long length = fault.length().toMillis();
    switch (fault.kind()) {
      case WORKER_KILL, LEADER_KILL, FOLLOWER_KILL, BROKER_KILL, STORE_KILL -> {
        node(victim).kill();
        Thread.sleep(length);
        node(victim).start();
        return Optional.of(node(victim));
      }
      case WORKER_DRAIN, LEADER_STOP, BROKER_STOP -> {
        node(victim).terminate();
        Thread.sleep(length);
        node(victim).start();
        return Optional.of(node(victim));
      }
      case WORKER_FREEZE,
          WORKER_FREEZE_LONG,
          LEADER_FREEZE,
          LEADER_FREEZE_LONG,
          BROKER_FREEZE,
          STORE_FREEZE -> {
        node(victim).freeze();
        Thread.sleep(length);
        node(victim).thaw();
      }
      case WORKER_PARTITION, LEADER_PARTITION -> network(fault, victim, Mode.BLOCK_BOTH);
      case WORKER_HALF_OPEN, LEADER_HALF_OPEN -> network(fault, victim, Mode.BLOCK_ANSWERS);
      case WORKER_RESET, LEADER_RESET -> member(victim).reset();
      case WORKER_DISK_FULL -> {
        Disks.fill(member(victim).directory());
        Thread.sleep(length);
        Disks.clear(member(victim).directory());
      }
      case WORKER_CLOCK, LEADER_CLOCK, FOLLOWER_CLOCK -> {
        node(victim).tell("clock " + fault.amount().toMillis());
        Thread.sleep(length);
        node(victim).tell("clock 0");
      }
      case STORE_ERRORS -> storeNetwork(length, Mode.HTTP_503);
      case STORE_SLOW -> storeNetwork(length, Mode.SLOW);
      case STORE_RESET -> cluster.resetStore();
    }
    return Optional.empty();
  }

  private static void awaitReady(Node node) {
    try {
      node.awaitReady(RESTART);
    } catch (IllegalStateException e) {
      LOG.warn("After its restart: {}", e.getMessage());
    }
  }

  /** A long partition ends with broken connections, as it does behind a firewall that forgets. */
  private void network(Fault fault, String victim, Mode mode) throws InterruptedException {
    member(victim).network(mode);
    Thread.sleep(fault.length().toMillis());
    member(victim).network(Mode.PASS);
    if (fault.number() % 2 == 0) {
      member(victim).reset();
    }
  }

  private void storeNetwork(long length, Mode mode) throws InterruptedException {
    cluster.storeNetwork(mode);
    Thread.sleep(length);
    cluster.storeNetwork(Mode.PASS);
  }

  private Node node(String name) {
    return cluster.nodes().stream()
        .filter(node -> node.name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  private Member member(String name) {
    return java.util.stream.Stream.concat(
            cluster.orchestrators().stream(), cluster.workers().stream())
        .filter(member -> member.node().name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  @Override
  public void close() {
    threads.shutdownNow();
    try {
      if (!threads.awaitTermination(10, TimeUnit.SECONDS)) {
        LOG.warn("A fault is still being done");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
