package dev.fewstep.orchestrator.log;

import static java.util.Objects.requireNonNull;

import dev.fewstep.orchestrator.experiment.Decider;
import dev.fewstep.orchestrator.ops.OrchestratorMetrics;
import dev.fewstep.telemetry.Traces;
import java.time.Clock;
import java.util.concurrent.ScheduledExecutorService;

/**
 * What every term of a leader works with.
 *
 * @param settings the cluster
 * @param view the fold that this replica keeps anyway
 * @param topics makes topics when device classes appear
 * @param decider decides
 * @param probe looks artifacts up
 * @param executor runs the probe
 * @param clock the wall clock, for times that people read
 * @param metrics counts
 * @param listener hears of the stages
 * @param traces what spans are begun with
 */
public record LeaderContext(
    KafkaSettings settings,
    StateView view,
    TopicSetup topics,
    Decider decider,
    ArtifactProbe probe,
    ScheduledExecutorService executor,
    Clock clock,
    OrchestratorMetrics metrics,
    TermListener listener,
    Traces traces) {
  public LeaderContext {
    requireNonNull(settings, "settings");
    requireNonNull(view, "view");
    requireNonNull(topics, "topics");
    requireNonNull(decider, "decider");
    requireNonNull(probe, "probe");
    requireNonNull(executor, "executor");
    requireNonNull(clock, "clock");
    requireNonNull(metrics, "metrics");
    requireNonNull(listener, "listener");
    requireNonNull(traces, "traces");
  }
}
