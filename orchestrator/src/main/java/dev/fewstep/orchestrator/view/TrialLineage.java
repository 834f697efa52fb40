package dev.fewstep.orchestrator.view;

import static java.util.Objects.requireNonNull;

import dev.fewstep.orchestrator.experiment.OrchestratorState;
import dev.fewstep.orchestrator.experiment.Results;
import dev.fewstep.schemas.Artifact;
import dev.fewstep.schemas.ArtifactKind;
import dev.fewstep.schemas.TaskState;
import dev.fewstep.schemas.state.ExperimentRecord;
import dev.fewstep.schemas.state.TaskRecord;
import dev.fewstep.schemas.state.TaskResult;
import dev.fewstep.schemas.state.TrialKeys;
import dev.fewstep.schemas.task.SourceRef;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What a trial is made of: inputs, the tasks that read them, and the artifacts of these.
 *
 * @param nodes each behind those that it comes from
 * @param edges from what is read to what reads it, and from a task to its artifacts
 */
public record TrialLineage(List<Node> nodes, List<Edge> edges) {
  /** A kind of node beside those of inputs. */
  public static final String TASK = "TASK";

  /** A file made by a task. */
  public static final String ARTIFACT = "ARTIFACT";

  /**
   * An input, a task or an artifact.
   *
   * @param id unique in the lineage
   * @param kind {@link #TASK}, {@link #ARTIFACT}, or the kind of an input, such as DATASET
   * @param label what people call it
   * @param sha256 digest, of a file
   * @param taskKey of a task, or of the task that made the artifact
   * @param state of a task, as the experiment sees it
   */
  public record Node(
      String id,
      String kind,
      String label,
      Optional<String> sha256,
      Optional<String> taskKey,
      Optional<TaskState> state) {
    public Node {
      requireNonNull(id, "id");
      requireNonNull(kind, "kind");
      requireNonNull(label, "label");
    }
  }

  /** That {@code to} is made of {@code from}; both are ids of nodes. */
  public record Edge(String from, String to) {
    public Edge {
      requireNonNull(from, "from");
      requireNonNull(to, "to");
    }
  }

  public TrialLineage {
    nodes = List.copyOf(nodes);
    edges = List.copyOf(edges);
  }

  /**
   * The lineage of a trial. Of one that is not planned yet, the tasks that it will have.
   *
   * @throws IllegalArgumentException when its values make no valid configuration
   */
  public static TrialLineage of(OrchestratorState state, ExperimentRecord experiment, int trial) {
    Results results = new Results(state);
    Map<String, List<SourceRef>> sources = results.sources(experiment, trial);
    Set<String> planned = new LinkedHashSet<>(sources.keySet());
    planned.removeIf(key -> state.task(key).isEmpty());
    Builder builder = new Builder(state, experiment, results.standing(experiment, trial).tasks());
    sources.forEach(
        (key, read) -> {
          if (planned.isEmpty() || planned.contains(key)) {
            builder.task(key, read);
          }
        });
    return builder.build();
  }

  /** Keys of the tasks, each behind those that it needs. */
  public List<String> tasks() {
    return nodes.stream()
        .filter(node -> node.kind().equals(TASK))
        .map(node -> node.taskKey().orElseThrow())
        .toList();
  }

  private static final class Builder {
    private final OrchestratorState state;
    private final ExperimentRecord experiment;
    private final Optional<TrialKeys> keys;
    private final Map<String, Node> nodes = new LinkedHashMap<>();
    private final Set<Edge> edges = new LinkedHashSet<>();

    Builder(OrchestratorState state, ExperimentRecord experiment, Optional<TrialKeys> keys) {
      this.state = state;
      this.experiment = experiment;
      this.keys = keys;
    }

    TrialLineage build() {
      return new TrialLineage(new ArrayList<>(nodes.values()), new ArrayList<>(edges));
    }

    void task(String key, List<SourceRef> sources) {
      String id = "task:" + key;
      List<String> from = new ArrayList<>();
      for (SourceRef source : sources) {
        from.add(
            source
                .upstreamKey()
                .map(upstream -> made(upstream, source.upstreamKind().orElseThrow()))
                .orElseGet(() -> input(source.digest().orElseThrow())));
      }
      Optional<TaskRecord> known = state.task(key);
      nodes.put(
          id,
          new Node(
              id,
              TASK,
              label(key, known),
              Optional.empty(),
              Optional.of(key),
              state.taskState(key, experiment.id())));
      from.forEach(node -> edges.add(new Edge(node, id)));
      known
          .flatMap(TaskRecord::result)
          .map(TaskResult::artifacts)
          .orElse(List.of())
          .forEach(artifact -> artifact(id, key, artifact));
    }

    private void artifact(String task, String key, Artifact artifact) {
      String id = "artifact:" + key + "/" + artifact.name();
      nodes.put(
          id,
          new Node(
              id,
              ARTIFACT,
              artifact.name(),
              Optional.of(artifact.sha256()),
              Optional.of(key),
              Optional.empty()));
      edges.add(new Edge(task, id));
    }

    /** The artifact that is read of a task, or the task while it has none. */
    private String made(String upstream, ArtifactKind kind) {
      return state
          .task(upstream)
          .flatMap(TaskRecord::result)
          .flatMap(
              result ->
                  result.artifacts().stream()
                      .filter(artifact -> artifact.kind() == kind)
                      .findFirst())
          .map(artifact -> "artifact:" + upstream + "/" + artifact.name())
          .orElse("task:" + upstream);
    }

    private String input(String sha256) {
      Optional<Map.Entry<String, Artifact>> named =
          experiment.inputs().entrySet().stream()
              .filter(input -> input.getValue().sha256().equals(sha256))
              .min(Map.Entry.comparingByKey());
      String id = "input:" + sha256;
      nodes.computeIfAbsent(
          id,
          missing ->
              new Node(
                  id,
                  named.map(input -> input.getValue().kind().name()).orElse(ARTIFACT),
                  named.map(Map.Entry::getKey).orElse(sha256.substring(0, 12)),
                  Optional.of(sha256),
                  Optional.empty(),
                  Optional.empty()));
      return id;
    }

    private String label(String key, Optional<TaskRecord> known) {
      return role(keys, key)
          .map(Role::label)
          .or(
              () ->
                  known.map(
                      task ->
                          switch (task.kind()) {
                            case REFERENCE -> "statistics of the real images";
                            case PRETRAIN -> "pretraining";
                            case FINETUNE -> "finetune of another rung";
                            case EVALUATE -> "evaluation";
                          }))
          .orElse("a task");
    }
  }

  /** What a task is to a trial. */
  public enum Role {
    /** Its finetune. */
    FINETUNE("finetune"),
    /** The evaluation of the finetuned weights. */
    EVALUATE("evaluation, finetuned"),
    /** The evaluation of the base weights. */
    BASELINE("evaluation, base model");

    private final String label;

    Role(String label) {
      this.label = label;
    }

    String label() {
      return label;
    }
  }

  /** What a task is to the trial with these tasks; empty when it only needs it. */
  public static Optional<Role> role(Optional<TrialKeys> keys, String key) {
    if (keys.isEmpty()) {
      return Optional.empty();
    }
    if (keys.get().finetune().equals(key)) {
      return Optional.of(Role.FINETUNE);
    }
    if (keys.get().evaluate().equals(key)) {
      return Optional.of(Role.EVALUATE);
    }
    return keys.get().baseline().equals(key) ? Optional.of(Role.BASELINE) : Optional.empty();
  }
}
