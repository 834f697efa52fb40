package dev.fewstep.orchestrator.care;

import static java.util.Objects.requireNonNull;

import dev.fewstep.orchestrator.care.VerifyReport.Damage;
import dev.fewstep.orchestrator.care.VerifyReport.Kind;
import dev.fewstep.orchestrator.experiment.OrchestratorState;
import dev.fewstep.orchestrator.experiment.Reachable;
import dev.fewstep.schemas.Artifact;
import dev.fewstep.schemas.ArtifactKind;
import dev.fewstep.schemas.Digests;
import dev.fewstep.schemas.TaskState;
import dev.fewstep.store.S3Bucket;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Reads artifacts again, every byte, and compares size and SHA-256 with what the state says. For
 * one thread, one run each.
 */
public final class Verification {
  /** Where damaged objects are moved. */
  static final String QUARANTINE = "damaged/";

  private static final int CHUNK = 256 << 10;

  private final S3Bucket bucket;
  private final CommittedState state;
  private final Optional<String> experiment;
  private final boolean quarantine;
  private final Progress progress;
  private long bytes;
  private long good;
  private long freed;

  /**
   * A run.
   *
   * @param experiment id of the experiment whose artifacts are read; empty for all
   * @param quarantine whether damaged objects are moved away, so that they can be made again: an
   *     object of the right size is never uploaded again while it is there
   */
  public Verification(
      S3Bucket bucket,
      CommittedState state,
      Optional<String> experiment,
      boolean quarantine,
      Progress progress) {
    this.bucket = requireNonNull(bucket, "bucket");
    this.state = requireNonNull(state, "state");
    this.experiment = requireNonNull(experiment, "experiment");
    this.quarantine = quarantine;
    this.progress = requireNonNull(progress, "progress");
  }

  /** A reference and the experiments that it concerns. */
  private record Use(Reachable.Reference reference, List<String> experiments) {}

  private record Fault(Kind kind, String found) {}

  /**
   * Reads them all.
   *
   * @throws IOException when the newest state cannot be had
   */
  public VerifyReport run() throws IOException {
    state.catchUp();
    Collection<Use> references = state.read(this::distinct);
    progress.phase("reading", references.size());
    List<Damage> damage = new ArrayList<>();
    for (Use use : references) {
      if (progress.cancelled()) {
        break;
      }
      look(use).ifPresent(damage::add);
    }
    return new VerifyReport(
        !progress.cancelled(),
        experiment.orElse(""),
        references.size(),
        bytes,
        good,
        freed,
        damage);
  }

  /** One reference to each artifact; inputs before results, since results follow from them. */
  private Collection<Use> distinct(OrchestratorState fold) {
    Map<String, Use> byDigest = new LinkedHashMap<>();
    Reachable.visit(
        fold,
        reference -> {
          List<String> experiments = References.experiments(fold, reference);
          if (experiment.isEmpty() || experiments.contains(experiment.get())) {
            byDigest.putIfAbsent(reference.artifact().sha256(), new Use(reference, experiments));
          }
        });
    return byDigest.values();
  }

  private Optional<Damage> look(Use use) throws IOException {
    Reachable.Reference reference = use.reference();
    Artifact artifact = reference.artifact();
    Optional<Fault> fault = examine(artifact);
    if (fault.isEmpty()) {
      good++;
      return Optional.empty();
    }
    Kind kind = fault.get().kind();
    if (kind == Kind.MISSING && dispensable(reference)) {
      freed++;
      return Optional.empty();
    }
    boolean moved = quarantine && (kind == Kind.CORRUPT || kind == Kind.WRONG_SIZE);
    if (moved) {
      String key = artifact.objectKey();
      bucket.copy(key, QUARANTINE + artifact.sha256(), Map.of("name", artifact.name()));
      bucket.delete(key);
    }
    return Optional.of(
        new Damage(
            kind,
            artifact.name(),
            artifact.sha256(),
            artifact.bytes(),
            reference.reason(),
            reference.by(),
            use.experiments(),
            fault.get().found(),
            moved,
            advice(reference, kind, moved)));
  }

  private Optional<Fault> examine(Artifact artifact) {
    long before = bytes;
    try {
      Optional<S3Bucket.Content> found = bucket.open(artifact.objectKey());
      if (found.isEmpty()) {
        return Optional.of(new Fault(Kind.MISSING, "no object"));
      }
      MessageDigest digest = Digests.sha256();
      long length = 0;
      try (S3Bucket.Content content = found.get()) {
        InputStream in = content.stream();
        byte[] chunk = new byte[CHUNK];
        for (int read = in.read(chunk); read >= 0; read = in.read(chunk)) {
          digest.update(chunk, 0, read);
          length += read;
          bytes += read;
          progress.advance(0, read);
        }
      }
      String actual = HexFormat.of().formatHex(digest.digest());
      if (length != artifact.bytes()) {
        return Optional.of(new Fault(Kind.WRONG_SIZE, length + " bytes"));
      }
      return actual.equals(artifact.sha256())
          ? Optional.empty()
          : Optional.of(new Fault(Kind.CORRUPT, "sha256 " + actual));
    } catch (IOException e) {
      return Optional.of(
          new Fault(Kind.UNREADABLE, e.getMessage() + " after " + (bytes - before) + " bytes"));
    } finally {
      progress.advance(1, 0);
    }
  }

  /** A checkpoint of a finished finetune, whose loss costs no result. */
  private static boolean dispensable(Reachable.Reference reference) {
    return reference.artifact().kind() == ArtifactKind.CHECKPOINT
        && reference.task().map(task -> task.state() == TaskState.SUCCEEDED).orElse(false);
  }

  private static String advice(Reachable.Reference reference, Kind kind, boolean moved) {
    if (kind == Kind.UNREADABLE) {
      return "run this again when the store answers";
    }
    String first =
        kind == Kind.MISSING || moved
            ? ""
            : "'fewstep artifacts verify --quarantine' moves the damaged object away; then ";
    return first
        + switch (reference.reason()) {
          case INPUT -> "import the same file as " + reference.by() + " again";
          case EXPERIMENT_INPUT ->
              "import the same file ("
                  + reference.artifact().name()
                  + ", sha256 "
                  + reference.artifact().sha256().substring(0, 12)
                  + "…) again";
          case CHECKPOINT -> "nothing more: the task starts over from its beginning";
          case CLAIM -> "nothing more: the leader finds the manifest incomplete and tries again";
          case ARCHIVE -> "restore the archive from a backup: nothing else can make it again";
          case RESULT, CACHED_RESULT ->
              "submit the experiment's specification again: task "
                  + reference.by().substring(0, Math.min(12, reference.by().length()))
                  + " runs anew, since its result is not complete";
        };
  }
}
