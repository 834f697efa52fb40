package dev.fewstep.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fewstep.orchestrator.artifact.ObjectStore;
import dev.fewstep.orchestrator.care.CommittedState;
import dev.fewstep.orchestrator.care.Doctor;
import dev.fewstep.orchestrator.care.DoctorParts;
import dev.fewstep.orchestrator.experiment.OrchestratorState;
import dev.fewstep.orchestrator.log.ClusterFacts;
import dev.fewstep.orchestrator.log.ClusterProbe;
import dev.fewstep.orchestrator.log.CurrentState;
import dev.fewstep.orchestrator.log.KafkaSettings;
import dev.fewstep.orchestrator.log.StateView;
import dev.fewstep.orchestrator.log.TopicSetup;
import dev.fewstep.orchestrator.ops.OrchestratorMetrics;
import dev.fewstep.schemas.Json;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.function.Function;

/** Examines Kafka and the store from this process, with the settings of a server. */
final class DirectExaminer implements DoctorCommand.Examiner {
  private static final Duration RECORD_LOCK = Duration.ofSeconds(15);
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final Deque<AutoCloseable> parts = new ArrayDeque<>();
  private final Doctor doctor;

  DirectExaminer(Settings settings) {
    KafkaSettings kafka = settings.kafka();
    ObjectStore store = own(new ObjectStore(settings.store()));
    ClusterProbe cluster = new ClusterProbe(own(new TopicSetup(kafka, RECORD_LOCK)));
    doctor =
        new Doctor(
            new DoctorParts(
                cluster,
                store.bucket(),
                state(cluster, kafka),
                dev.fewstep.orchestrator.experiment.Settings.defaults(),
                Clock.systemUTC(),
                OrchestratorMetrics.version(),
                List::of,
                List.of()));
  }

  private <T extends AutoCloseable> T own(T part) {
    parts.push(part);
    return part;
  }

  /** The state as far as it can be read; an empty one where the log is away. */
  private CommittedState state(ClusterProbe cluster, KafkaSettings kafka) {
    try {
      if (cluster.look(List.of()).topics().stream().allMatch(ClusterFacts.Topic::exists)) {
        StateView view = own(StateView.start(kafka, own(new OrchestratorMetrics())));
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!view.caughtUp() && view.problem().isEmpty() && System.nanoTime() < deadline) {
          Thread.sleep(50);
        }
        return own(new CurrentState(kafka, view));
      }
    } catch (IOException e) {
      return new Unread(e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw CliException.failed("interrupted");
    }
    return new Unread("a topic is missing");
  }

  /** A state that cannot be read. */
  private record Unread(String why) implements CommittedState {
    @Override
    public void catchUp() throws IOException {
      throw new IOException(why);
    }

    @Override
    public <T> T read(Function<OrchestratorState, T> reader) {
      return reader.apply(new OrchestratorState());
    }
  }

  @Override
  public ObjectNode examine() {
    return (ObjectNode) Json.toTree(doctor.examine());
  }

  @Override
  public JsonNode repair(List<String> repairs) {
    ObjectNode answer = Json.messages().createObjectNode();
    ArrayNode items = answer.putArray("items");
    for (String repair : repairs) {
      ObjectNode item = items.addObject().put("repair", repair);
      try {
        item.put("done", true).put("message", doctor.repair(repair));
      } catch (IOException | RuntimeException e) {
        item.put("done", false).put("message", String.valueOf(e.getMessage()));
      }
    }
    return answer;
  }

  @Override
  public void close() {
    while (!parts.isEmpty()) {
      try {
        parts.pop().close();
      } catch (Exception e) {
        org.slf4j.LoggerFactory.getLogger(DirectExaminer.class)
            .warn("while closing: {}", e.toString());
      }
    }
  }
}
