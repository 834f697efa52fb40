package dev.fewstep.orchestrator.archive;

import static java.util.Objects.requireNonNull;

import dev.fewstep.orchestrator.log.CommandGateway;
import dev.fewstep.orchestrator.log.StateView;
import dev.fewstep.schemas.message.Command;
import dev.fewstep.schemas.state.ExperimentRecord;
import dev.fewstep.schemas.state.OutcomeRecord;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
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
 * Archives experiments that ended long ago, by the same way as a person would. Only the replica
 * that leads does so; should two do it for a moment, the second command changes nothing.
 */
public final class Retention implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Retention.class);
  private static final int AT_ONCE = 100;

  private final StateView state;
  private final CommandGateway gateway;
  private final Archivist archivist;
  private final Clock clock;
  private final Duration age;
  private final BooleanSupplier leads;
  private final ScheduledExecutorService executor =
      Executors.newSingleThreadScheduledExecutor(
          task -> {
            Thread thread = new Thread(task, "fewstep-retention");
            thread.setDaemon(true);
            return thread;
          });

  private Retention(
      StateView state,
      CommandGateway gateway,
      Archivist archivist,
      Clock clock,
      Duration age,
      BooleanSupplier leads) {
    this.state = requireNonNull(state, "state");
    this.gateway = requireNonNull(gateway, "gateway");
    this.archivist = requireNonNull(archivist, "archivist");
    this.clock = requireNonNull(clock, "clock");
    this.age = requireNonNull(age, "age");
    this.leads = requireNonNull(leads, "leads");
  }

  /**
   * Starts.
   *
   * @param age how long an experiment is kept after its end
   * @param leads whether this replica leads
   */
  public static Retention start(
      StateView state,
      CommandGateway gateway,
      Archivist archivist,
      Clock clock,
      Duration age,
      BooleanSupplier leads) {
    Retention retention = new Retention(state, gateway, archivist, clock, age, leads);
    long pause = Math.max(1, Math.min(Duration.ofHours(1).toSeconds(), age.toSeconds() / 4));
    var unused =
        retention.executor.scheduleWithFixedDelay(
            retention::look, Math.min(pause, 60), pause, TimeUnit.SECONDS);
    return retention;
  }

  private void look() {
    try {
      if (leads.getAsBoolean() && state.caughtUp()) {
        for (String id : due()) {
          archive(id);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException | ExecutionException | RuntimeException e) {
      LOG.warn("Old experiments could not be archived; it is tried again", e);
    }
  }

  private List<String> due() {
    Instant before = clock.instant().minus(age);
    return state.read(
        fold -> {
          List<String> due = new ArrayList<>();
          for (ExperimentRecord experiment :
              fold.experiments(Optional.empty(), Integer.MAX_VALUE)) {
            boolean old =
                fold.endedAt(experiment.id()).map(end -> end.isBefore(before)).orElse(false);
            if (old && due.size() < AT_ONCE) {
              due.add(experiment.id());
            }
          }
          return due;
        });
  }

  private void archive(String id) throws IOException, InterruptedException, ExecutionException {
    Optional<Command.ArchiveExperiment> command = archivist.write(UUID.randomUUID(), id, true);
    if (command.isPresent()) {
      Optional<OutcomeRecord> outcome = gateway.send(command.get()).get();
      String what =
          outcome
              .map(found -> found.accepted() ? "is archived" : "stays: " + found.reason())
              .orElse("is about to be archived");
      LOG.info("Experiment {} ended more than {} ago and {}", id, age, what);
    }
  }

  @Override
  public void close() {
    executor.shutdownNow();
  }
}
