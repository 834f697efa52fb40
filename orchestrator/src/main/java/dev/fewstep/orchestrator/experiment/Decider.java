package dev.fewstep.orchestrator.experiment;

import static java.util.Objects.requireNonNull;

import dev.fewstep.schemas.message.Command;
import dev.fewstep.schemas.message.InboxMessage;
import dev.fewstep.schemas.message.Report;
import java.time.Instant;

/**
 * Decides. Pure: a decision is a function of its arguments; neither a clock nor the outside world
 * is asked, and the state is not changed.
 *
 * <p>The caller replays each decision before it asks for the next, and follows every group of inbox
 * records with {@link Input.Tick}s until {@link Decision#more()} is false. Several decisions may
 * share a transaction. For one thread.
 */
public final class Decider {
  private final CommandRules commands;
  private final ReportRules reports;
  private final LeaseRules leases;
  private final PlanningRules planning;
  private final HalvingRules halving;
  private final RetryFailedRules asked;
  private final MoveRules moves;
  private final PauseRules pauses;
  private final DispatchRules dispatch;
  private final ArchiveRules archives;

  /** A decider with the given times and bounds. */
  public Decider(Settings settings) {
    requireNonNull(settings, "settings");
    Plans plans = new Plans();
    RetryRules retries = new RetryRules(settings);
    commands = new CommandRules();
    reports = new ReportRules(settings, retries);
    leases = new LeaseRules(settings, retries);
    planning = new PlanningRules(settings, plans);
    halving = new HalvingRules(settings, plans, planning);
    asked = new RetryFailedRules(settings);
    moves = new MoveRules(settings);
    pauses = new PauseRules();
    dispatch = new DispatchRules(settings, plans);
    archives = new ArchiveRules(settings, plans);
  }

  /**
   * What follows from an input. A message that is late, repeated or of nothing known changes
   * nothing.
   *
   * @param now the leader's wall clock, for times that people read; never compared with record time
   */
  public Decision decide(Input input, OrchestratorState state, Instant now) {
    Draft draft = new Draft(state, input.recordTime(), now);
    if (input instanceof Input.Received received) {
      received(draft, received.message());
    } else if (input instanceof Input.Tick tick) {
      tick(draft, tick);
    } else if (input instanceof Input.Heard) {
      leases.advance(draft);
    } else if (input instanceof Input.Verified verified) {
      reports.verified(draft, verified);
    } else if (input instanceof Input.ArtifactsChecked checked) {
      planning.checked(draft, checked);
    } else {
      leases.elected(draft);
    }
    return draft.decision();
  }

  private void received(Draft draft, InboxMessage message) {
    if (message instanceof Command command) {
      commands.handle(draft, command);
    } else {
      reports.handle(draft, (Report) message);
    }
  }

  private void tick(Draft draft, Input.Tick tick) {
    if (!tick.lagging()) {
      leases.advance(draft);
    }
    ScheduleRules.advance(draft);
    beforeDispatch(draft);
    dispatch.advance(draft);
    if (draft.changed() && !draft.state().schedules().awaiting().isEmpty()) {
      draft.more(); // The end of a scheduled experiment may be among the changes.
    }
  }

  /** What a tick decides before it publishes anything, but for what it judges by silence. */
  Draft ahead(OrchestratorState state, Instant recordTime) {
    Draft draft = new Draft(state, recordTime, recordTime);
    beforeDispatch(draft);
    return draft;
  }

  private void beforeDispatch(Draft draft) {
    planning.advance(draft);
    halving.advance(draft);
    asked.advance(draft);
    moves.advance(draft);
    pauses.advance(draft);
    archives.advance(draft);
  }
}
