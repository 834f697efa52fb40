package dev.fewstep.orchestrator.experiment;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fewstep.schemas.spec.GridPoint;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The trials of an experiment and their tasks: a function of its specification and inputs. */
interface TrialSource {
  /** Number of trials. */
  int trials();

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
      evaluations = Collections.unmodifiableMap(new LinkedHashMap<>(evaluations));
    }
  }
}
