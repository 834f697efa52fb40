package dev.fewstep.orchestrator.experiment;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fewstep.schemas.Ordered;
import dev.fewstep.schemas.spec.GridPoint;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The trials of an experiment and their tasks: a function of its specification and inputs. */
interface TrialSource {
  /** Number of trials. */
  int trials();

  /** Number of the point that a trial is of: trials that lie together and share it share values. */
  long place(int trial);

  /** The values of a trial by axis, in the order of the axes. */
  Map<String, JsonNode> values(int trial);

  /**
   * Values, seed and configuration of a trial.
   *
   * @throws IllegalArgumentException when its values make no valid configuration
   */
  GridPoint point(int trial);

  /** Name under which scores in the space of an extractor are kept. */
  String spaceId(String extractor);

  /**
   * The tasks of a trial.
   *
   * @throws IllegalArgumentException when its values make no valid configuration
   */
  TrialPlan plan(int trial);

  /** Iterations at the end of each rung; one rung when trials are not halved. */
  List<Integer> rungs();

  /**
   * The tasks that take a trial to the end of a rung; in the last one all that {@link #plan} has.
   *
   * @throws IllegalArgumentException when its values make no valid configuration
   */
  RungPlan rung(int trial, int rung);

  /** What its finetunes cost, when trials are halved. */
  Optional<PlanPreview.Budget> budget();

  /** The tasks that a trial begins with: all of them unless trials are halved. */
  default List<PlannedTask> begins(int trial) {
    return rung(trial, 0).tasks();
  }

  /** Every task that a trial may ever have. */
  default List<PlannedTask> everything(int trial) {
    List<PlannedTask> all = new ArrayList<>();
    for (int rung = 0; rung < rungs().size(); rung++) {
      all.addAll(rung(trial, rung).tasks());
    }
    return all;
  }

  /**
   * Tasks of a trial in a rung.
   *
   * @param tasks all of them, each behind those that it needs
   * @param finetune key of its FINETUNE task
   */
  record RungPlan(List<PlannedTask> tasks, String finetune) {
    public RungPlan {
      tasks = List.copyOf(tasks);
    }
  }

  /** The evaluations of the base model alone, with the tasks that they need. */
  BasePlan basePlan();

  /**
   * Tasks of a trial.
   *
   * @param tasks all of them, each behind those that it needs
   * @param finetune key of its FINETUNE task
   * @param evaluate key of the evaluation of the finetuned weights
   * @param baseline key of the evaluation of the base weights with the same sampling
   */
  record TrialPlan(List<PlannedTask> tasks, String finetune, String evaluate, String baseline) {
    public TrialPlan {
      tasks = List.copyOf(tasks);
    }
  }

  /**
   * Tasks of the base model alone.
   *
   * @param tasks all of them, each behind those that it needs
   * @param evaluations keys of the evaluations by sampling steps, in the order written
   */
  record BasePlan(List<PlannedTask> tasks, Map<Integer, String> evaluations) {
    public BasePlan {
      tasks = List.copyOf(tasks);
      evaluations = Ordered.copyOf(evaluations);
    }
  }
}
