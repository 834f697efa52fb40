package dev.fewstep.orchestrator.log;

import dev.fewstep.orchestrator.experiment.Decision;
import dev.fewstep.orchestrator.experiment.Input;
import dev.fewstep.orchestrator.experiment.OrchestratorState;
import dev.fewstep.orchestrator.experiment.TaskToPublish;
import dev.fewstep.orchestrator.log.TermListener.Stage;
import dev.fewstep.schemas.Json;
import dev.fewstep.schemas.Topics;
import dev.fewstep.schemas.message.ControlMessage;
import dev.fewstep.schemas.message.InboxMessage;
import dev.fewstep.schemas.message.TaskMessage;
import dev.fewstep.schemas.message.WorkerOrder;
import dev.fewstep.schemas.state.DeviceClassRecord;
import dev.fewstep.schemas.state.InboxPosition;
import dev.fewstep.schemas.state.StateCodec;
import dev.fewstep.schemas.state.StateRecord;
import io.micrometer.core.instrument.binder.kafka.KafkaClientMetrics;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One leadership: its transactional producer, its state and its place in the inbox. Any exception
 * ends it; the state is then thrown away, because it may be ahead of what was committed. For the
 * leader's thread.
 */
final class LeaderTerm implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(LeaderTerm.class);
  private static final TopicPartition INBOX = new TopicPartition(Topics.INBOX, 0);
  private static final Duration IDLE_POLL = Duration.ofMillis(200);
  private static final Duration CHECKING_POLL = Duration.ofMillis(5);
  private static final Duration LAG_INTERVAL = Duration.ofMillis(200);
  private static final Duration GENERATION_PATIENCE = Duration.ofSeconds(10);
  private static final Duration REPLAY_PATIENCE = Duration.ofMinutes(5);
  private static final int ANSWER_WITHIN_MS = 10_000;
  private static final Duration MAX_DECIDING = Duration.ofMillis(20);
  private static final int MAX_CHANGES = 1_000;
  private static final Duration POSITION_INTERVAL = Duration.ofSeconds(1);
  private static final Duration TRIM_INTERVAL = Duration.ofSeconds(60);

  private final LeaderContext context;
  private final Consumer<byte[], byte[]> inbox;
  private final BooleanSupplier elected;
  private final Producer<byte[], byte[]> producer;
  private final Consumer<byte[], byte[]> ends;
  private final KafkaClientMetrics meters;
  private final TaskTimings timings;
  private final TaskJournal journal = new TaskJournal();
  private final LeaderTraces traces;
  private final StateCodec codec = new StateCodec();
  private final OrchestratorState state;
  private final ArtifactChecks checks;
  private final RecordClock recordClock;
  private long position;
  private long committed;
  private long lastCommit;
  private long lastOffsets;
  private boolean more = true;
  private long lastTick;
  private long lastLagCheck;
  private long lastJudgement;
  private Optional<Instant> lastRead = Optional.empty();
  private long lastTrim;

  /**
   * Takes over: fences the leader before, replays the state, and seeks the inbox to where the state
   * says that reading goes on.
   *
   * @param inbox consumer to which the inbox is assigned
   * @param elected whether it still is
   * @throws LogGapException when the inbox does not go on there
   */
  LeaderTerm(LeaderContext context, Consumer<byte[], byte[]> inbox, BooleanSupplier elected) {
    this.context = context;
    this.inbox = inbox;
    this.elected = elected;
    this.checks = new ArtifactChecks(context.probe(), context.executor());
    // Set by the first transaction: this machine's own clock may be hours wrong.
    this.recordClock = new RecordClock(Instant.EPOCH, System::nanoTime);
    this.timings = new TaskTimings(context.metrics());
    this.traces = new LeaderTraces(context.traces());
    // On a connection of its own: behind a fetch that waits for records, a question waits as long.
    Map<String, Object> config = context.settings().client("fewstep-leader-end");
    config.put("isolation.level", "read_committed");
    config.put("default.api.timeout.ms", ANSWER_WITHIN_MS);
    this.ends =
        new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    this.producer =
        new KafkaProducer<>(
            context.settings().transactional(),
            new ByteArraySerializer(),
            new ByteArraySerializer());
    this.meters = context.metrics().watch(new KafkaClientMetrics(producer));
    boolean done = false;
    try {
      context.listener().reached(Stage.ASSIGNED, new OrchestratorState());
      producer.initTransactions();
      context.listener().reached(Stage.FENCED, new OrchestratorState());
      state = takeOver();
      position = startingPosition();
      inbox.seek(INBOX, position);
      for (DeviceClassRecord known : state.deviceClasses()) {
        context.topics().ensureDeviceClass(known.name());
      }
      // The first transaction proves the leadership and tells the broker's time.
      Batch first = new Batch();
      recordClock.observe(appendTime(transact(first)));
      decide(new Input.Elected(recordClock.now()), first);
      commit(first);
      done = true;
    } finally {
      if (!done) {
        close();
      }
    }
  }

  /** The committed state: after fencing, nobody commits to it any more but this term. */
  private OrchestratorState takeOver() {
    long began = System.nanoTime();
    long end = new OpenTransactions(context.topics().admin(), ends).endAll();
    OrchestratorState committed = context.view().copy(end, REPLAY_PATIENCE);
    Duration took = Duration.ofNanos(System.nanoTime() - began);
    context.metrics().replayed(took);
    LOG.info("Took the state at offset {} over in {} ms", end, took.toMillis());
    return committed;
  }

  private long startingPosition() {
    long begin = inbox.beginningOffsets(List.of(INBOX)).get(INBOX);
    long end = inbox.endOffsets(List.of(INBOX)).get(INBOX);
    if (state.inboxPosition().isEmpty()) {
      if (begin > 0) {
        throw new LogGapException(
            "The state is empty but the inbox begins at offset "
                + begin
                + ": the topic "
                + Topics.STATE
                + " was lost or belongs to another inbox.");
      }
      return 0;
    }
    long recorded = state.inboxPosition().getAsLong();
    if (recorded < begin || recorded > end) {
      throw new LogGapException(
          "The state was decided up to inbox offset "
              + recorded
              + ", but the inbox holds offsets "
              + begin
              + " to "
              + end
              + ": records are missing.");
    }
    return recorded;
  }

  /** Reads, decides and commits once. Returns within about 200 ms when nothing comes in. */
  void advance() {
    ConsumerRecords<byte[], byte[]> records = inbox.poll(pollTimeout());
    if (!elected.getAsBoolean()) {
      return;
    }
    context.metrics().inboxRead(records.count());
    context.listener().reached(Stage.READ, state);
    Batch batch = new Batch();
    int inputs = 0;
    for (ConsumerRecord<byte[], byte[]> found : records) {
      receive(found, batch);
      inputs++;
    }
    for (ArtifactChecks.Answer answer : checks.drain()) {
      decide(answer.input(recordClock.now()), batch);
      inputs++;
    }
    if (inputs > 0 || more || elapsed(lastTick, IDLE_POLL)) {
      lastTick = System.nanoTime();
      Instant now = recordClock.now();
      boolean lagging = lagging();
      if (lagging && elapsed(lastJudgement, LAG_INTERVAL)) {
        judge(batch);
      }
      // What follows from what was just decided goes into the same transaction, within bounds.
      do {
        more = decide(new Input.Tick(now, lagging), batch).more();
      } while (more && batch.changes().size() < MAX_CHANGES && !elapsed(lastTick, MAX_DECIDING));
    }
    // What was read and changed nothing, such as heartbeats, is committed now and then.
    if (!batch.isEmpty() || (position > committed && elapsed(lastCommit, POSITION_INTERVAL))) {
      commit(batch);
    }
    if (elapsed(lastTrim, TRIM_INTERVAL)) {
      lastTrim = System.nanoTime();
      context.topics().deleteInboxBefore(committed);
    }
  }

  /** Judges silence by the time of the last record read: what was written before has been read. */
  private void judge(Batch batch) {
    if (lastRead.isPresent()) {
      lastJudgement = System.nanoTime();
      var unused = decide(new Input.Heard(lastRead.get()), batch);
    }
  }

  private Duration pollTimeout() {
    if (more || checks.answered()) {
      return Duration.ZERO;
    }
    return checks.pending() ? CHECKING_POLL : IDLE_POLL;
  }

  private static boolean elapsed(long since, Duration interval) {
    return since == 0 || System.nanoTime() - since >= interval.toNanos();
  }

  /**
   * Whether inbox records may be unread. Only asking the broker tells, so that is done now and
   * then; in between the answer is the cautious one.
   */
  private boolean lagging() {
    if (!elapsed(lastLagCheck, LAG_INTERVAL)) {
      return true;
    }
    lastLagCheck = System.nanoTime();
    long lag = ends.endOffsets(List.of(INBOX)).get(INBOX) - inbox.position(INBOX);
    context.metrics().inboxLag(lag);
    return lag > 0;
  }

  private void receive(ConsumerRecord<byte[], byte[]> found, Batch batch) {
    recordClock.observe(found.timestamp());
    lastRead = Optional.of(Instant.ofEpochMilli(found.timestamp()));
    position = found.offset() + 1;
    InboxMessage message;
    try {
      message = Json.fromBytes(found.value(), InboxMessage.class);
    } catch (RuntimeException e) {
      context.metrics().inboxRejected();
      LOG.warn("Inbox record {} is no message and was skipped: {}", found.offset(), e.getMessage());
      return;
    }
    traces.received(found, message);
    try {
      timings.decided(
          message,
          decide(new Input.Received(message, Instant.ofEpochMilli(found.timestamp())), batch));
    } catch (RuntimeException e) {
      // A defect, and a deterministic one: leading on without this message beats never leading.
      context.metrics().inboxRejected();
      LOG.error("Inbox record {} could not be decided and was skipped", found.offset(), e);
    }
  }

  private Decision decide(Input input, Batch batch) {
    Decision decision = context.decider().decide(input, state, context.clock().instant());
    for (StateRecord change : decision.changes()) {
      timings.watch(state, change, input.recordTime());
      journal.watch(state, change);
      state.replay(change);
    }
    batch.add(decision);
    return decision;
  }

  private void commit(Batch batch) {
    long began = System.nanoTime();
    for (StateRecord change : batch.changes()) {
      change
          .value()
          .filter(DeviceClassRecord.class::isInstance)
          .map(DeviceClassRecord.class::cast)
          .ifPresent(added -> context.topics().ensureDeviceClass(added.name()));
    }
    // Looking changes nothing, so it need not wait for the transaction.
    batch.checks().forEach(checks::ask);
    var unused = transact(batch);
    timings.committed(began, batch);
    traces.committed();
    journal.committed();
  }

  /**
   * Writes a batch in one transaction. When others joined or left since the last poll, the group's
   * generation is another and the transaction is refused: it is written again once this replica has
   * learnt that it keeps the inbox. Nobody can have led in between, or this producer were fenced.
   *
   * @return the last record of the state
   */
  private Future<RecordMetadata> transact(Batch batch) {
    while (true) {
      try {
        return tryTransact(batch);
      } catch (CommitFailedException e) {
        producer.abortTransaction();
        awaitGeneration(e);
      }
    }
  }

  /** Polls, without reading anything, until the group has another generation. */
  private void awaitGeneration(CommitFailedException refused) {
    int refusedGeneration = inbox.groupMetadata().generationId();
    boolean paused = inbox.paused().contains(INBOX);
    inbox.pause(List.of(INBOX));
    long began = System.nanoTime();
    while (inbox.groupMetadata().generationId() == refusedGeneration) {
      inbox.poll(Duration.ofMillis(50));
      if (!elected.getAsBoolean() || elapsed(began, GENERATION_PATIENCE)) {
        throw refused;
      }
    }
    LOG.info("The group was rearranged and this replica kept its place");
    if (!paused) {
      inbox.resume(List.of(INBOX));
    }
  }

  private Future<RecordMetadata> tryTransact(Batch batch) {
    producer.beginTransaction();
    for (StateRecord change : batch.changes()) {
      var unused = send(Topics.STATE, change.key(), codec.encode(change));
    }
    StateRecord read = StateRecord.of(new InboxPosition(position));
    Future<RecordMetadata> last = send(Topics.STATE, read.key(), codec.encode(read));
    for (TaskToPublish task : batch.tasks()) {
      TaskMessage message = task.message();
      ProducerRecord<byte[], byte[]> record =
          record(
              Topics.tasks(task.deviceClass()),
              message.taskKey(),
              Optional.of(Json.toBytes(message)));
      traces.publishes(message, task.deviceClass(), state, record.headers());
      var unused = producer.send(record);
    }
    for (String forgotten : batch.forgotten()) {
      var unused = send(Topics.CONTROL, forgotten, Optional.empty());
    }
    for (ControlMessage control : batch.controls()) {
      var unused = send(Topics.CONTROL, control.taskKey(), Optional.of(Json.toBytes(control)));
    }
    for (WorkerOrder order : batch.orders()) {
      var unused = send(Topics.CONTROL, order.key(), Optional.of(Json.toBytes(order)));
    }
    context.listener().reached(Stage.SENT, state);
    // The state says where reading goes on. The group's own place is for those who watch its lag,
    // and costs as much as the rest of a small transaction.
    if (elapsed(lastOffsets, POSITION_INTERVAL)) {
      lastOffsets = System.nanoTime();
      producer.sendOffsetsToTransaction(
          Map.of(INBOX, new OffsetAndMetadata(position)), inbox.groupMetadata());
      context.listener().reached(Stage.OFFSETS_SENT, state);
    }
    producer.commitTransaction();
    committed = position;
    lastCommit = System.nanoTime();
    return last;
  }

  private static long appendTime(Future<RecordMetadata> committed) {
    try {
      return committed.get().timestamp();
    } catch (ExecutionException e) {
      throw new KafkaException("a committed record has no place in the log", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptException(e);
    }
  }

  private Future<RecordMetadata> send(String topic, String key, Optional<byte[]> value) {
    return producer.send(record(topic, key, value));
  }

  private static ProducerRecord<byte[], byte[]> record(
      String topic, String key, Optional<byte[]> value) {
    return new ProducerRecord<>(topic, 0, key.getBytes(StandardCharsets.UTF_8), value.orElse(null));
  }

  @Override
  public void close() {
    traces.ended();
    meters.close();
    producer.close(Duration.ZERO);
    ends.close(CloseOptions.timeout(Duration.ZERO));
  }
}
