package dev.fewstep.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import org.junit.jupiter.api.Test;

class KafkaMetersTest {
  @Test
  void aClientIsKnownByItsRoleWhateverTheProcess() {
    assertThat(KafkaMeters.role("fewstep-state-4711-2")).isEqualTo("fewstep-state");
    assertThat(KafkaMeters.role("fewstep-state-4711")).isEqualTo("fewstep-state");
    assertThat(KafkaMeters.role("fewstep-worker-0b3f1c52-8a57-4e0e-9a44-0d1c2b3a4f5e"))
        .isEqualTo("fewstep-worker");
    assertThat(KafkaMeters.role("fewstep-leader")).isEqualTo("fewstep-leader");
  }

  @Test
  void ofKafkasMetersFewAreKeptWithFewLabels() {
    SimpleMeterRegistry registry = new SimpleMeterRegistry();
    KafkaMeters.limit(registry.config());
    registry.counter("kafka.producer.record.send.total", "client.id", "a-12", "node", "7");
    registry.counter("kafka.producer.record.send.total", "client.id", "a-13", "node", "8");
    registry.counter("kafka.producer.connection.count", "client.id", "b-1", "class", "gpu");
    registry.counter("kafka.producer.batch.size.avg", "client.id", "a-12");
    registry.counter("fewstep.something", "client.id", "a-12");

    assertThat(registry.getMeters())
        .extracting(meter -> meter.getId().getName() + meter.getId().getTags())
        .containsExactlyInAnyOrder(
            "kafka.producer.record.send.total[tag(client=a)]",
            "kafka.producer.connection.count[tag(class=gpu), tag(client=b)]",
            "fewstep.something[tag(client.id=a-12)]");
  }
}
