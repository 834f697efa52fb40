package dev.fewstep.schemas.task;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import dev.fewstep.schemas.ArtifactKind;
import dev.fewstep.schemas.Digests;
import java.util.Optional;

/**
 * Where a task's input comes from: {@code sha256:HEX} names imported bytes, {@code task:KEY#KIND}
 * an artifact of an upstream task, so that a task's key is known before its upstream has run.
 */
public record SourceRef(@JsonValue String value) {
  private static final String DIGEST = "sha256:";
  private static final String TASK = "task:";

  /** Reads either form. */
  @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
  public SourceRef {
    requireNonNull(value, "value");
    if (value.startsWith(DIGEST)) {
      Digests.requireSha256(value.substring(DIGEST.length()), "digest");
    } else if (value.startsWith(TASK) && value.indexOf('#') > 0) {
      Digests.requireSha256(value.substring(TASK.length(), value.indexOf('#')), "task key");
      ArtifactKind.valueOf(value.substring(value.indexOf('#') + 1));
    } else {
      throw new IllegalArgumentException(
          "a source is sha256:HEX or task:KEY#KIND, not '" + value + "'");
    }
  }

  /** Imported bytes. */
  public static SourceRef digest(String sha256) {
    return new SourceRef(DIGEST + sha256);
  }

  /** An artifact of an upstream task. */
  public static SourceRef upstream(String taskKey, ArtifactKind kind) {
    return new SourceRef(TASK + taskKey + "#" + kind.name());
  }

  /** The digest, when this names imported bytes. */
  public Optional<String> digest() {
    return value.startsWith(DIGEST)
        ? Optional.of(value.substring(DIGEST.length()))
        : Optional.empty();
  }

  /** The upstream task's key, when this names one. */
  public Optional<String> upstreamKey() {
    return value.startsWith(TASK)
        ? Optional.of(value.substring(TASK.length(), value.indexOf('#')))
        : Optional.empty();
  }

  /** The kind of artifact, when this names an upstream task. */
  public Optional<ArtifactKind> upstreamKind() {
    return value.startsWith(TASK)
        ? Optional.of(ArtifactKind.valueOf(value.substring(value.indexOf('#') + 1)))
        : Optional.empty();
  }
}
