package dev.fewstep.orchestrator.archive;

import static java.util.Objects.requireNonNull;

import dev.fewstep.orchestrator.log.CommandGateway;
import dev.fewstep.orchestrator.log.StateView;
import dev.fewstep.schemas.message.Command;
import dev.fewstep.schemas.state.OutcomeRecord;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Archives experiments of schedules that are more than their schedule keeps, by the same way as a
 * person would. Only the replica that leads does so; should two do it for a moment, the second
 * command changes nothing.
 */
public final class ScheduleRetention implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ScheduleRetention.class);

  private final StateView state;
  private final CommandGateway gateway;
  private final Archivist archivist;
  private final BooleanSupplier leads;
  private final ScheduledExecutorService executor =
      Executors.newSingleThreadScheduledExecutor(
          task -> {
            Thread thread = new Thread(task, "fewstep-schedule-retention");
            thread.setDaemon(true);
            return thread;
          });

  private ScheduleRetention(
      StateView state, CommandGateway gateway, Archivist archivist, BooleanSupplier leads) {
    this.state = requireNonNull(state, "state");
    this.gateway = requireNonNull(gateway, "gateway");
    this.archivist = requireNonNull(archivist, "archivist");
    this.leads = requireNonNull(leads, "leads");
  }

  /**
   * Starts.
   *
   * @param pause how long it rests between two looks
   * @param leads whether this replica leads
   */
  public static ScheduleRetention start(
      StateView state,
      CommandGateway gateway,
      Archivist archivist,
      Duration pause,
      BooleanSupplier leads) {
    ScheduleRetention retention = new ScheduleRetention(state, gateway, archivist, leads);
    var unused =
        retention.executor.scheduleWithFixedDelay(
            retention::look, pause.toMillis(), pause.toMillis(), TimeUnit.MILLISECONDS);
    return retention;
  }

  private void look() {
    try {
      if (leads.getAsBoolean() && state.caughtUp()) {
        for (String id : state.read(fold -> fold.schedules().surplus())) {
          archive(id);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException | ExecutionException | RuntimeException e) {
      LOG.warn("Experiments of schedules could not be archived; it is tried again", e);
    }
  }

  private void archive(String id) throws IOException, InterruptedException, ExecutionException {
    Optional<Command.ArchiveExperiment> command = archivist.write(UUID.randomUUID(), id, true);
    if (command.isPresent()) {
      Optional<OutcomeRecord> outcome = gateway.send(command.get()).get();
      LOG.info(
          "Experiment {} is more than its schedule keeps and {}",
          id,
          outcome
              .map(found -> found.accepted() ? "is archived" : "stays: " + found.reason())
              .orElse("is about to be archived"));
    }
  }

  @Override
  public void close() {
    executor.shutdownNow();
  }
}
