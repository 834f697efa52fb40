package dev.fewstep.orchestrator.log;

import static java.util.Objects.requireNonNull;

import dev.fewstep.schemas.Topics;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.admin.AbortTransactionSpec;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.ProducerState;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What of the state topic belongs to transactions that are not ended. Once the leader before is
 * fenced there is none, unless the brokers forgot to end one: they do when a commit meets a
 * partition without a leader (KAFKA-20734). Nobody would ever read past it.
 */
final class OpenTransactions {
  private static final Logger LOG = LoggerFactory.getLogger(OpenTransactions.class);
  private static final TopicPartition STATE = new TopicPartition(Topics.STATE, 0);
  private static final Duration PATIENCE = Duration.ofSeconds(5);
  private static final Duration PAUSE = Duration.ofMillis(20);

  private final Admin admin;
  private final Consumer<byte[], byte[]> committed;

  /**
   * Asks and ends through these.
   *
   * @param committed reads committed records only
   */
  OpenTransactions(Admin admin, Consumer<byte[], byte[]> committed) {
    this.admin = requireNonNull(admin, "admin");
    this.committed = requireNonNull(committed, "committed");
  }

  /**
   * The end of the state topic, when nothing before it is open any more. What stays open is
   * aborted: its place in the inbox goes with it, so that what was read is decided again, as after
   * a crash before the commit. Only for the one who has fenced all others.
   *
   * @throws KafkaException when it cannot be ended
   */
  long endAll() {
    long end = end();
    if (!reaches(end)) {
      abort();
      if (!reaches(end)) {
        throw new KafkaException(
            "Offsets "
                + committedEnd()
                + " to "
                + end
                + " of "
                + STATE
                + " belong to a transaction that is neither committed nor aborted.");
      }
    }
    return end;
  }

  private boolean reaches(long end) {
    long began = System.nanoTime();
    while (committedEnd() < end) {
      if (System.nanoTime() - began > PATIENCE.toNanos()) {
        return false;
      }
      LockSupport.parkNanos(PAUSE.toNanos());
    }
    return true;
  }

  private void abort() {
    List<ProducerState> producers =
        TopicSetup.await(
                "asking for the producers of " + STATE,
                admin.describeProducers(List.of(STATE)).partitionResult(STATE))
            .activeProducers();
    for (ProducerState producer : producers) {
      if (producer.currentTransactionStartOffset().isEmpty()) {
        continue;
      }
      LOG.warn(
          "{} has a transaction of producer {} from offset {} on that nobody ends; it is aborted and"
              + " what it decided is decided again",
          STATE,
          producer.producerId(),
          producer.currentTransactionStartOffset().getAsLong());
      var unused =
          TopicSetup.await(
              "aborting a transaction on " + STATE,
              admin
                  .abortTransaction(
                      new AbortTransactionSpec(
                          STATE,
                          producer.producerId(),
                          (short) producer.producerEpoch(),
                          producer.coordinatorEpoch().orElse(0)))
                  .all());
    }
  }

  private long end() {
    return TopicSetup.await(
            "asking for the end of " + STATE,
            admin.listOffsets(Map.of(STATE, OffsetSpec.latest())).partitionResult(STATE))
        .offset();
  }

  private long committedEnd() {
    return committed.endOffsets(List.of(STATE)).get(STATE);
  }
}
