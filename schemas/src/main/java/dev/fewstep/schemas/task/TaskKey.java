package dev.fewstep.schemas.task;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fewstep.schemas.Digests;

/** The name of everything that determines a task's result. */
public final class TaskKey {
  private TaskKey() {}

  /**
   * SHA-256, in lower-case hex, of {@link #text}.
   *
   * @throws IllegalArgumentException when a number of the specification is not finite
   */
  public static String of(TaskSpec spec) {
    return Digests.sha256Hex(text(spec));
  }

  /** Canonical text of kind, version of the kind's algorithm, and specification. */
  public static String text(TaskSpec spec) {
    ObjectNode tree = JsonNodeFactory.instance.objectNode();
    tree.put("algorithmVersion", spec.kind().algorithmVersion());
    tree.put("kind", spec.kind().name());
    tree.set("spec", CanonicalForm.reduced((Record) spec));
    return CanonicalForm.text(tree);
  }
}
