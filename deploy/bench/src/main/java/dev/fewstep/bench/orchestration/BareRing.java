package dev.fewstep.bench.orchestration;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.AcknowledgeType;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.KafkaShareConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * What Kafka alone gives: members of a share group take one record each, report once and
 * acknowledge; one transactional reader answers each report with the next record and one record of
 * state. No decisions, no JSON, no control, no store.
 */
final class BareRing {
  private static final String TASKS = "bare.tasks";
  private static final String REPORTS = "bare.reports";
  private static final String STATE = "bare.state";
  private static final String GROUP = "bare-share";
  private static final byte[] BODY = "x".repeat(500).getBytes(StandardCharsets.UTF_8);

  private final String bootstrap;
  private final AtomicLong done = new AtomicLong();
  private final Times times = new Times();
  private final List<Thread> threads = new ArrayList<>();
  private volatile boolean stopping;

  BareRing(String bootstrap) {
    this.bootstrap = bootstrap;
  }

  /** Sends records round, with so many members, until it is stopped. */
  void start(int members) throws ExecutionException, InterruptedException {
    makeTopics();
    for (int i = 0; i < members; i++) {
      start(this::member);
    }
    start(() -> lead(2 * members));
  }

  /** Sends so many records a second, each in a transaction of its own, until it is stopped. */
  void startPaced(int members, int perSecond) throws ExecutionException, InterruptedException {
    makeTopics();
    for (int i = 0; i < members; i++) {
      start(this::member);
    }
    start(() -> pace(perSecond));
  }

  /** Milliseconds from the begin of a record's transaction to its report in the log. */
  Times times() {
    return times;
  }

  /** Records that have gone round. */
  long done() {
    return done.get();
  }

  /** Ends it. */
  void stop() throws InterruptedException {
    stopping = true;
    for (Thread thread : threads) {
      thread.join(5_000);
    }
  }

  private void start(Runnable work) {
    Thread thread = new Thread(work, "bare");
    thread.setDaemon(true);
    thread.start();
    threads.add(thread);
  }

  private void makeTopics() throws ExecutionException, InterruptedException {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
      admin
          .createTopics(
              List.of(
                  new NewTopic(TASKS, Optional.of(1), Optional.of((short) 1)),
                  new NewTopic(REPORTS, Optional.of(1), Optional.of((short) 1)),
                  new NewTopic(STATE, Optional.of(1), Optional.of((short) 1))))
          .all()
          .get();
      Collection<AlterConfigOp> changes =
          List.of(
              set("share.auto.offset.reset", "earliest"),
              set("share.isolation.level", "read_committed"));
      admin
          .incrementalAlterConfigs(
              Map.of(new ConfigResource(ConfigResource.Type.GROUP, GROUP), changes))
          .all()
          .get();
    }
  }

  private static AlterConfigOp set(String name, String value) {
    return new AlterConfigOp(new ConfigEntry(name, value), AlterConfigOp.OpType.SET);
  }

  private KafkaProducer<byte[], byte[]> producer(Map<String, Object> further) {
    Map<String, Object> config = new HashMap<>(further);
    config.put("bootstrap.servers", bootstrap);
    config.put("acks", "all");
    config.put("linger.ms", 0);
    return new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer());
  }

  private void member() {
    try (KafkaProducer<byte[], byte[]> reporter = producer(Map.of());
        KafkaShareConsumer<byte[], byte[]> group =
            new KafkaShareConsumer<>(
                Map.of(
                    "bootstrap.servers",
                    bootstrap,
                    "group.id",
                    GROUP,
                    "share.acknowledgement.mode",
                    "explicit",
                    "share.acquire.mode",
                    "record_limit",
                    "max.poll.records",
                    1),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer())) {
      group.subscribe(List.of(TASKS));
      while (!stopping) {
        for (ConsumerRecord<byte[], byte[]> task : group.poll(Duration.ofMillis(500))) {
          reporter.send(new ProducerRecord<>(REPORTS, task.key(), BODY)).get();
          times.add((System.nanoTime() - ByteBuffer.wrap(task.key()).getLong()) / 1e6);
          group.acknowledge(task, AcknowledgeType.ACCEPT);
          var unused = group.commitSync();
        }
      }
    } catch (ExecutionException | InterruptedException | InterruptException e) {
      stopping = true;
    }
  }

  private void lead(int first) {
    TopicPartition reports = new TopicPartition(REPORTS, 0);
    try (KafkaProducer<byte[], byte[]> leader = producer(Map.of("transactional.id", "bare"));
        KafkaConsumer<byte[], byte[]> reader =
            new KafkaConsumer<>(
                Map.of(
                    "bootstrap.servers",
                    bootstrap,
                    "group.id",
                    "bare-leader",
                    "enable.auto.commit",
                    false,
                    "auto.offset.reset",
                    "earliest"),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer())) {
      reader.subscribe(List.of(REPORTS));
      leader.initTransactions();
      leader.beginTransaction();
      for (int i = 0; i < first; i++) {
        next(leader);
      }
      leader.commitTransaction();
      while (!stopping) {
        ConsumerRecords<byte[], byte[]> found = reader.poll(Duration.ofMillis(200));
        if (!found.isEmpty()) {
          leader.beginTransaction();
          for (int i = 0; i < found.count(); i++) {
            next(leader);
          }
          leader.sendOffsetsToTransaction(
              Map.of(reports, new OffsetAndMetadata(reader.position(reports))),
              reader.groupMetadata());
          leader.commitTransaction();
          done.addAndGet(found.count());
        }
      }
    } catch (InterruptException e) {
      stopping = true;
    }
  }

  private void pace(int perSecond) {
    try (KafkaProducer<byte[], byte[]> leader = producer(Map.of("transactional.id", "bare"))) {
      leader.initTransactions();
      long due = System.nanoTime();
      while (!stopping) {
        due += 1_000_000_000L / perSecond;
        Thread.sleep(Math.max(0, (due - System.nanoTime()) / 1_000_000));
        leader.beginTransaction();
        next(leader);
        leader.commitTransaction();
      }
    } catch (InterruptException | InterruptedException e) {
      stopping = true;
    }
  }

  private static void next(KafkaProducer<byte[], byte[]> leader) {
    byte[] key = ByteBuffer.allocate(Long.BYTES).putLong(System.nanoTime()).array();
    for (String topic : List.of(STATE, TASKS)) {
      var unused = leader.send(new ProducerRecord<>(topic, 0, key, BODY));
    }
  }
}
