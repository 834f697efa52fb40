package dev.fewstep.orchestrator.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fewstep.orchestrator.experiment.OrchestratorState;
import dev.fewstep.schemas.Json;
import dev.fewstep.schemas.TaskState;
import dev.fewstep.schemas.message.FailureCode;
import dev.fewstep.schemas.message.MetricBatch.Point;
import dev.fewstep.schemas.state.BaseEvaluation;
import dev.fewstep.schemas.state.ExperimentRecord;
import dev.fewstep.schemas.state.TaskFailure;
import dev.fewstep.schemas.state.TaskOrigin;
import dev.fewstep.schemas.state.TaskRecord;
import dev.fewstep.schemas.state.TrialKeys;
import dev.fewstep.schemas.state.Want;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** Tasks as JSON. */
final class TaskViews {
  private TaskViews() {}

  static TaskRecord require(OrchestratorState state, String key) {
    return state
        .task(key)
        .orElseThrow(() -> ApiException.notFound("There is no task " + key + "."));
  }

  /** A page of an experiment's tasks, oldest first. */
  static JsonNode list(
      OrchestratorState state, String experimentId, Optional<String> after, int limit) {
    if (state.experiment(experimentId).isEmpty()) {
      throw ApiException.notFound("There is no experiment " + experimentId + ".");
    }
    after.ifPresent(last -> require(state, last));
    return Replies.page(
        state.tasks(experimentId, after, limit),
        limit,
        task -> view(state, task, Optional.of(experimentId)),
        TaskRecord::key);
  }

  /** One task with what is known of its curves. */
  static JsonNode one(OrchestratorState state, String key, List<Point> curve, List<String> lines) {
    TaskRecord task = require(state, key);
    ObjectNode view = whole(state, task, Optional.empty());
    log(view, task, lines);
    view.set("curve", Json.toTree(curve));
    return view;
  }

  /** The lines of a task's log, while it runs; afterwards they are a file, or its failure's. */
  static void log(ObjectNode view, TaskRecord task, List<String> lines) {
    if (task.state() == TaskState.RUNNING && !lines.isEmpty()) {
      view.set("log", Json.toTree(lines));
    }
  }

  /** A task with everything that is known of it but its curves. */
  static ObjectNode whole(OrchestratorState state, TaskRecord task, Optional<String> experimentId) {
    ObjectNode view = view(state, task, experimentId);
    task.result().ifPresent(result -> view.set("provenance", Json.toTree(result.provenance())));
    view.set("dependsOn", Json.toTree(task.dependsOn()));
    view.set("pastExecutions", Json.toTree(task.past()));
    return view;
  }

  private static ObjectNode view(
      OrchestratorState state, TaskRecord task, Optional<String> experimentId) {
    TaskState seen =
        experimentId.flatMap(id -> state.taskState(task.key(), id)).orElse(task.state());
    ObjectNode view =
        Json.messages()
            .createObjectNode()
            .put("key", task.key())
            .put("kind", task.kind().name())
            .put("label", label(state, task))
            .put("state", seen.name())
            .put("attempt", task.attempt())
            .put("charged", task.charged())
            .put("deviceClass", task.deviceClass());
    ArrayNode experiments = view.putArray("experiments");
    task.wants().stream().map(Want::experimentId).forEach(experiments::add);
    view.put("createdAt", task.createdAt().toString());
    task.startedAt().ifPresent(at -> view.put("startedAt", at.toString()));
    task.finishedAt().ifPresent(at -> view.put("finishedAt", at.toString()));
    task.workerId().ifPresent(id -> view.put("workerId", id.toString()));
    task.executionId().ifPresent(id -> view.put("executionId", id.toString()));
    state
        .lease(task.key())
        .ifPresent(lease -> view.put("step", lease.step()).put("totalSteps", lease.totalSteps()));
    if (seen.hasResult()) {
      task.result()
          .ifPresent(
              result -> {
                view.put("seconds", result.seconds());
                view.set("artifacts", Json.toTree(result.artifacts()));
                view.set("scores", Json.toTree(result.scores()));
              });
    }
    task.failure()
        .ifPresent(
            failure -> {
              ObjectNode told = (ObjectNode) Json.toTree(failure);
              told.put("verdict", verdict(task, failure));
              view.set("failure", told);
            });
    return view;
  }

  /** Whether another attempt follows the last failure, and why. */
  private static String verdict(TaskRecord task, TaskFailure failure) {
    if (task.state() != TaskState.FAILED) {
      return failure.attempt() < task.attempt()
          ? "it was tried again, as attempt " + task.attempt()
          : "it is over";
    }
    return switch (failure.cause()) {
      case DEPENDENCY -> "it runs when the task that it needs has a result: retry both";
      case POISON -> "it is not tried again: it seems to kill its workers";
      case REPORTED, INCOMPLETE_MANIFEST ->
          failure.code().map(FailureCode::retryable).orElse(true)
              ? "it is not tried again: "
                  + task.charged()
                  + " charged attempts are all that its policy allows"
              : "it is not tried again: another attempt cannot help with " + failure.code().get();
    };
  }

  /** What people call a task: which trial first asked for it, and for what. */
  private static String label(OrchestratorState state, TaskRecord task) {
    TaskOrigin origin = task.origin();
    if (origin.trial() == TaskOrigin.WHOLE) {
      return state
          .experiment(origin.experimentId())
          .map(ExperimentRecord::base)
          .orElse(List.of())
          .stream()
          .filter(base -> base.taskKey().equals(task.key()))
          .map(BaseEvaluation::samplingSteps)
          .map(steps -> "base model, " + steps + " steps")
          .findFirst()
          .orElse("");
    }
    Optional<TrialKeys> keys = state.trialKeys(origin.experimentId(), origin.trial());
    String trial = "trial " + origin.trial();
    if (keys.filter(k -> k.finetune().equals(task.key())).isPresent()) {
      return trial;
    }
    if (keys.filter(k -> k.evaluate().equals(task.key())).isPresent()) {
      return trial + ", finetuned";
    }
    return keys.filter(k -> k.baseline().equals(task.key())).isPresent()
        ? trial + ", base model"
        : "";
  }

  /** What became of a command. */
  static JsonNode outcome(OrchestratorState state, UUID commandId) {
    return state
        .outcome(commandId)
        .map(Json::toTree)
        .orElseThrow(
            () -> ApiException.notFound("Nothing is decided about command " + commandId + "."));
  }
}
