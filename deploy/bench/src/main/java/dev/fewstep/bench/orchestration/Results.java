package dev.fewstep.bench.orchestration;

import dev.fewstep.schemas.Artifact;
import dev.fewstep.schemas.ArtifactKind;
import dev.fewstep.schemas.TaskKind;
import dev.fewstep.schemas.TaskState;
import dev.fewstep.schemas.Topics;
import dev.fewstep.schemas.state.InputRecord;
import dev.fewstep.schemas.state.StateCodec;
import dev.fewstep.schemas.state.StateRecord;
import dev.fewstep.schemas.state.StateValue;
import dev.fewstep.schemas.state.TaskRecord;
import dev.fewstep.schemas.state.TaskResult;
import dev.fewstep.schemas.task.FeatureSpace;
import dev.fewstep.schemas.task.SourceRef;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Writes into the state topic of a stopped orchestrator that every task has succeeded, with the
 * records that a leader would have written: a state of many trials without the hours to run them.
 */
final class Results {
  private static final TopicPartition STATE = new TopicPartition(Topics.STATE, 0);
  private static final List<String> METRICS = List.of("fd:", "kd:");

  private final String bootstrap;
  private final List<Artifact> artifacts;
  private final StateCodec codec = new StateCodec();
  private final Random random = new Random(7);
  private final Map<String, SourceRef> inputs = new HashMap<>();

  Results(String bootstrap, List<Artifact> artifacts) {
    this.bootstrap = bootstrap;
    this.artifacts = artifacts;
  }

  /** Number of tasks written. */
  int write() {
    Map<String, TaskRecord> open = read();
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", bootstrap, "linger.ms", 20, "compression.type", "lz4"),
            new ByteArraySerializer(),
            new ByteArraySerializer())) {
      for (TaskRecord task : open.values()) {
        StateRecord done = StateRecord.of(succeeded(task));
        var unused =
            producer.send(
                new ProducerRecord<>(
                    Topics.STATE,
                    0,
                    done.key().getBytes(StandardCharsets.UTF_8),
                    codec.encode(done).orElseThrow()));
      }
    }
    return open.size();
  }

  private Map<String, TaskRecord> read() {
    Map<String, TaskRecord> tasks = new HashMap<>();
    try (KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(
            Map.of("bootstrap.servers", bootstrap, "isolation.level", "read_committed"),
            new ByteArrayDeserializer(),
            new ByteArrayDeserializer())) {
      consumer.assign(List.of(STATE));
      consumer.seekToBeginning(List.of(STATE));
      long end = consumer.endOffsets(List.of(STATE)).get(STATE);
      while (consumer.position(STATE) < end) {
        for (ConsumerRecord<byte[], byte[]> found : consumer.poll(Duration.ofSeconds(1))) {
          Optional<StateValue> value =
              codec
                  .decode(
                      new String(found.key(), StandardCharsets.UTF_8),
                      Optional.ofNullable(found.value()))
                  .value();
          if (value.isPresent() && value.get() instanceof TaskRecord task) {
            tasks.put(task.key(), task);
          } else if (value.isPresent() && value.get() instanceof InputRecord input) {
            inputs.put(input.name(), SourceRef.digest(input.artifact().sha256()));
          }
        }
      }
    }
    return tasks;
  }

  /** The spaces that {@link Grids} scores in. */
  private List<String> spaces() {
    return List.of(
        new FeatureSpace(inputs.get("small"), "multi").id(),
        new FeatureSpace(inputs.get("wide"), "").id());
  }

  private TaskRecord succeeded(TaskRecord task) {
    Instant end = task.createdAt().plusSeconds(60);
    Map<String, Double> scores = new HashMap<>();
    if (task.kind() == TaskKind.EVALUATE) {
      for (String space : spaces()) {
        for (String metric : METRICS) {
          scores.put(metric + space, 10 + 5 * random.nextGaussian());
        }
      }
      scores.put("nfe", 5.0);
      scores.put("samples", 2048.0);
    } else if (task.kind() == TaskKind.FINETUNE) {
      scores.put("final_loss", random.nextDouble());
      scores.put("images_per_second", 100 * random.nextDouble());
    }
    byte[] id = new byte[16];
    random.nextBytes(id);
    Artifact file = artifacts.get(random.nextInt(artifacts.size()));
    return task.edit()
        .state(TaskState.SUCCEEDED)
        .finishedAt(end)
        .result(
            new TaskResult(
                1,
                UUID.nameUUIDFromBytes(id),
                List.of(
                    Device.named(file, Device.made(task.kind())),
                    Device.named(file, ArtifactKind.LOG)),
                scores,
                Map.of("commit", "bench", "device", "cpu", "engine", "none"),
                60))
        .build();
  }
}
