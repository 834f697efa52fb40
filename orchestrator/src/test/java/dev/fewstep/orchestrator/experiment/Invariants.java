package dev.fewstep.orchestrator.experiment;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fewstep.schemas.Json;
import dev.fewstep.schemas.TaskState;
import dev.fewstep.schemas.message.Command;
import dev.fewstep.schemas.state.ExperimentRecord;
import dev.fewstep.schemas.state.OutcomeRecord;
import dev.fewstep.schemas.state.StateCodec;
import dev.fewstep.schemas.state.StateRecord;
import dev.fewstep.schemas.state.TaskRecord;
import dev.fewstep.schemas.state.Want;
import dev.fewstep.schemas.state.WorkerRecord;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/** What holds of every decision and of every state, whatever came in. */
final class Invariants {
  private final StateCodec codec = new StateCodec();
  private final Map<String, UUID> accepted = new HashMap<>();
  private final Map<UUID, String> bound = new HashMap<>();
  private final Set<UUID> decided = new HashSet<>();

  /** Forgets what an aborted transaction said. */
  Invariants copy() {
    Invariants copy = new Invariants();
    copy.accepted.putAll(accepted);
    copy.bound.putAll(bound);
    copy.decided.addAll(decided);
    return copy;
  }

  /** Decides; the same input gives the same decision, byte for byte, also to another decider. */
  Decision decide(
      Decider decider, Input input, OrchestratorState state, Instant now, boolean anew) {
    Decision decision = decider.decide(input, state, now);
    Decider other = anew ? new Decider(Universe.SETTINGS) : decider;
    Decision again = other.decide(input, state, now);
    assertThat(again).as("decided again").isEqualTo(decision);
    assertThat(bytes(again)).as("decided again, bytes").isEqualTo(bytes(decision));
    return decision;
  }

  private String bytes(Decision decision) {
    StringBuilder text = new StringBuilder();
    for (StateRecord change : decision.changes()) {
      text.append(change.key());
      codec
          .encode(change)
          .ifPresent(bytes -> text.append(new String(bytes, StandardCharsets.UTF_8)));
    }
    decision.tasks().forEach(task -> text.append(Json.toText(task.message())));
    decision.controls().forEach(control -> text.append(Json.toText(control)));
    return text.toString();
  }

  /** Before a change is folded in. */
  void change(StateRecord change, OrchestratorState state) {
    StateRecord read = codec.decode(change.key(), codec.encode(change));
    assertThat(read).as("read back").isEqualTo(change);
    change
        .value()
        .ifPresent(
            value -> {
              if (value instanceof TaskRecord task) {
                task(task, state.task(task.key()));
              } else if (value instanceof OutcomeRecord outcome) {
                assertThat(decided.add(outcome.commandId()))
                    .as("a second outcome: " + outcome)
                    .isTrue();
              }
            });
  }

  private void task(TaskRecord next, Optional<TaskRecord> before) {
    String name = next.key().substring(0, 8) + " generation " + next.generation();
    if (next.state() == TaskState.SUCCEEDED) {
      UUID winner = next.result().orElseThrow().executionId();
      UUID first = accepted.computeIfAbsent(name, generation -> winner);
      assertThat(first).as("the one accepted success of " + name).isEqualTo(winner);
    }
    next.executionId()
        .ifPresent(
            execution -> {
              String attempt = name + " attempt " + next.attempt();
              assertThat(bound.computeIfAbsent(execution, id -> attempt))
                  .as("what execution " + execution + " is bound to")
                  .isEqualTo(attempt);
            });
    before.ifPresent(
        old -> {
          assertThat(next.attempt()).as("attempt of " + name).isGreaterThanOrEqualTo(old.attempt());
          assertThat(next.generation() - old.generation()).as("generations").isBetween(0, 1);
          if (old.state().isTerminal() && next.generation() == old.generation()) {
            assertThat(next.state()).as("terminal is terminal: " + name).isEqualTo(old.state());
            assertThat(next.result()).isEqualTo(old.result());
          }
          if (next.generation() > old.generation()) {
            assertThat(old.state().isTerminal()).as("begun anew though open: " + name).isTrue();
            assertThat(next.attempt()).isGreaterThan(old.attempt());
          }
          if (next.attempt() == old.attempt() && old.executionId().isPresent()) {
            assertThat(next.executionId())
                .as("the execution of attempt " + next.attempt() + " of " + name)
                .satisfiesAnyOf(
                    now -> assertThat(now).isEmpty(),
                    now -> assertThat(now).isEqualTo(old.executionId()));
          }
        });
  }

  /** A command was decided: it has its outcome at once. */
  void decided(Command command, OrchestratorState state) {
    assertThat(state.outcome(command.commandId())).as("outcome of " + command).isPresent();
  }

  /** What was published, after the decision is folded in. */
  void published(Decision decision, OrchestratorState state) {
    Set<String> attempts = new HashSet<>();
    for (TaskToPublish published : decision.tasks()) {
      String deviceClass = published.deviceClass();
      TaskRecord task = state.task(published.message().taskKey()).orElseThrow();
      assertThat(attempts.add(task.key())).as("published twice at once").isTrue();
      assertThat(task.published()).isTrue();
      assertThat(task.attempt()).isEqualTo(published.message().attempt());
      assertThat(task.deviceClass()).isEqualTo(deviceClass);
      long idle =
          state.workers().stream()
              .filter(worker -> worker.deviceClass().equals(deviceClass))
              .filter(WorkerRecord::idle)
              .count();
      assertThat((long) state.queueDepth(deviceClass).published())
          .as("tasks out of class " + deviceClass + " with so many idle workers")
          .isLessThanOrEqualTo(idle);
      List<ExperimentRecord> live = live(task, state);
      assertThat(live).as("those who want " + task.key() + " to run").isNotEmpty();
      if (live.size() == 1) {
        quotas(live.get(0), state);
      }
    }
  }

  /** The experiments that want a task and are neither paused nor withdrawn. */
  private static List<ExperimentRecord> live(TaskRecord task, OrchestratorState state) {
    return task.wants().stream()
        .filter(want -> want.settled().isEmpty())
        .map(Want::experimentId)
        .map(id -> state.experiment(id).orElseThrow())
        .filter(experiment -> !experiment.withdrawn() && !experiment.paused())
        .toList();
  }

  private static void quotas(ExperimentRecord experiment, OrchestratorState state) {
    String project = experiment.spec().metadata().project();
    int ofExperiment = 0;
    int ofProject = 0;
    for (TaskRecord task : state.tasks()) {
      if (TaskIndex.inFlight(task)) {
        List<ExperimentRecord> wanting = live(task, state);
        if (!wanting.isEmpty() && wanting.stream().allMatch(experiment::equals)) {
          ofExperiment++;
        }
        if (!wanting.isEmpty()
            && wanting.stream()
                .allMatch(other -> other.spec().metadata().project().equals(project))) {
          ofProject++;
        }
      }
    }
    int parallel = experiment.currentMaxParallel();
    if (parallel > 0) {
      assertThat(ofExperiment).as(experiment.id() + " at once").isLessThanOrEqualTo(parallel);
    }
    int devices = state.project(project).maxDevices();
    if (devices > 0) {
      assertThat(ofProject).as("devices of project " + project).isLessThanOrEqualTo(devices);
    }
  }

  /** No task is forgotten: each is where something will find it, and its reason can be named. */
  void nothingForgotten(OrchestratorState state) {
    TaskIndex index = state.index();
    Explanations explanations = new Explanations(state, Universe.SETTINGS, Instant.EPOCH);
    for (TaskRecord task : state.tasks()) {
      String name = task.key().substring(0, 8) + " " + task.state();
      assertThat(task.wants()).as("wants of " + name).isNotEmpty();
      Explanation why = explanations.task(task.key()).orElseThrow();
      assertThat(why.reasons()).as("reasons of " + name).isNotEmpty();
      Set<Explanation.Code> codes = new HashSet<>();
      why.reasons().forEach(reason -> codes.add(reason.code()));
      TaskAge age = TaskAge.of(task);
      boolean wanted = task.wants().stream().anyMatch(want -> want.settled().isEmpty());
      switch (task.state()) {
        case PENDING -> {
          assertThat(wanted).as(name + " is wanted").isTrue();
          boolean moves = index.attention().contains(task.key());
          boolean backsOff = index.backingOff().contains(age);
          boolean depends =
              task.dependsOn().stream()
                  .map(state::task)
                  .anyMatch(upstream -> upstream.filter(TaskRecord::serves).isEmpty());
          assertThat(moves || backsOff || depends).as(name + " will be found").isTrue();
          assertThat(codes.contains(Explanation.Code.BACKOFF)).isEqualTo(backsOff);
          assertThat(codes.contains(Explanation.Code.DEPENDENCY)).isEqualTo(depends);
        }
        case QUEUED -> {
          assertThat(wanted).as(name + " is wanted").isTrue();
          if (task.published()) {
            assertThat(index.published(task.deviceClass())).as(name).contains(age);
            assertThat(codes).contains(Explanation.Code.PUBLISHED);
          } else {
            for (Want want : task.wants()) {
              if (want.settled().isEmpty()) {
                assertThat(index.queue(task.deviceClass()).get(want.experimentId()))
                    .as(name)
                    .contains(age);
              }
            }
          }
        }
        case RUNNING -> {
          assertThat(state.lease(task.key()).orElseThrow().executionId())
              .isEqualTo(task.executionId().orElseThrow());
          assertThat(state.taskHeldBy(task.executionId().orElseThrow())).contains(task.key());
        }
        case SUCCEEDED -> assertThat(state.lease(task.key())).as(name).isEmpty();
        case FAILED -> assertThat(task.failure()).as(name).isPresent();
        case CANCELLED -> assertThat(state.claim(task.key())).as(name).isEmpty();
        case CACHED -> throw new AssertionError("CACHED is a view");
      }
    }
  }
}
