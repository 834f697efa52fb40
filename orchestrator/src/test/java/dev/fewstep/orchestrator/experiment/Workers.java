package dev.fewstep.orchestrator.experiment;

import dev.fewstep.schemas.Artifact;
import dev.fewstep.schemas.ArtifactKind;
import dev.fewstep.schemas.TaskKind;
import dev.fewstep.schemas.message.ControlMessage;
import dev.fewstep.schemas.message.FailureCode;
import dev.fewstep.schemas.message.Report;
import dev.fewstep.schemas.message.TaskMessage;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/** Workers of two device classes. Their reports wait until the universe delivers them. */
final class Workers {
  static final List<String> CLASSES = List.of("cpu", "gpu");
  private static final long[] MEMORY = {1L << 30, 4L << 30};

  private final Universe universe;
  private final List<Worker> workers = new ArrayList<>();
  private final List<TaskMessage> taken = new ArrayList<>();
  private long ids;

  Workers(Universe universe, int count) {
    this.universe = universe;
    for (int i = 0; i < count; i++) {
      hire(CLASSES.get(i % 2), MEMORY[i / 2 % 2]);
    }
  }

  UUID id() {
    ids++;
    return new UUID(ids << 32, ids);
  }

  Worker hire(String deviceClass, long memory) {
    Worker worker = new Worker(id(), deviceClass, memory);
    workers.add(worker);
    return worker;
  }

  List<Worker> all() {
    return List.copyOf(workers);
  }

  Worker get(int choice) {
    return workers.get(choice % workers.size());
  }

  /** What holds an attempt. */
  private static final class Run {
    private final TaskMessage task;
    private final UUID id;
    private long step;

    Run(TaskMessage task, UUID id) {
      this.task = task;
      this.id = id;
    }
  }

  /** A worker process. */
  final class Worker {
    private UUID id;
    private final String deviceClass;
    private final long memory;
    private Optional<Run> run = Optional.empty();

    private Worker(UUID id, String deviceClass, long memory) {
      this.id = id;
      this.deviceClass = deviceClass;
      this.memory = memory;
    }

    UUID id() {
      return id;
    }

    private void send(Report report) {
      universe.send("worker " + id, report);
    }

    void presence(boolean accepting) {
      send(
          new Report.Presence(
              universe.clock(),
              id,
              deviceClass,
              "a test",
              memory,
              Map.of("fewstep", "1", "engine", "2"),
              run.map(held -> held.id),
              accepting));
    }

    /** Takes the next attempt of its class, unless control says that it does not count. */
    boolean take() {
      if (run.isPresent() || universe.topic(deviceClass).isEmpty()) {
        return false;
      }
      TaskMessage task = universe.topic(deviceClass).removeFirst();
      taken.add(task);
      boolean counts =
          universe
              .control(task.taskKey())
              .map(c -> !c.stop() && c.attempt() == task.attempt() && c.executionId().isEmpty())
              .orElse(true);
      if (counts) {
        start(task);
      }
      return true;
    }

    /** Takes what was delivered before: the broker lost the acknowledgement. */
    void takeAgain(int choice) {
      if (run.isEmpty() && !taken.isEmpty()) {
        start(taken.get(choice % taken.size()));
      }
    }

    private void start(TaskMessage task) {
      Run begun = new Run(task, Workers.this.id());
      run = Optional.of(begun);
      send(new Report.Started(universe.clock(), task.taskKey(), task.attempt(), begun.id, id));
    }

    void beat(int steps) {
      run.ifPresent(
          held -> {
            held.step += steps;
            send(
                new Report.Heartbeat(
                    universe.clock(),
                    held.task.taskKey(),
                    held.task.attempt(),
                    held.id,
                    held.step,
                    100));
          });
    }

    void checkpoint(int steps) {
      run.ifPresent(
          held -> {
            held.step += steps;
            Artifact file =
                Specs.file(ArtifactKind.CHECKPOINT, "checkpoint-" + held.step + ".safetensors");
            send(
                new Report.Checkpointed(
                    universe.clock(),
                    held.task.taskKey(),
                    held.task.attempt(),
                    held.id,
                    held.step,
                    file));
          });
    }

    void succeed() {
      run.ifPresent(held -> send(success(held)));
      run = Optional.empty();
    }

    private Report.Succeeded success(Run held) {
      ArtifactKind made =
          switch (held.task.kind()) {
            case REFERENCE -> ArtifactKind.STATISTICS;
            case PRETRAIN, FINETUNE -> ArtifactKind.WEIGHTS;
            case EVALUATE -> ArtifactKind.SCORES;
          };
      Map<String, Double> scores = new HashMap<>();
      if (held.task.kind() == TaskKind.EVALUATE) {
        scores.put("nfe", 5.0);
        scores.put("samples", 2048.0);
      }
      return new Report.Succeeded(
          universe.clock(),
          held.task.taskKey(),
          held.task.attempt(),
          held.id,
          List.of(Specs.file(made, made.name().toLowerCase(Locale.ROOT) + "-" + held.id)),
          scores,
          Map.of("commit", "c0ffee"),
          2.0);
    }

    void fail(FailureCode code) {
      run.ifPresent(
          held ->
              send(
                  new Report.Failed(
                      universe.clock(),
                      held.task.taskKey(),
                      held.task.attempt(),
                      held.id,
                      code,
                      "it broke",
                      List.of("the last line"))));
      run = Optional.empty();
    }

    void release() {
      run.ifPresent(
          held ->
              send(
                  new Report.Released(
                      universe.clock(), held.task.taskKey(), held.task.attempt(), held.id)));
      run = Optional.empty();
    }

    /** Does what control says of what it holds. */
    void obey() {
      Optional<ControlMessage> said = run.flatMap(held -> universe.control(held.task.taskKey()));
      if (said.isEmpty()) {
        return;
      }
      Run held = run.orElseThrow();
      boolean mine =
          said.get().attempt() == held.task.attempt()
              && said.get().executionId().equals(Optional.of(held.id));
      if (mine && said.get().release()) {
        release();
      } else if (said.get().stop() || (said.get().executionId().isPresent() && !mine)) {
        run = Optional.empty();
        presence(true);
      }
    }

    boolean holds() {
      return run.isPresent();
    }

    /** Whether control names its execution as the one that counts. */
    boolean counts() {
      return run.flatMap(
              held ->
                  universe
                      .control(held.task.taskKey())
                      .filter(c -> c.executionId().equals(Optional.of(held.id)) && !c.stop()))
          .isPresent();
    }

    void drop() {
      run = Optional.empty();
    }

    /** Dies; another process takes its place. What it had sent may still come. */
    void crash(boolean silently) {
      if (silently) {
        universe.silence("worker " + id);
      }
      run = Optional.empty();
      id = Workers.this.id();
    }
  }
}
