package dev.fewstep.orchestrator.webhook;

import static java.util.Objects.requireNonNull;

import dev.fewstep.orchestrator.log.CommandGateway;
import dev.fewstep.orchestrator.log.StateView;
import dev.fewstep.schemas.message.Command;
import dev.fewstep.schemas.state.DeliveryRecord;
import java.io.IOException;
import java.time.Clock;
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
 * Delivers what the state says webhooks are to be told, from the replica that leads, and notes what
 * became of each attempt. The pauses between attempts are the core's and outlast leaders.
 */
public final class Webhooks implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Webhooks.class);
  private static final Duration LOOK = Duration.ofSeconds(1);

  private final StateView state;
  private final CommandGateway gateway;
  private final WebhookPost post;
  private final Clock clock;
  private final BooleanSupplier leads;
  private final ScheduledExecutorService executor =
      Executors.newSingleThreadScheduledExecutor(
          task -> {
            Thread thread = new Thread(task, "fewstep-webhooks");
            thread.setDaemon(true);
            return thread;
          });

  private Webhooks(
      StateView state,
      CommandGateway gateway,
      WebhookPost post,
      Clock clock,
      BooleanSupplier leads) {
    this.state = requireNonNull(state, "state");
    this.gateway = requireNonNull(gateway, "gateway");
    this.post = requireNonNull(post, "post");
    this.clock = requireNonNull(clock, "clock");
    this.leads = requireNonNull(leads, "leads");
  }

  /**
   * Starts.
   *
   * @param leads whether this replica leads
   */
  public static Webhooks start(
      StateView state,
      CommandGateway gateway,
      WebhookPost post,
      Clock clock,
      BooleanSupplier leads) {
    Webhooks webhooks = new Webhooks(state, gateway, post, clock, leads);
    var unused =
        webhooks.executor.scheduleWithFixedDelay(
            webhooks::look, LOOK.toMillis(), LOOK.toMillis(), TimeUnit.MILLISECONDS);
    return webhooks;
  }

  private void look() {
    try {
      if (leads.getAsBoolean() && state.caughtUp()) {
        for (DeliveryRecord delivery : state.read(fold -> fold.deliveries().due(clock.instant()))) {
          deliver(delivery);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException | RuntimeException e) {
      LOG.warn("Webhooks could not be told; it is tried again", e);
    }
  }

  /** The note is waited for, so that what is delivered is not found due again. */
  private void deliver(DeliveryRecord delivery) throws InterruptedException, ExecutionException {
    Optional<String> problem = Optional.empty();
    try {
      post.send(delivery, clock.instant());
    } catch (IOException e) {
      problem = Optional.of(Optional.ofNullable(e.getMessage()).orElse(e.toString()));
    }
    LOG.info(
        "Delivery {} of {}: {}", delivery.id(), delivery.schedule(), problem.orElse("delivered"));
    var unused =
        gateway
            .send(
                new Command.NoteDelivery(
                    UUID.randomUUID(), clock.instant(), delivery.id(), problem))
            .get();
  }

  @Override
  public void close() {
    executor.shutdownNow();
  }
}
