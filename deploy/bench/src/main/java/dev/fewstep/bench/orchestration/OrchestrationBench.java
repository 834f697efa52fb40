package dev.fewstep.bench.orchestration;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fewstep.schemas.Artifact;
import dev.fewstep.schemas.ArtifactKind;
import dev.fewstep.schemas.Digests;
import dev.fewstep.schemas.message.TaskMessage;
import dev.fewstep.schemas.task.SourceRef;
import dev.fewstep.store.S3Bucket;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Prints tables of what the orchestration does with 32 devices whose tasks do nothing: {@code
 * throughput}, {@code latency}, {@code submit}, {@code size} and, to compare, {@code bare}. The
 * broker with the store, and each replica of the orchestrator, are processes; the devices share
 * this one.
 */
public final class OrchestrationBench implements AutoCloseable {
  private static final int DEVICES = 32;
  private static final int ARTIFACTS = 64;
  private static final int OFFERED = 50;
  private static final int CLIENTS = 16;

  /** What the compilers of the three processes need until they use less than a core in all. */
  private static final Duration WARM = Duration.ofSeconds(Integer.getInteger("warm", 60));

  private static final int POINT_SEEDS = 100;

  private final Path directory;
  private final Child stack;
  private final List<Device> devices = new ArrayList<>();

  private OrchestrationBench() throws IOException {
    directory = Files.createTempDirectory("fewstep-orchestration-bench");
    stack = Child.start("600m", "stack", directory.toString());
  }

  /** Runs the named ones, or all; {@code -Dseconds=20} and {@code -Dtrials=100000} bound them. */
  public static void main(String[] args) throws Exception {
    Locale.setDefault(Locale.ROOT);
    Set<String> wanted =
        args.length == 0 ? Set.of("bare", "throughput", "latency", "submit", "size") : Set.of(args);
    Duration measured = Duration.ofSeconds(Integer.getInteger("seconds", 20));
    if (wanted.contains("bare")) {
      try (OrchestrationBench bench = new OrchestrationBench()) {
        bench.bare(measured);
      }
      try (OrchestrationBench bench = new OrchestrationBench()) {
        bench.barePaced(measured);
      }
    }
    if (wanted.contains("throughput")) {
      try (OrchestrationBench bench = new OrchestrationBench();
          Child replica = bench.replica("600m")) {
        bench.throughput(replica, measured);
      }
    }
    if (wanted.contains("latency")) {
      try (OrchestrationBench bench = new OrchestrationBench();
          Child replica = bench.replica("400m")) {
        bench.latency(replica, measured);
      }
    }
    if (wanted.contains("submit")) {
      try (OrchestrationBench bench = new OrchestrationBench();
          Child replica = bench.replica("600m")) {
        bench.submit(replica, 10_000);
      }
    }
    if (wanted.contains("size")) {
      try (OrchestrationBench bench = new OrchestrationBench()) {
        bench.size(Integer.getInteger("trials", 100_000));
      }
    }
    System.exit(0);
  }

  private void bare(Duration measured) throws Exception {
    BareRing ring = new BareRing(stack.word(0));
    ring.start(DEVICES);
    Thread.sleep(WARM.toMillis());
    long first = ring.done();
    Duration[] before = {stack.processorTime(), ownProcessorTime()};
    long began = System.nanoTime();
    Thread.sleep(measured.toMillis());
    long records = ring.done() - first;
    double took = (System.nanoTime() - began) / 1e9;
    print(
        "Kafka alone, %d members | %.0f records/s | processor ms for a record: broker %.2f, members"
            + " and leader %.2f",
        DEVICES,
        records / took,
        1e3 * seconds(stack.processorTime().minus(before[0])) / records,
        1e3 * seconds(ownProcessorTime().minus(before[1])) / records);
    ring.stop();
  }

  private void barePaced(Duration measured) throws Exception {
    BareRing ring = new BareRing(stack.word(0));
    ring.startPaced(DEVICES, OFFERED);
    Thread.sleep(WARM.toMillis());
    ring.times().clear();
    Thread.sleep(measured.toMillis());
    Times times = ring.times();
    print(
        "Kafka alone, %d records/s | transaction begun -> taken and reported p50 %.0f ms, p95 %.0f"
            + " ms (n=%d)",
        OFFERED, times.quantile(0.5), times.quantile(0.95), times.count());
    ring.stop();
  }

  private void throughput(Child replica, Duration measured) throws Exception {
    Api api = new Api(replica.word(0));
    api.importInputs();
    List<Artifact> artifacts = artifacts();
    devices(artifacts, message -> {});
    await("32 devices are known", () -> api.get("/workers").get("items").size() == DEVICES);
    String id =
        api.submit(Grids.grid("throughput", 1, Integer.getInteger("points", 400), POINT_SEEDS));
    long warm = System.nanoTime() + WARM.toNanos();
    awaitPlanned(api, id);
    await("everything is compiled", () -> System.nanoTime() > warm && done(api, id) >= 3_000);
    long first = done(api, id);
    Duration[] before = {stack.processorTime(), replica.processorTime(), ownProcessorTime()};
    long began = System.nanoTime();
    Thread.sleep(measured.toMillis());
    long tasks = done(api, id) - first;
    double took = (System.nanoTime() - began) / 1e9;
    double[] cores = {
      seconds(stack.processorTime().minus(before[0])),
      seconds(replica.processorTime().minus(before[1])),
      seconds(ownProcessorTime().minus(before[2]))
    };
    print(
        "throughput, %d devices | %.0f tasks/s | %d tasks in %.1f s",
        DEVICES, tasks / took, tasks, took);
    print(
        "  processor ms for a task | broker and store %.2f | orchestrator %.2f | devices %.2f | of"
            + " all %d cores used %.2f",
        1e3 * cores[0] / tasks,
        1e3 * cores[1] / tasks,
        1e3 * cores[2] / tasks,
        Runtime.getRuntime().availableProcessors(),
        (cores[0] + cores[1] + cores[2]) / took);
    meters(api);
    api.cancel(id);
  }

  /** What the leader says of its transactions. */
  private static void meters(Api api) {
    api.meters()
        .lines()
        .filter(line -> line.startsWith("fewstep_") && line.contains("transaction"))
        .filter(line -> !line.contains("bucket"))
        .forEach(line -> print("  %s", line));
  }

  private static long done(Api api, String id) {
    JsonNode tasks = api.get("/experiments/" + id).path("tasks");
    return tasks.path("SUCCEEDED").asLong();
  }

  private record Start(String task, String experiment, long published, long at, List<String> on) {}

  private void latency(Child replica, Duration measured) throws Exception {
    Api api = new Api(replica.word(0));
    api.importInputs();
    ConcurrentLinkedQueue<Start> starts = new ConcurrentLinkedQueue<>();
    devices(artifacts(), message -> starts.add(start(message)));
    await("32 devices are known", () -> api.get("/workers").get("items").size() == DEVICES);
    try (InboxTimes inbox = new InboxTimes(stack.word(0))) {
      // A trial is two tasks: a finetune at once, its evaluation after it; all else is cached.
      int trials = Integer.getInteger("each", 5);
      int offered = (int) measured.plus(WARM).toSeconds() * OFFERED / (2 * trials);
      long warm = WARM.toSeconds() * OFFERED / (2L * trials);
      long begin = System.nanoTime();
      long counted = 0;
      // Many clients, so that a slow answer does not hold back what is offered after it.
      ExecutorService clients = Executors.newFixedThreadPool(CLIENTS);
      List<Future<?>> submitted = new ArrayList<>();
      for (int i = 0; i < offered; i++) {
        long due = begin + i * 2_000_000_000L * trials / OFFERED;
        long left = due - System.nanoTime();
        if (left > 0) {
          Thread.sleep(left / 1_000_000, (int) (left % 1_000_000));
        }
        if (i == warm) {
          starts.clear();
          counted = System.nanoTime();
        }
        int point = 1_000 + i;
        submitted.add(clients.submit(() -> api.submit(Grids.grid("latency", point, 1, trials))));
      }
      for (Future<?> each : submitted) {
        each.get();
      }
      clients.shutdown();
      double took = (System.nanoTime() - counted) / 1e9;
      Thread.sleep(3_000);
      Times ready = new Times();
      Times published = new Times();
      for (Start start : starts) {
        Optional<Long> since = ready(inbox, start);
        since.ifPresent(at -> ready.add((double) (start.at - at)));
        published.add((double) (start.at - start.published));
      }
      print(
          "dispatch at %.0f tasks/s, %d trials an experiment | ready -> started p50 %.0f ms, p95 %.0f ms, p99 %.0f ms (n=%d)"
              + " | published -> started p50 %.0f ms, p95 %.0f ms",
          starts.size() / took,
          trials,
          ready.quantile(0.5),
          ready.quantile(0.95),
          ready.quantile(0.99),
          ready.count(),
          published.quantile(0.5),
          published.quantile(0.95));
    }
  }

  private static Start start(TaskMessage message) {
    List<String> on =
        message.typedSpec().sources().stream()
            .map(SourceRef::upstreamKey)
            .flatMap(Optional::stream)
            .toList();
    return new Start(
        message.taskKey(),
        message.experimentId(),
        message.issuedAt().toEpochMilli(),
        System.currentTimeMillis(),
        on);
  }

  /** When the last record came in that the task had waited for. */
  private static Optional<Long> ready(InboxTimes inbox, Start start) {
    return Stream.concat(
            inbox.submitted(start.experiment).stream(),
            start.on.stream().map(inbox::succeeded).flatMap(Optional::stream))
        .max(Comparator.naturalOrder());
  }

  private void submit(Child replica, int trials) {
    Api api = new Api(replica.word(0));
    api.importInputs();
    String id = api.submit(Grids.grid("warm", 10_000, 5, POINT_SEEDS));
    awaitPlanned(api, id);
    long began = System.nanoTime();
    String large = api.submit(Grids.grid("submit", 1, trials / POINT_SEEDS, POINT_SEEDS));
    double accepted = (System.nanoTime() - began) / 1e9;
    awaitPlanned(api, large);
    print(
        "%d trials submitted by HTTP | accepted %.2f s | all planned %.2f s",
        trials, accepted, (System.nanoTime() - began) / 1e9);
  }

  private static void awaitPlanned(Api api, String id) {
    await(
        "everything is planned",
        () -> {
          JsonNode view = api.get("/experiments/" + id);
          return view.get("planned").asInt() == view.get("trials").asInt();
        });
  }

  private void size(int trials) throws Exception {
    String id;
    try (Child replica = replica("900m")) {
      Api api = new Api(replica.word(0));
      api.importInputs();
      long began = System.nanoTime();
      id = api.submit(Grids.grid("size", 1, trials / POINT_SEEDS, POINT_SEEDS));
      awaitPlanned(api, id);
      print("%d trials | all planned %.1f s", trials, (System.nanoTime() - began) / 1e9);
      heap("planned, the replica that leads", replica);
    }
    int tasks = new Results(stack.word(0), artifacts()).write();
    print("results of %d tasks written into the state topic", tasks);
    try (Child leader = replica("900m");
        Child follower = replica("900m")) {
      heap("all results there, a replica that leads", leader);
      heap("all results there, a replica that follows", follower);
      print("  ready after %s ms and %s ms", leader.word(1), follower.word(1));
      Api api = new Api(follower.word(0));
      listings("the one that follows", api, id);
      leader.kill();
      long began = System.nanoTime();
      await("the other leads", () -> api.meters().lines().anyMatch(OrchestrationBench::replayed));
      print("  leader killed -> the other leads %.1f s", (System.nanoTime() - began) / 1e9);
      api.meters()
          .lines()
          .filter(line -> line.contains("replay") && !line.startsWith("#"))
          .forEach(line -> print("  %s", line));
      heap("all results there, a replica that leads", follower);
      listings("the one that leads", api, id);
    }
  }

  private static boolean replayed(String meter) {
    return meter.startsWith("fewstep_leader ") && meter.endsWith(" 1.0");
  }

  private static void heap(String what, Child replica) {
    print("  heap after collecting, %s | %.0f MB", what, replica.heap() / 1e6);
  }

  private static void listings(String which, Api api, String id) {
    JsonNode page = api.get("/tasks?experiment=" + id + "&limit=100");
    String task = page.get("items").get(50).get("key").asText();
    String after = page.get("next").asText();
    for (Map.Entry<String, String> listing :
        List.of(
            Map.entry("experiments", "/experiments"),
            Map.entry("one experiment", "/experiments/" + id),
            Map.entry("first 100 trials", "/experiments/" + id + "/trials?limit=100"),
            Map.entry("100 trials, deep", "/experiments/" + id + "/trials?limit=100&after=70000"),
            Map.entry("1000 trials", "/experiments/" + id + "/trials?limit=1000&after=50000"),
            Map.entry("leaderboard", "/experiments/" + id + "/leaderboard?limit=100"),
            Map.entry("base", "/experiments/" + id + "/base"),
            Map.entry("first 100 tasks", "/tasks?experiment=" + id + "&limit=100"),
            Map.entry("next 100 tasks", "/tasks?experiment=" + id + "&limit=100&after=" + after),
            Map.entry("one task", "/tasks/" + task),
            Map.entry("explain", "/tasks/" + task + "/explain"),
            Map.entry("workers", "/workers"),
            Map.entry("inputs", "/inputs"))) {
      int bytes = 0;
      Times times = new Times();
      double first = 0;
      for (int i = 0; i < 40; i++) {
        long began = System.nanoTime();
        bytes = api.length(listing.getValue());
        double took = (System.nanoTime() - began) / 1e6;
        if (i == 0) {
          first = took;
        }
        times.add(took);
      }
      print(
          "  %-18s | first %.0f ms | p50 %.1f ms | p95 %.1f ms | most %.0f ms | %d kB | %s",
          listing.getKey(),
          first,
          times.quantile(0.5),
          times.quantile(0.95),
          times.quantile(1),
          bytes / 1000,
          which);
    }
  }

  private Child replica(String heap) {
    return Child.start(
        heap, "orchestrator", stack.word(0), stack.word(1), stack.word(2), stack.word(3));
  }

  private void devices(List<Artifact> artifacts, Consumer<TaskMessage> started) {
    for (int i = 0; i < DEVICES; i++) {
      devices.add(new Device(stack.word(0), artifacts, started));
    }
  }

  /** Files in the store for the tasks' manifests to name. */
  private List<Artifact> artifacts() throws IOException {
    List<Artifact> artifacts = new ArrayList<>();
    try (S3Bucket bucket =
        new S3Bucket(BenchProcess.store(stack.word(1), stack.word(2), stack.word(3)))) {
      for (int i = 0; i < ARTIFACTS; i++) {
        byte[] content = ("artifact " + i).getBytes(StandardCharsets.UTF_8);
        Artifact artifact =
            new Artifact(
                ArtifactKind.LOG, "file" + i, content.length, Digests.sha256Hex("artifact " + i));
        bucket.write(artifact.objectKey(), content);
        artifacts.add(artifact);
      }
    }
    return artifacts;
  }

  private static void await(String what, BooleanSupplier condition) {
    long deadline = System.nanoTime() + Duration.ofMinutes(5).toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > deadline) {
        throw new IllegalStateException("did not come about: " + what);
      }
      try {
        Thread.sleep(50);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException(e);
      }
    }
  }

  private static Duration ownProcessorTime() {
    return ProcessHandle.current().info().totalCpuDuration().orElse(Duration.ZERO);
  }

  private static double seconds(Duration duration) {
    return duration.toNanos() / 1e9;
  }

  private static void print(String text, Object... values) {
    System.out.printf(text + "%n", values);
  }

  @Override
  public void close() {
    devices.forEach(Device::drain);
    devices.forEach(Device::close);
    stack.close();
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      System.err.println("OrchestrationBench: " + directory + " is left behind: " + e);
    }
  }
}
