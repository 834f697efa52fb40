package dev.fewstep.chaos.cluster;

import static java.util.Objects.requireNonNull;

import dev.fewstep.chaos.network.FaultyProxy;
import dev.fewstep.chaos.process.BrokerProcess;
import dev.fewstep.chaos.process.OrchestratorProcess;
import dev.fewstep.chaos.process.StoreProcess;
import dev.fewstep.chaos.process.WorkerProcess;
import dev.fewstep.store.S3Settings;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.common.Uuid;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A whole installation of child processes: brokers, store, orchestrators, workers, and between each
 * orchestrator or worker and each server a proxy of its own.
 */
public final class Cluster implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Cluster.class);
  private static final Duration READY = Duration.ofMinutes(3);
  private static final String HOST = "127.0.0.1:";
  private static final String DIRECT = "DIRECT";
  private static final String ACCESS_KEY = "chaos-access-key";
  private static final String SECRET_KEY = "chaos-secret-key";

  /** An orchestrator or a worker and the proxies that it sees the world through. */
  public record Member(
      Node node, List<FaultyProxy> kafka, FaultyProxy store, Path directory, int port) {
    /** Behaves so towards everything. */
    void network(FaultyProxy.Mode mode) {
      kafka.forEach(proxy -> proxy.set(mode));
      store.set(mode);
    }

    /** Breaks all its connections. */
    void reset() {
      kafka.forEach(FaultyProxy::reset);
      store.reset();
    }
  }

  private final Shape shape;
  private final Ports ports = new Ports();
  private final Disks disks = new Disks();
  private final Vertx vertx =
      Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1).setWorkerPoolSize(1));
  private final List<Node> brokers = new ArrayList<>();
  private final List<Integer> direct = new ArrayList<>();
  private final List<Member> orchestrators = new ArrayList<>();
  private final List<Member> workers = new ArrayList<>();
  private Node store;
  private int storePort;
  private boolean hasDisks = true;
  private boolean closed;

  private Cluster(Shape shape) {
    this.shape = requireNonNull(shape, "shape");
  }

  /** Starts everything and waits until it is ready. */
  public static Cluster start(Shape shape) {
    Cluster cluster = new Cluster(shape);
    // However this program is told to end, no frozen process and no mounted disk is left behind.
    Runtime.getRuntime().addShutdownHook(new Thread(cluster::close, "chaos-cleanup"));
    boolean started = false;
    try {
      Files.createDirectories(shape.directory().resolve("logs"));
      cluster.open();
      started = true;
      return cluster;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      if (!started) {
        cluster.close();
      }
    }
  }

  private void open() {
    List<String> slots = new ArrayList<>();
    for (int i = 1; i <= shape.orchestrators(); i++) {
      slots.add("orchestrator-" + i);
    }
    for (int i = 1; i <= shape.workers(); i++) {
      slots.add("worker-" + i);
    }
    List<List<FaultyProxy>> proxies =
        slots.stream()
            .map(s -> new ArrayList<FaultyProxy>())
            .collect(Collectors.toCollection(ArrayList::new));
    List<List<Integer>> doors =
        slots.stream()
            .map(s -> new ArrayList<Integer>())
            .collect(Collectors.toCollection(ArrayList::new));
    openBrokers(slots, proxies, doors);
    storePort = ports.take();
    store =
        node(
            "store",
            Node.java(
                StoreProcess.class.getName(),
                128,
                List.of(),
                List.of("dir=" + shape.directory().resolve("store"), "port=" + storePort)));
    brokers.forEach(Node::start);
    store.start();
    brokers.forEach(broker -> broker.awaitReady(READY));
    store.awaitReady(READY);
    for (int i = 0; i < slots.size(); i++) {
      Member member = member(slots.get(i), i, proxies.get(i), doors.get(i));
      (i < shape.orchestrators() ? orchestrators : workers).add(member);
    }
    orchestrators.forEach(member -> member.node().start());
    orchestrators.forEach(member -> member.node().awaitReady(READY));
    workers.forEach(member -> member.node().start());
    workers.forEach(member -> member.node().awaitReady(READY));
  }

  private void openBrokers(
      List<String> slots, List<List<FaultyProxy>> proxies, List<List<Integer>> doors) {
    List<Integer> controllers = new ArrayList<>();
    for (int id = 1; id <= shape.brokers(); id++) {
      controllers.add(ports.take());
    }
    String voters =
        Stream.iterate(1, id -> id <= shape.brokers(), id -> id + 1)
            .map(id -> id + "@" + HOST + controllers.get(id - 1))
            .collect(Collectors.joining(","));
    String cluster = Uuid.randomUuid().toString();
    for (int id = 1; id <= shape.brokers(); id++) {
      List<String> listeners = new ArrayList<>();
      int own = ports.take();
      direct.add(own);
      listeners.add(DIRECT + ":" + own + ":" + own);
      for (int slot = 0; slot < slots.size(); slot++) {
        int real = ports.take();
        int door = ports.take();
        listeners.add("SLOT" + slot + ":" + real + ":" + door);
        proxies.get(slot).add(FaultyProxy.start(vertx, door, real));
        doors.get(slot).add(door);
      }
      brokers.add(
          node(
              "broker-" + id,
              Node.java(
                  BrokerProcess.class.getName(),
                  shape.brokers() == 1 ? 320 : 256,
                  List.of(),
                  List.of(
                      "id=" + id,
                      "nodes=" + shape.brokers(),
                      "cluster=" + cluster,
                      "dir=" + shape.directory().resolve("broker-" + id),
                      "voters=" + voters,
                      "controller=" + controllers.get(id - 1),
                      "listeners=" + String.join(",", listeners)))));
    }
  }

  private Member member(String name, int slot, List<FaultyProxy> kafka, List<Integer> doors) {
    int storeDoor = ports.take();
    FaultyProxy toStore = FaultyProxy.start(vertx, storeDoor, storePort);
    Path directory = shape.directory().resolve(name);
    List<String> args = new ArrayList<>();
    args.add(
        "bootstrap=" + doors.stream().map(door -> HOST + door).collect(Collectors.joining(",")));
    args.add("store=http://" + HOST + storeDoor);
    boolean orchestrator = slot < shape.orchestrators();
    int port = orchestrator ? ports.take() : 0;
    if (orchestrator) {
      args.add("replication=" + shape.brokers());
      args.add("port=" + port);
      args.add("lease=" + shape.lease().toMillis());
      args.add("presence=" + shape.presence().toMillis());
      args.add("dispatch=" + shape.dispatch().toMillis());
      args.add("lock=" + shape.dispatch().toMillis());
      args.add("session=" + shape.session().toMillis());
      args.add("poison=" + shape.poison());
      args.add("dir=" + directory);
    } else {
      hasDisks = hasDisks && disks.mount(directory, shape.diskMegabytes());
      args.add("dir=" + directory);
      args.add("class=cpu");
      args.add("beat=" + shape.beat().toMillis());
    }
    Class<?> main = orchestrator ? OrchestratorProcess.class : WorkerProcess.class;
    Node node = node(name, Node.java(main.getName(), orchestrator ? 384 : 256, List.of(), args));
    return new Member(node, List.copyOf(kafka), toStore, directory, port);
  }

  private Node node(String name, List<String> command) {
    return new Node(
        name,
        command,
        Map.of(
            "AWS_ACCESS_KEY_ID", ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY", SECRET_KEY,
            "FEWSTEP_LOG_LEVEL", "INFO",
            "FEWSTEP_LOG_EXCEPTION", "%ex",
            "OMP_NUM_THREADS", "1",
            "OMP_WAIT_POLICY", "passive"),
        shape.directory().resolve("logs").resolve(name + ".log"));
  }

  /** Brokers as the chaos program reaches them: past the proxies. */
  public String bootstrap() {
    return direct.stream().map(port -> HOST + port).collect(Collectors.joining(","));
  }

  /** The store as the chaos program reaches it. */
  public S3Settings storeSettings() {
    return new S3Settings(
        URI.create("http://" + HOST + storePort), "us-east-1", "fewstep", ACCESS_KEY, SECRET_KEY);
  }

  /** Addresses of the replicas' APIs. */
  public List<URI> apis() {
    return orchestrators.stream()
        .map(member -> URI.create("http://" + HOST + member.port()))
        .toList();
  }

  /** Whether every worker has a disk of its own. */
  public boolean hasDisks() {
    return hasDisks;
  }

  /** Its shape. */
  public Shape shape() {
    return shape;
  }

  List<Member> orchestrators() {
    return orchestrators;
  }

  List<Member> workers() {
    return workers;
  }

  /** Which worker has that name, from 0. */
  OptionalInt indexOfWorker(String name) {
    return IntStream.range(0, workers.size())
        .filter(i -> workers.get(i).node().name().equals(name))
        .findFirst();
  }

  List<Node> brokers() {
    return brokers;
  }

  Node store() {
    return store;
  }

  /** Behaves so between everybody and the store. */
  void storeNetwork(FaultyProxy.Mode mode) {
    members().forEach(member -> member.store().set(mode));
  }

  /** Breaks everybody's connections to the store. */
  void resetStore() {
    members().forEach(member -> member.store().reset());
  }

  private Stream<Member> members() {
    return Stream.concat(orchestrators.stream(), workers.stream());
  }

  /** All processes. */
  public List<Node> nodes() {
    List<Node> nodes = new ArrayList<>(brokers);
    Optional.ofNullable(store).ifPresent(nodes::add);
    members().map(Member::node).forEach(nodes::add);
    return nodes;
  }

  /** The replica that was last to say that it leads; a frozen one cannot say that it does not. */
  Optional<Member> leader() {
    return orchestrators.stream()
        .filter(member -> member.node().fact("PHASE").equals(Optional.of("LEADING")))
        .max(Comparator.comparing(member -> member.node().toldAt("PHASE")));
  }

  /** Undoes whatever was done: all run, the network is good, disks have room, clocks are right. */
  public void calm() {
    members().forEach(member -> member.network(FaultyProxy.Mode.PASS));
    if (hasDisks) {
      workers.forEach(worker -> Disks.clear(worker.directory()));
    }
    for (Node node : nodes()) {
      node.thaw();
      node.start();
    }
    for (Node node : nodes()) {
      node.awaitReady(READY);
      node.tell("clock 0");
    }
  }

  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    List<Node> nodes = nodes();
    nodes.forEach(Node::thaw);
    java.util.Collections.reverse(nodes);
    nodes.forEach(Node::close);
    disks.close();
    vertx.close().await();
    LOG.info("All processes are gone");
  }
}
