package dev.fewstep.orchestrator.log;

import static java.util.Objects.requireNonNull;

import dev.fewstep.orchestrator.care.CommittedState;
import dev.fewstep.orchestrator.experiment.OrchestratorState;
import dev.fewstep.schemas.Topics;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.TopicPartition;

/** This replica's fold, brought up to the end that the state topic has now. */
public final class CurrentState implements CommittedState, AutoCloseable {
  private static final TopicPartition STATE = new TopicPartition(Topics.STATE, 0);
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final StateView view;
  private final Admin admin;
  private volatile long least;

  /** The fold and a client that asks for the end. */
  public CurrentState(KafkaSettings settings, StateView view) {
    this.view = requireNonNull(view, "view");
    this.admin = Admin.create(settings.client("fewstep-care"));
  }

  /**
   * The end asked for counts records of transactions that are still open: the marker of a committed
   * transaction may be written after the commit has been answered, and what is committed then must
   * be seen.
   */
  @Override
  public void catchUp() throws IOException {
    try {
      long end =
          admin
              .listOffsets(Map.of(STATE, OffsetSpec.latest()))
              .partitionResult(STATE)
              .get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)
              .offset();
      var unused = view.await(end).get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
      least = end;
    } catch (ExecutionException e) {
      throw new IOException(
          "the end of the state cannot be asked for: " + e.getCause().getMessage(), e);
    } catch (TimeoutException e) {
      throw new IOException(
          "the state was not read to its end within " + PATIENCE.toSeconds() + " s", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while the state was read to its end", e);
    }
  }

  @Override
  public <T> T read(Function<OrchestratorState, T> reader) {
    // The tail may have started over since.
    return view.read(least, PATIENCE, reader);
  }

  @Override
  public void close() {
    admin.close(Duration.ofSeconds(2));
  }
}
