package dev.fewstep.orchestrator.experiment;

import static java.util.Objects.requireNonNull;

import dev.fewstep.schemas.state.ExperimentRecord;
import dev.fewstep.schemas.state.ProjectRecord;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * A project and what it has of the devices.
 *
 * @param name as in {@code metadata.project}
 * @param weight its weight in fair sharing
 * @param maxDevices devices that its tasks may hold at once, 0 for no bound
 * @param devices devices that they hold: tasks published or running
 * @param experiments its experiments that have not ended
 */
public record ProjectShare(
    String name, double weight, int maxDevices, int devices, int experiments) {
  public ProjectShare {
    requireNonNull(name, "name");
  }

  /** The projects that somebody set or that an experiment belongs to, by name. */
  public static List<ProjectShare> all(OrchestratorState state) {
    Map<String, Integer> experiments = new TreeMap<>();
    state.projects().forEach(project -> experiments.put(project.name(), 0));
    for (String id : state.experimentIdsOldestFirst()) {
      ExperimentRecord experiment = state.experiment(id).orElseThrow();
      boolean open =
          state.progress(id).map(progress -> !progress.state().isTerminal()).orElse(false);
      experiments.merge(Shares.project(experiment), open ? 1 : 0, Integer::sum);
    }
    Shares shares = new Shares(new Draft(state, Instant.EPOCH, Instant.EPOCH), Duration.ofDays(1));
    List<ProjectShare> all = new ArrayList<>();
    experiments.forEach(
        (name, open) -> {
          ProjectRecord project = state.project(name);
          all.add(
              new ProjectShare(
                  name, project.weight(), project.maxDevices(), shares.held(name), open));
        });
    return all;
  }

  /** A project; empty when nobody set it and no experiment belongs to it. */
  public static Optional<ProjectShare> of(OrchestratorState state, String name) {
    return all(state).stream().filter(project -> project.name().equals(name)).findFirst();
  }
}
