package dev.fewstep.schemas.task;

import static java.util.Objects.requireNonNull;

import dev.fewstep.schemas.Digests;

/**
 * A task's specification with its key.
 *
 * @param key the task key, 64 hexadecimal digits
 * @param spec what it is the key of
 */
public record Keyed<T extends TaskSpec>(String key, T spec) {
  public Keyed {
    Digests.requireSha256(key, "key");
    requireNonNull(spec, "spec");
  }

  /** Computes the key. */
  public static <T extends TaskSpec> Keyed<T> of(T spec) {
    return new Keyed<>(TaskKey.of(spec), spec);
  }
}
