package dev.fewstep.worker.task;

import dev.fewstep.embedded.EmbeddedOptions;
import dev.fewstep.embedded.EmbeddedStack;
import dev.fewstep.schemas.Json;
import dev.fewstep.schemas.Topics;
import dev.fewstep.schemas.message.ControlMessage;
import dev.fewstep.schemas.message.InboxMessage;
import dev.fewstep.schemas.message.MetricBatch;
import dev.fewstep.schemas.message.Report;
import dev.fewstep.schemas.message.TaskMessage;
import dev.fewstep.schemas.message.WorkerOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.function.Predicate;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * A broker, a store, and a leader that is led by the test: it publishes tasks and control in one
 * transaction and keeps the reports that came in.
 */
public final class LeaderSide implements AutoCloseable {
  /** How long a test waits for something that must come. */
  public static final Duration PATIENCE = Duration.ofMinutes(2);

  private final EmbeddedStack stack;
  private final KafkaSettings kafka;
  private final KafkaProducer<byte[], byte[]> producer;
  private final KafkaConsumer<byte[], byte[]> consumer;
  private final List<Report> reports = new ArrayList<>();
  private final List<MetricBatch> metrics = new ArrayList<>();

  /** Starts everything; the task topics of these device classes are made. */
  public LeaderSide(Path data, String... deviceClasses) throws Exception {
    stack = EmbeddedStack.start(data, EmbeddedOptions.anyPorts());
    kafka = KafkaSettings.of(stack.bootstrapServers());
    makeTopics(deviceClasses);
    Map<String, Object> config = kafka.client();
    config.put("transactional.id", "leader");
    producer = new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer());
    producer.initTransactions();
    consumer =
        new KafkaConsumer<>(
            kafka.client(), new ByteArrayDeserializer(), new ByteArrayDeserializer());
    List<TopicPartition> partitions =
        List.of(new TopicPartition(Topics.INBOX, 0), new TopicPartition(Topics.METRICS, 0));
    consumer.assign(partitions);
    consumer.seekToBeginning(partitions);
  }

  private void makeTopics(String... deviceClasses) throws InterruptedException, ExecutionException {
    try (Admin admin = Admin.create(kafka.client())) {
      List<NewTopic> topics = new ArrayList<>();
      topics.add(new NewTopic(Topics.INBOX, 1, (short) 1));
      topics.add(
          new NewTopic(Topics.CONTROL, 1, (short) 1).configs(Map.of("cleanup.policy", "compact")));
      topics.add(new NewTopic(Topics.METRICS, 1, (short) 1));
      for (String deviceClass : deviceClasses) {
        ConfigResource group =
            new ConfigResource(ConfigResource.Type.GROUP, Topics.shareGroup(deviceClass));
        admin
            .incrementalAlterConfigs(
                Map.of(
                    group,
                    List.of(
                        set("share.auto.offset.reset", "earliest"),
                        set("share.isolation.level", "read_committed"))))
            .all()
            .get();
        topics.add(new NewTopic(Topics.tasks(deviceClass), 1, (short) 1));
      }
      admin.createTopics(topics).all().get();
    }
  }

  private static AlterConfigOp set(String name, String value) {
    return new AlterConfigOp(new ConfigEntry(name, value), AlterConfigOp.OpType.SET);
  }

  /** The services. */
  public EmbeddedStack stack() {
    return stack;
  }

  /** How to reach the broker. */
  public KafkaSettings kafka() {
    return kafka;
  }

  /** Publishes an attempt, and that it is the current one. */
  public void publish(String deviceClass, TaskMessage message) {
    publish(
        deviceClass,
        message,
        new ControlMessage(message.taskKey(), message.attempt(), Optional.empty(), false));
  }

  /** Publishes an attempt together with a control record, in one transaction. */
  public void publish(String deviceClass, TaskMessage message, ControlMessage control) {
    producer.beginTransaction();
    send(Topics.tasks(deviceClass), message.taskKey(), Json.toBytes(message));
    send(Topics.CONTROL, control.taskKey(), Json.toBytes(control));
    producer.commitTransaction();
  }

  /** Publishes bytes that are no task. */
  void publishGarbage(String deviceClass) {
    producer.beginTransaction();
    send(Topics.tasks(deviceClass), "x", "{".getBytes(StandardCharsets.UTF_8));
    producer.commitTransaction();
  }

  /** Publishes a control record. */
  public void control(ControlMessage control) {
    producer.beginTransaction();
    send(Topics.CONTROL, control.taskKey(), Json.toBytes(control));
    producer.commitTransaction();
  }

  /** Publishes what a worker is asked. */
  void order(WorkerOrder order) {
    producer.beginTransaction();
    send(Topics.CONTROL, order.key(), Json.toBytes(order));
    producer.commitTransaction();
  }

  private void send(String topic, String key, byte[] value) {
    var unused =
        producer.send(new ProducerRecord<>(topic, key.getBytes(StandardCharsets.UTF_8), value));
  }

  /** Waits for a report of a type, among all that ever came. */
  public <T extends Report> T await(Class<T> type, Predicate<T> wanted) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (true) {
      for (T report : all(type)) {
        if (wanted.test(report)) {
          return report;
        }
      }
      if (System.nanoTime() > deadline) {
        throw new AssertionError("no such " + type.getSimpleName() + " among " + reports);
      }
      poll(Duration.ofMillis(100));
    }
  }

  /** The reports of a type that have come so far. */
  public <T extends Report> List<T> all(Class<T> type) {
    return reports.stream().filter(type::isInstance).map(type::cast).toList();
  }

  /** The metrics that have come so far. */
  List<MetricBatch> metrics() {
    return List.copyOf(metrics);
  }

  /** Takes in what has come. */
  void poll(Duration patience) {
    consumer
        .poll(patience)
        .forEach(
            record -> {
              if (record.topic().equals(Topics.INBOX)) {
                reports.add((Report) Json.fromBytes(record.value(), InboxMessage.class));
              } else {
                metrics.add(Json.fromBytes(record.value(), MetricBatch.class));
              }
            });
  }

  @Override
  public void close() {
    consumer.close();
    producer.close();
    stack.close();
  }
}
