package dev.fewstep.telemetry;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.config.MeterFilter;
import io.micrometer.core.instrument.config.MeterFilterReply;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Which of the hundreds of meters of Kafka's clients are kept: those that say whether a client
 * reaches its brokers and how long they take, once per client.
 */
public final class KafkaMeters {
  private static final String PREFIX = "kafka.";
  private static final Pattern PROCESS =
      Pattern.compile("(-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|(-[0-9]+)+)$");
  private static final Set<String> KEPT =
      Set.of(
          "kafka.producer.record.send.total",
          "kafka.producer.record.error.total",
          "kafka.producer.record.retry.total",
          "kafka.producer.request.latency.avg",
          "kafka.producer.buffer.available.bytes",
          "kafka.producer.connection.count",
          "kafka.consumer.connection.count",
          "kafka.consumer.fetch.manager.fetch.total",
          "kafka.consumer.fetch.manager.fetch.latency.avg",
          "kafka.consumer.time.between.poll.avg",
          "kafka.consumer.coordinator.rebalance.total",
          "kafka.consumer.coordinator.failed.rebalance.total");

  private KafkaMeters() {}

  /** Keeps those, with the client's role for a label: its id tells processes apart as well. */
  public static void limit(MeterRegistry.Config config) {
    config.meterFilter(
        new MeterFilter() {
          @Override
          public MeterFilterReply accept(Meter.Id id) {
            return !id.getName().startsWith(PREFIX) || KEPT.contains(id.getName())
                ? MeterFilterReply.NEUTRAL
                : MeterFilterReply.DENY;
          }

          @Override
          public Meter.Id map(Meter.Id id) {
            return id.getName().startsWith(PREFIX) ? id.replaceTags(bounded(id)) : id;
          }
        });
  }

  private static List<Tag> bounded(Meter.Id id) {
    List<Tag> tags = new ArrayList<>();
    for (Tag tag : id.getTags()) {
      if (tag.getKey().equals("client.id")) {
        tags.add(Tag.of("client", role(tag.getValue())));
      } else if (tag.getKey().equals("class")) {
        tags.add(tag);
      }
    }
    return tags;
  }

  /** {@code fewstep-state} of {@code fewstep-state-4711-2}: without numbers or a worker's id. */
  static String role(String clientId) {
    return PROCESS.matcher(clientId).replaceFirst("");
  }
}
