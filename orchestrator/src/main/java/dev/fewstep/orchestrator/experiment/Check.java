package dev.fewstep.orchestrator.experiment;

import static java.util.Objects.requireNonNull;

import dev.fewstep.schemas.Artifact;
import dev.fewstep.schemas.message.Report;
import java.util.List;

/**
 * A look into the artifact store that a decision asks for. It is answered once the store has
 * answered: a store that is down is asked again, not reported as lacking the artifacts. A new
 * leader is asked again for everything that is open.
 */
public sealed interface Check {
  /** The task it is about. */
  String taskKey();

  /** The files to look up, by digest and size. */
  List<Artifact> artifacts();

  /** Is the manifest of a reported success complete? Answered by {@link Input.Verified}. */
  record Manifest(Report.Succeeded report) implements Check {
    public Manifest {
      requireNonNull(report, "report");
    }

    @Override
    public String taskKey() {
      return report.taskKey();
    }

    @Override
    public List<Artifact> artifacts() {
      return report.artifacts();
    }
  }

  /** Does an earlier result still exist? Answered by {@link Input.ArtifactsChecked}. */
  record Cached(String taskKey, List<Artifact> artifacts) implements Check {
    public Cached {
      requireNonNull(taskKey, "taskKey");
      artifacts = List.copyOf(artifacts);
    }
  }
}
