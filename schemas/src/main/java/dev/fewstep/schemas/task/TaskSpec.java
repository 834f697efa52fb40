package dev.fewstep.schemas.task;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import dev.fewstep.schemas.Json;
import dev.fewstep.schemas.TaskKind;
import java.util.List;

/** The resolved specification of a task: everything that determines its result. */
public sealed interface TaskSpec permits ReferenceTask, PretrainTask, FinetuneTask, EvaluateTask {
  /** Its kind. */
  @JsonIgnore
  TaskKind kind();

  /** Every input, in a fixed order, without repetition. */
  @JsonIgnore
  List<SourceRef> sources();

  /**
   * Reads a specification.
   *
   * @throws IllegalArgumentException when the tree is not of that kind
   */
  static TaskSpec read(TaskKind kind, JsonNode tree) {
    Class<? extends TaskSpec> type =
        switch (kind) {
          case REFERENCE -> ReferenceTask.class;
          case PRETRAIN -> PretrainTask.class;
          case FINETUNE -> FinetuneTask.class;
          case EVALUATE -> EvaluateTask.class;
        };
    try {
      return Json.specs().treeToValue(tree, type);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(
          "not a specification of a " + kind + " task: " + e.getOriginalMessage(), e);
    }
  }
}
