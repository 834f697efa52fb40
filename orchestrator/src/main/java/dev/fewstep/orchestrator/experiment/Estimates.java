package dev.fewstep.orchestrator.experiment;

import dev.fewstep.schemas.Artifact;
import dev.fewstep.schemas.Lineage;
import dev.fewstep.schemas.TaskKind;
import dev.fewstep.schemas.TaskState;
import dev.fewstep.schemas.spec.ExperimentSpec;
import dev.fewstep.schemas.state.ExperimentRecord;
import dev.fewstep.schemas.state.TaskRecord;
import dev.fewstep.schemas.state.TaskResult;
import dev.fewstep.schemas.task.EvaluateTask;
import dev.fewstep.schemas.task.FinetuneTask;
import dev.fewstep.schemas.task.PretrainTask;
import dev.fewstep.schemas.task.TaskSpec;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * How long devices would work for tasks, from the measured seconds of earlier tasks of the same
 * kind, base model and device class, in proportion to the images that go through the network.
 */
final class Estimates {
  /** How many of the newest experiments are looked at. */
  private static final int EXPERIMENTS = 100;

  /** How many tasks of an experiment are looked at, oldest first. */
  private static final int TASKS = 400;

  /** How many measured tasks of a kind are enough. */
  private static final int ENOUGH = 50;

  private final Plans plans;
  private final Map<TaskKind, List<Double>> rates = new EnumMap<>(TaskKind.class);

  private Estimates(Plans plans) {
    this.plans = plans;
    for (TaskKind kind : TaskKind.values()) {
      rates.put(kind, new ArrayList<>());
    }
  }

  /**
   * The estimate; empty when nothing alike was measured of a kind that is more than the statistics
   * of real images.
   *
   * @param work images through the network of the tasks that are to be run, by kind
   */
  static Optional<PlanPreview.DeviceTime> of(
      ExperimentSpec spec,
      Map<String, Artifact> inputs,
      Map<TaskKind, Double> work,
      OrchestratorState state) {
    Estimates estimates = new Estimates(new Plans());
    String model = model(spec, inputs);
    String device = spec.spec().resources().deviceClass();
    for (ExperimentRecord earlier : state.experiments(Optional.empty(), EXPERIMENTS)) {
      boolean resumes =
          earlier.lineage().filter(from -> from.kind() == Lineage.Kind.EXTENDS).isPresent();
      if (!resumes && model(earlier.spec(), earlier.inputs()).equals(model)) {
        estimates.measure(earlier, device, state);
      }
    }
    return estimates.time(work);
  }

  private static String model(ExperimentSpec spec, Map<String, Artifact> inputs) {
    String weights = spec.spec().base().path("model").path("weights").asText();
    return Optional.ofNullable(inputs.get(weights))
        .map(Artifact::sha256)
        .orElseGet(() -> spec.spec().base().path("model").toString());
  }

  private void measure(ExperimentRecord earlier, String device, OrchestratorState state) {
    for (TaskRecord task : state.tasks(earlier.id(), Optional.empty(), TASKS)) {
      boolean whole =
          task.state() == TaskState.SUCCEEDED
              && task.attempt() == 1
              && task.deviceClass().equals(device)
              && task.origin().experimentId().equals(earlier.id());
      List<Double> known = rates.get(task.kind());
      if (whole && known.size() < ENOUGH) {
        TaskResult result = task.result().orElseThrow();
        known.add(result.seconds() / work(plans.task(earlier, task).spec()));
      }
    }
  }

  private Optional<PlanPreview.DeviceTime> time(Map<TaskKind, Double> work) {
    double low = 0;
    double middle = 0;
    double high = 0;
    int tasks = 0;
    for (Map.Entry<TaskKind, Double> kind : work.entrySet()) {
      List<Double> measured = rates.get(kind.getKey()).stream().sorted().toList();
      if (measured.isEmpty() && kind.getKey() != TaskKind.REFERENCE) {
        return Optional.empty();
      }
      if (!measured.isEmpty()) {
        low += kind.getValue() * at(measured, 0.1);
        middle += kind.getValue() * at(measured, 0.5);
        high += kind.getValue() * at(measured, 0.9);
        tasks += measured.size();
      }
    }
    return tasks == 0
        ? Optional.empty()
        : Optional.of(new PlanPreview.DeviceTime(middle, low, high, tasks));
  }

  /** The nearest rank. */
  private static double at(List<Double> sorted, double part) {
    return sorted.get((int) Math.round(part * (sorted.size() - 1)));
  }

  /**
   * Images that go through the network in a task, over all sampling steps; 1 for the statistics of
   * real images, whose number nobody knows before.
   */
  static double work(TaskSpec spec) {
    if (spec instanceof FinetuneTask finetune) {
      return (double) finetune.training().iterations()
          * finetune.training().accumulate()
          * finetune.loss().mmdBatch()
          * finetune.sampling().steps();
    }
    if (spec instanceof EvaluateTask evaluate) {
      return (double) evaluate.samples() * evaluate.sampling().steps();
    }
    if (spec instanceof PretrainTask pretrain) {
      return (double) pretrain.training().iterations() * pretrain.training().batch();
    }
    return 1;
  }
}
