package dev.fewstep.schemas.state;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;
import java.util.function.UnaryOperator;

/**
 * Turns the value of an entity as an older release wrote it into what this one reads, one version
 * after the other. Every step is here: a function of the value's JSON alone.
 *
 * <p>A new field needs no step when its absence means its default (an Optional that is empty); one
 * whose absence the record refuses, a renamed or a restructured field does. The stored dumps of
 * every release are the test.
 */
final class Upcasters {
  /**
   * From version 1, which commits up to e5c66ef wrote, to 2: nothing was asked to drain yet, and no
   * command was about tasks.
   */
  private static final Map<From, UnaryOperator<ObjectNode>> STEPS =
      Map.of(
          new From(StateEntity.WORKER, 1), worker -> worker.put("draining", false),
          new From(StateEntity.OUTCOME, 1), outcome -> outcome.put("tasks", 0));

  private Upcasters() {}

  /** A step: what it is about, and the version that it starts from. */
  private record From(StateEntity entity, int version) {}

  /** The value as the present release writes it. The argument may be changed. */
  static ObjectNode upcast(StateEntity entity, int version, ObjectNode value) {
    ObjectNode now = value;
    for (int from = version; from < StateCodec.SCHEMA_VERSION; from++) {
      now = STEPS.getOrDefault(new From(entity, from), UnaryOperator.identity()).apply(now);
    }
    return now;
  }
}
