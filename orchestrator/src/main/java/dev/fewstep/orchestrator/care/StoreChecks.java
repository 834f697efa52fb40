package dev.fewstep.orchestrator.care;

import dev.fewstep.orchestrator.artifact.ObjectStore;
import dev.fewstep.orchestrator.experiment.Reachable;
import dev.fewstep.schemas.ArtifactKind;
import dev.fewstep.schemas.TaskState;
import dev.fewstep.store.ObjectInfo;
import dev.fewstep.store.S3Bucket;
import dev.fewstep.store.S3Exception;
import dev.fewstep.store.UnfinishedUpload;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;

/** Judges the object store: whether it works, keeps what it is given, and holds what is needed. */
final class StoreChecks {
  /** The repair that ends old unfinished uploads. */
  static final String ABORT_UPLOADS = "abort-uploads";

  /** Age from which an unfinished upload or an unneeded object is somebody's leftover. */
  static final Duration OLD = Duration.ofHours(24);

  private static final Duration SLOW = Duration.ofSeconds(1);
  private static final Duration SKEW = Duration.ofSeconds(5);
  private static final int LISTED = 100_000;

  private final S3Bucket bucket;
  private final String where;
  private final List<Finding> findings = new ArrayList<>();

  StoreChecks(S3Bucket bucket) {
    this.bucket = bucket;
    this.where = bucket.settings().endpoint() + "/" + bucket.settings().bucket();
  }

  /**
   * Looks.
   *
   * @param state what is needed; empty when it cannot be read
   */
  List<Finding> findings(Optional<CommittedState> state) {
    try {
      if (!bucket.exists()) {
        findings.add(
            Finding.error(
                "store.bucket",
                where,
                "there is no such bucket",
                "a bucket",
                "start a server, which makes it, or correct FEWSTEP_BUCKET"));
        return findings;
      }
      probe();
      keeps();
      uploads();
      aside();
      if (state.isPresent()) {
        contents(state.get());
      }
    } catch (IOException e) {
      findings.add(unreachable(e));
    }
    return findings;
  }

  private Finding unreachable(IOException e) {
    boolean denied = e instanceof S3Exception known && known.reason() == S3Exception.Reason.DENIED;
    return Finding.error(
        "store.reach",
        where,
        String.valueOf(e.getMessage()),
        "an answer",
        denied
            ? "correct AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, then restart"
            : "start the store, or correct AWS_ENDPOINT_URL_S3");
  }

  private void probe() throws IOException {
    String key = "doctor/" + UUID.randomUUID();
    byte[] written = key.getBytes(StandardCharsets.UTF_8);
    long began = System.nanoTime();
    bucket.write(key, written);
    Instant now = Instant.now();
    Optional<ObjectInfo> seen = bucket.stat(key);
    byte[] read = {};
    try (S3Bucket.Content content = bucket.open(key).orElseThrow(() -> lost(key))) {
      read = content.stream().readAllBytes();
    }
    bucket.delete(key);
    Duration took = Duration.ofNanos(System.nanoTime() - began);
    if (!java.util.Arrays.equals(read, written)) {
      findings.add(
          Finding.error(
              "store.probe",
              where,
              "gives back other bytes than it was given",
              "the same bytes",
              "do not use this store: look into its log and its disks"));
    } else if (bucket.stat(key).isPresent()) {
      findings.add(
          Finding.warn(
              "store.probe",
              where,
              "a deleted object is still there",
              "gone at once",
              "use a store that is consistent after a write: S3 itself or MinIO"));
    } else if (took.compareTo(SLOW) > 0) {
      findings.add(
          Finding.warn(
              "store.latency",
              where,
              "writing, reading and deleting a few bytes took " + took.toMillis() + " ms",
              "less than " + SLOW.toMillis() + " ms",
              "look at the network between here and the store, and at its load"));
    } else {
      findings.add(
          Finding.ok("store.probe", where, "write, read and delete in " + took.toMillis() + " ms"));
    }
    seen.map(info -> Duration.between(info.askedAt(), now))
        .filter(skew -> skew.abs().compareTo(SKEW) > 0)
        .ifPresent(
            skew ->
                findings.add(
                    Finding.warn(
                        "clock.store",
                        where,
                        "its clock differs from this machine's by " + skew.abs().toSeconds() + " s",
                        "at most " + SKEW.toSeconds() + " s; from 15 min on it refuses requests",
                        "synchronise both clocks: 'timedatectl set-ntp true'")));
  }

  private static IOException lost(String key) {
    return new IOException("the store lost " + key + " at once");
  }

  private void keeps() throws IOException {
    try {
      if (bucket.versioned()) {
        findings.add(
            Finding.warn(
                "store.versioning",
                where,
                "the bucket keeps old versions",
                "no versions: 'fewstep gc' frees no room as long as they are kept",
                "mc version suspend ALIAS/" + bucket.settings().bucket()));
      }
      List<String> rules = bucket.expiryRules();
      if (!rules.isEmpty()) {
        findings.add(
            Finding.error(
                "store.lifecycle",
                where,
                "rules of the store delete objects: " + String.join(", ", rules),
                "only 'fewstep gc' deletes artifacts",
                "mc ilm rule rm --all --force ALIAS/" + bucket.settings().bucket()));
      }
    } catch (S3Exception e) {
      if (e.reason() == S3Exception.Reason.UNAVAILABLE) {
        throw e;
      }
      // A store without versions or rules keeps what it is given; one that may not be asked is
      // taken at its word.
    }
  }

  private void uploads() throws IOException {
    List<UnfinishedUpload> old = oldUploads(bucket);
    if (!old.isEmpty()) {
      findings.add(
          Finding.warn(
                  "store.uploads",
                  where,
                  old.size() + " uploads were begun more than 24 h ago and never finished",
                  "none: their parts take room",
                  "fewstep doctor --fix")
              .repairable(ABORT_UPLOADS));
    }
  }

  static List<UnfinishedUpload> oldUploads(S3Bucket bucket) throws IOException {
    Instant bound = Instant.now().minus(OLD);
    return bucket.unfinishedUploads().stream()
        .filter(upload -> upload.startedAt().isBefore(bound))
        .toList();
  }

  private void aside() throws IOException {
    long[] left = new long[1];
    bucket.list(
        GarbageCollection.ASIDE,
        object -> {
          left[0] += object.age().compareTo(Duration.ofHours(1)) > 0 ? 1 : 0;
          return left[0] < LISTED;
        });
    if (left[0] > 0) {
      findings.add(
          Finding.warn(
              "store.aside",
              where,
              left[0] + " objects lie aside from a garbage collection that broke off",
              "none",
              "fewstep gc --delete"));
    }
  }

  private void contents(CommittedState state) throws IOException {
    Map<String, String> needed = state.read(StoreChecks::indispensable);
    Set<String> referred = new HashSet<>();
    state.read(
        fold -> {
          Reachable.visit(fold, reference -> referred.add(reference.artifact().sha256()));
          return true;
        });
    Set<String> present = new HashSet<>();
    long[] unneeded = new long[3];
    bucket.list(
        ObjectStore.PREFIX,
        object -> {
          unneeded[2]++;
          Optional<String> digest = GarbageCollection.digest(object.key());
          digest.ifPresent(present::add);
          if (digest.map(one -> !referred.contains(one)).orElse(true)
              && object.age().compareTo(OLD) > 0) {
            unneeded[0]++;
            unneeded[1] += object.bytes();
          }
          return unneeded[2] < LISTED;
        });
    if (unneeded[0] > 0) {
      findings.add(
          Finding.warn(
              "store.unneeded",
              where,
              String.format(
                  Locale.ROOT,
                  "%d objects older than 24 h, %.1f MB, are referred to by nothing",
                  unneeded[0],
                  unneeded[1] / 1e6),
              "only what is needed",
              "fewstep gc"));
    }
    if (unneeded[2] >= LISTED) {
      findings.add(
          Finding.ok(
              "store.contents",
              where,
              "more than "
                  + LISTED
                  + " objects: not all were compared; use 'fewstep gc' and"
                  + " 'fewstep artifacts verify'"));
      return;
    }
    compare(needed, present, unneeded[2]);
  }

  private void compare(Map<String, String> needed, Set<String> present, long objects)
      throws IOException {
    Map<String, List<String>> missing = new TreeMap<>();
    for (Map.Entry<String, String> entry : needed.entrySet()) {
      // What came after the listing had passed its place is looked up alone.
      if (!present.contains(entry.getKey())
          && bucket.stat(ObjectStore.key(entry.getKey())).isEmpty()) {
        missing.computeIfAbsent(entry.getValue(), owner -> new ArrayList<>()).add(entry.getKey());
      }
    }
    if (missing.isEmpty()) {
      findings.add(
          Finding.ok(
              "store.contents",
              where,
              objects + " objects; all " + needed.size() + " that are needed are there"));
      return;
    }
    long files = missing.values().stream().mapToLong(List::size).sum();
    findings.add(
        Finding.error(
            "store.missing",
            StateChecks.named(new ArrayList<>(missing.keySet())),
            files + " artifacts that the state refers to are not in the store",
            "every artifact of an input, a result or a checkpoint to resume from",
            "fewstep artifacts verify: it names each and what to do"));
  }

  /** Digests that must be there, and who needs them; checkpoints of finished tasks need not. */
  private static Map<String, String> indispensable(
      dev.fewstep.orchestrator.experiment.OrchestratorState fold) {
    Map<String, String> needed = new HashMap<>();
    Reachable.visit(
        fold,
        reference -> {
          boolean finished =
              reference.task().map(task -> task.state() == TaskState.SUCCEEDED).orElse(false);
          if (reference.reason() != Reachable.Reason.CLAIM
              && (!finished || reference.artifact().kind() != ArtifactKind.CHECKPOINT)) {
            needed.putIfAbsent(reference.artifact().sha256(), owner(reference));
          }
        });
    return needed;
  }

  private static String owner(Reachable.Reference reference) {
    return switch (reference.reason()) {
      case INPUT -> "input " + reference.by();
      case EXPERIMENT_INPUT, ARCHIVE -> "experiment " + reference.by();
      case RESULT, CHECKPOINT, CLAIM, CACHED_RESULT ->
          "task " + reference.by().substring(0, Math.min(12, reference.by().length()));
    };
  }
}
