package dev.fewstep.orchestrator.experiment;

import dev.fewstep.schemas.message.Command;
import dev.fewstep.schemas.message.TaskMessage;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Prints what an experiment of many trials costs: time to plan it, size of its topic, time to fold
 * it, heap of the fold. Arguments: trials (default 100,000) and whether to run all tasks (default
 * false).
 */
public final class SizeBench {
  private static final double MEGA = 1e6;

  private SizeBench() {}

  /** Runs it. */
  public static void main(String[] args) {
    int trials = args.length > 0 ? Integer.parseInt(args[0]) : 100_000;
    boolean run = args.length > 1 && Boolean.parseBoolean(args[1]);
    String axis =
        IntStream.rangeClosed(1, trials / 100)
            .mapToObj(Integer::toString)
            .collect(Collectors.joining(","));
    String seeds =
        IntStream.range(0, 100).mapToObj(Integer::toString).collect(Collectors.joining(","));
    World world = new World().withInputs();
    long start = now();
    world.apply(
        new Input.Received(
            new Command.SubmitExperiment(
                world.id(),
                world.time,
                "me",
                Specs.spec(
                    "big", "{\"training.iterations\": [" + axis + "]}", "[" + seeds + "]", "{}")),
            world.time));
    world.settle();
    print("planned " + world.state.taskCount() + " tasks", start);
    if (run) {
      start = now();
      UUID worker = world.worker();
      while (!world.published.isEmpty()) {
        TaskMessage task = world.published.removeFirst();
        world.succeed(world.start(task, worker));
      }
      print("ran " + world.accepted + " tasks", start);
    }
    System.out.printf("topic: %d records, %.0f MB%n", world.topicSize(), world.topicBytes() / MEGA);
    start = now();
    List<OrchestratorState> folded = new ArrayList<>(List.of(world.replayed()));
    print("folded", start);
    long with = used();
    int tasks = folded.get(0).taskCount();
    folded.clear();
    System.out.printf("heap of the fold: %.0f MB for %d tasks%n", (with - used()) / MEGA, tasks);
    String id = world.state.experiments(Optional.empty(), 1).get(0).id();
    Results results = new Results(world.state);
    results.trials(id, 0, 100);
    start = now();
    results.trials(id, trials / 2, 100);
    print("page of 100 trials", start);
    start = now();
    results.leaderboard(id, "wide", 20);
    print("leaderboard", start);
  }

  /** Processor time of this thread, which a busy machine does not stretch. */
  private static long now() {
    return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
  }

  private static void print(String what, long start) {
    System.out.printf("%s in %.2f s of processor time%n", what, (now() - start) / 1e9);
  }

  private static long used() {
    for (int i = 0; i < 3; i++) {
      System.gc();
    }
    Runtime runtime = Runtime.getRuntime();
    return runtime.totalMemory() - runtime.freeMemory();
  }
}
