package dev.fewstep.orchestrator.api;

import static java.util.Objects.requireNonNull;

import dev.fewstep.orchestrator.archive.Archivist;
import dev.fewstep.orchestrator.artifact.ObjectStore;
import dev.fewstep.orchestrator.care.Care;
import dev.fewstep.orchestrator.experiment.Settings;
import dev.fewstep.orchestrator.log.AuditLog;
import dev.fewstep.orchestrator.log.CommandGateway;
import dev.fewstep.orchestrator.log.MetricsTail;
import dev.fewstep.orchestrator.log.StateView;
import dev.fewstep.orchestrator.ops.OrchestratorMetrics;
import dev.fewstep.orchestrator.panel.PanelSource;
import dev.fewstep.orchestrator.webhook.WebhookSettings;
import dev.fewstep.telemetry.Traces;
import java.time.Clock;

/**
 * What the API serves from.
 *
 * @param state the committed state
 * @param gateway takes commands
 * @param curves live ends of curves
 * @param store the artifacts
 * @param archivist writes and reads archives
 * @param metrics meters
 * @param clock the wall clock
 * @param decisions the settings that decisions are made with
 * @param readiness whether requests can be served
 * @param care examines the installation and looks after its artifacts
 * @param panels the fleet over time
 * @param webhooks which webhooks may be told
 * @param audit who asked for what
 * @param traces what the span of each request is begun with
 */
public record ApiParts(
    StateView state,
    CommandGateway gateway,
    MetricsTail curves,
    ObjectStore store,
    Archivist archivist,
    OrchestratorMetrics metrics,
    Clock clock,
    Settings decisions,
    Readiness readiness,
    Care care,
    PanelSource panels,
    WebhookSettings webhooks,
    AuditLog audit,
    Traces traces) {
  public ApiParts {
    requireNonNull(state, "state");
    requireNonNull(gateway, "gateway");
    requireNonNull(curves, "curves");
    requireNonNull(store, "store");
    requireNonNull(archivist, "archivist");
    requireNonNull(metrics, "metrics");
    requireNonNull(clock, "clock");
    requireNonNull(decisions, "decisions");
    requireNonNull(readiness, "readiness");
    requireNonNull(care, "care");
    requireNonNull(panels, "panels");
    requireNonNull(webhooks, "webhooks");
    requireNonNull(audit, "audit");
    requireNonNull(traces, "traces");
  }
}
