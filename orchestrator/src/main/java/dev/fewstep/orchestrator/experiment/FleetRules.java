package dev.fewstep.orchestrator.experiment;

import dev.fewstep.schemas.message.Command;
import dev.fewstep.schemas.message.WorkerOrder;
import dev.fewstep.schemas.state.HandBack;
import dev.fewstep.schemas.state.Problem;
import dev.fewstep.schemas.state.ProjectRecord;
import dev.fewstep.schemas.state.StateRecord;
import dev.fewstep.schemas.state.TaskRecord;
import dev.fewstep.schemas.state.WorkerRecord;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;

/** What people ask of projects and workers. Asking for what is so already changes nothing. */
final class FleetRules {
  private static final Pattern PROJECT = Pattern.compile("[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?");
  private static final double LEAST_WEIGHT = 0.001;
  private static final double GREATEST_WEIGHT = 1000;

  private FleetRules() {}

  static void set(Draft draft, Command.SetProject command) {
    List<Problem> problems = problems(command);
    if (!problems.isEmpty()) {
      Outcomes.reject(draft, command, command.project(), problems.get(0).message(), problems);
      return;
    }
    ProjectRecord project =
        new ProjectRecord(command.project(), command.weight(), command.maxDevices());
    if (!draft.project(project.name()).equals(project)) {
      draft.put(StateRecord.of(project));
      draft.more();
    }
    Outcomes.accept(draft, command, project.name());
  }

  private static List<Problem> problems(Command.SetProject command) {
    List<Problem> problems = new ArrayList<>();
    if (!PROJECT.matcher(command.project()).matches()) {
      problems.add(
          problem("project", "'" + command.project() + "' is no project", PROJECT.pattern()));
    }
    if (!(command.weight() >= LEAST_WEIGHT && command.weight() <= GREATEST_WEIGHT)) {
      String range = LEAST_WEIGHT + " to " + GREATEST_WEIGHT;
      problems.add(
          problem("weight", "weight must be " + range + ", not " + command.weight(), range));
    }
    if (command.maxDevices() < 0) {
      String range = "0 for no bound, or more";
      problems.add(
          problem(
              "maxDevices",
              "maxDevices must be " + range + ", not " + command.maxDevices(),
              range));
    }
    return problems;
  }

  private static Problem problem(String path, String message, String expected) {
    return new Problem(path, message, Optional.of(expected), Optional.empty());
  }

  static void drain(Draft draft, Command.DrainWorker command) {
    UUID id = command.workerId();
    Optional<WorkerRecord> known = draft.worker(id);
    if (known.isEmpty()) {
      Outcomes.reject(draft, command, id.toString(), "there is no worker " + id);
      return;
    }
    WorkerRecord worker = known.get();
    if (worker.draining() != command.drain()) {
      draft.put(StateRecord.of(worker.draining(command.drain())));
      draft.more();
    }
    // Said again even when it is so here: a worker that was silent for long is known anew, while
    // it goes by the last order that it read.
    draft.order(new WorkerOrder(id, command.drain()));
    int asked = command.drain() && handBack(draft, worker) ? 1 : 0;
    Outcomes.acceptTasks(draft, command, id.toString(), asked);
  }

  private static boolean handBack(Draft draft, WorkerRecord worker) {
    return worker
        .executionId()
        .flatMap(draft.state()::taskHeldBy)
        .flatMap(draft::task)
        .filter(task -> task.executionId().equals(worker.executionId()))
        .map(task -> handBack(draft, task, worker))
        .orElse(false);
  }

  /** Asks a draining worker for the task that it holds. */
  static boolean handBack(Draft draft, TaskRecord task, WorkerRecord worker) {
    return draft.handBack(
        task, HandBack.Cause.DRAINED, "its worker " + worker.workerId() + " drains");
  }
}
