package dev.fewstep.orchestrator.experiment;

import dev.fewstep.schemas.Artifact;
import dev.fewstep.schemas.ArtifactKind;
import dev.fewstep.schemas.Json;
import dev.fewstep.schemas.message.TaskMessage;
import dev.fewstep.schemas.state.CheckpointRef;
import dev.fewstep.schemas.state.ExperimentRecord;
import dev.fewstep.schemas.state.TaskRecord;
import dev.fewstep.schemas.task.SourceRef;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** Publishes the tasks that {@link Lineup} serves. */
final class DispatchRules {
  private final Settings settings;
  private final Plans plans;
  private final PreemptionRules preemption = new PreemptionRules();

  DispatchRules(Settings settings, Plans plans) {
    this.settings = settings;
    this.plans = plans;
  }

  /** Publishes; what is left waits for credit. */
  void advance(Draft draft) {
    Lineup lineup = new Lineup(draft, settings.aging());
    for (Lineup.Pick pick : lineup.serve()) {
      publish(draft, pick.experiment(), pick.task());
      draft.served(pick.experiment().id());
    }
    preemption.advance(draft, lineup);
  }

  private void publish(Draft draft, ExperimentRecord wanting, TaskRecord task) {
    ExperimentRecord origin = draft.experiment(task.origin().experimentId()).orElseThrow();
    PlannedTask planned = plans.task(origin, task);
    Map<String, Artifact> inputs = new HashMap<>();
    for (SourceRef source : planned.spec().sources()) {
      inputs.put(source.value(), artifact(draft, origin, source));
    }
    TaskRecord next =
        draft.move(
            task,
            Transition.Trigger.PUBLISHED,
            task.edit()
                .dispatchDeadline(Optional.of(draft.recordTime().plus(settings.dispatch()))));
    draft.publish(
        new TaskToPublish(
            task.deviceClass(),
            new TaskMessage(
                task.key(),
                task.attempt(),
                task.kind(),
                Json.toTree(planned.spec()),
                inputs,
                task.checkpoint().map(CheckpointRef::artifact),
                wanting.id(),
                draft.now())));
    if (next.attempt() > 1) {
      draft.control(next);
    }
  }

  private static Artifact artifact(Draft draft, ExperimentRecord origin, SourceRef source) {
    if (source.digest().isPresent()) {
      String digest = source.digest().get();
      return origin.inputs().values().stream()
          .filter(input -> input.sha256().equals(digest))
          .findFirst()
          .orElseThrow(() -> new IllegalStateException("no input has the digest " + digest));
    }
    String upstream = source.upstreamKey().orElseThrow();
    ArtifactKind kind = source.upstreamKind().orElseThrow();
    return draft
        .task(upstream)
        .flatMap(TaskRecord::result)
        .flatMap(
            result -> result.artifacts().stream().filter(file -> file.kind() == kind).findFirst())
        .orElseThrow(() -> new IllegalStateException("task " + upstream + " made no " + kind));
  }
}
