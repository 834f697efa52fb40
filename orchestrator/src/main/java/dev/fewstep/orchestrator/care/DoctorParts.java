package dev.fewstep.orchestrator.care;

import static java.util.Objects.requireNonNull;

import dev.fewstep.orchestrator.experiment.Settings;
import dev.fewstep.orchestrator.log.ClusterProbe;
import dev.fewstep.store.S3Bucket;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.function.Supplier;

/**
 * What is examined.
 *
 * @param cluster the log
 * @param bucket the store
 * @param state the committed state of whoever examines
 * @param settings times of decisions
 * @param clock this machine's clock
 * @param version of this build
 * @param problems what this process itself knows to be wrong
 * @param directories whose disks need room
 */
public record DoctorParts(
    ClusterProbe cluster,
    S3Bucket bucket,
    CommittedState state,
    Settings settings,
    Clock clock,
    String version,
    Supplier<List<String>> problems,
    List<Path> directories) {
  public DoctorParts {
    requireNonNull(cluster, "cluster");
    requireNonNull(bucket, "bucket");
    requireNonNull(state, "state");
    requireNonNull(settings, "settings");
    requireNonNull(clock, "clock");
    requireNonNull(version, "version");
    requireNonNull(problems, "problems");
    directories = List.copyOf(directories);
  }
}
