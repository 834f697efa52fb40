package dev.fewstep.orchestrator.care;

import static java.util.Objects.requireNonNull;

import dev.fewstep.orchestrator.artifact.ObjectStore;
import dev.fewstep.orchestrator.care.GcReport.Reason;
import dev.fewstep.orchestrator.experiment.OrchestratorState;
import dev.fewstep.orchestrator.experiment.Reachable;
import dev.fewstep.schemas.state.TaskRecord;
import dev.fewstep.store.ObjectInfo;
import dev.fewstep.store.S3Bucket;
import dev.fewstep.store.S3Exception;
import dev.fewstep.store.UnfinishedUpload;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.regex.Pattern;

/**
 * Frees the artifacts that the state does not need. Each object is moved aside before it is deleted
 * and put back when the state, read anew afterwards, needs it after all; why nothing that a result
 * was accepted with can be lost is written in docs/decisions/gc.md. For one thread, one run each.
 */
public final class GarbageCollection {
  /** Where objects lie between their deletion and the proof that nobody needs them. */
  static final String ASIDE = "aside/";

  private static final Pattern DIGEST = Pattern.compile("[0-9a-f]{64}");
  private static final int BATCH = 100;
  private static final int MAX_PROBLEMS = 50;
  private static final Duration ABANDONED = Duration.ofHours(1);
  private static final Duration FORGOTTEN = Duration.ofDays(7);

  private final S3Bucket bucket;
  private final CommittedState state;
  private final Duration grace;
  private final KeepRules rules;
  private final Progress progress;
  private final String aside = ASIDE + UUID.randomUUID() + "/";
  private final GcTally tally = new GcTally();

  /**
   * A run.
   *
   * @param grace what was written or refreshed more recently is left alone
   * @param rules which checkpoints of finished finetunes are kept
   */
  public GarbageCollection(
      S3Bucket bucket, CommittedState state, Duration grace, KeepRules rules, Progress progress) {
    this.bucket = requireNonNull(bucket, "bucket");
    this.state = requireNonNull(state, "state");
    this.grace = requireNonNull(grace, "grace");
    this.rules = requireNonNull(rules, "rules");
    this.progress = requireNonNull(progress, "progress");
  }

  /** An object that can go. */
  record Candidate(ObjectInfo object, Reason reason, String experiment) {
    String sha256() {
      return digest(object.key()).orElseThrow();
    }
  }

  /**
   * Looks, and deletes when told to.
   *
   * @throws IOException when the store or the log does not answer; what was moved aside has been
   *     put back then, as far as the store let that happen
   */
  public GcReport run(boolean delete) throws IOException {
    if (delete) {
      recover();
    }
    List<Candidate> candidates = survey();
    List<UnfinishedUpload> uploads = oldUploads();
    candidates.forEach(tally::found);
    boolean complete = !progress.cancelled();
    if (delete) {
      progress.phase("deleting", candidates.size() + (long) uploads.size());
      for (int from = 0; from < candidates.size() && complete; from += BATCH) {
        free(candidates.subList(from, Math.min(candidates.size(), from + BATCH)));
        complete = !progress.cancelled();
      }
      for (UnfinishedUpload upload : uploads) {
        bucket.abort(upload);
        progress.advance(1, 0);
      }
    }
    return tally.report(delete, complete, rules, grace, uploads.size());
  }

  private List<UnfinishedUpload> oldUploads() throws S3Exception {
    Instant bound = Instant.now().minus(grace);
    return bucket.unfinishedUploads().stream()
        .filter(upload -> upload.startedAt().isBefore(bound))
        .toList();
  }

  /** Finds what can go. Changes nothing. */
  private List<Candidate> survey() throws IOException {
    state.catchUp();
    Set<String> needed = state.read(fold -> References.needed(fold, rules, Optional.empty()));
    progress.phase("listing", -1);
    List<ObjectInfo> unneeded = new ArrayList<>();
    bucket.list(
        ObjectStore.PREFIX,
        object -> {
          progress.advance(1, object.bytes());
          Optional<String> digest = digest(object.key());
          if (digest.isPresent()) {
            tally.seen(object, needed.contains(digest.get()));
            if (!needed.contains(digest.get())) {
              unneeded.add(object);
            }
          }
          return !progress.cancelled();
        });
    return judge(unneeded);
  }

  private List<Candidate> judge(List<ObjectInfo> unneeded) throws IOException {
    progress.phase("looking at unneeded objects", unneeded.size());
    Map<String, Origin> freed = freed(unneeded);
    Map<ObjectInfo, Origin> origins = new HashMap<>();
    Map<String, Set<Long>> steps = new HashMap<>();
    List<ObjectInfo> old = new ArrayList<>();
    for (ObjectInfo listed : unneeded) {
      if (progress.cancelled()) {
        return List.of();
      }
      Optional<ObjectInfo> found = bucket.stat(listed.key());
      if (found.isPresent()) {
        ObjectInfo object = found.get();
        Origin origin =
            Optional.ofNullable(freed.get(digest(object.key()).orElseThrow()))
                .orElseGet(() -> Origin.told(object));
        origins.put(object, origin);
        old.add(object);
        origin
            .step()
            .ifPresent(
                step -> steps.computeIfAbsent(origin.task(), key -> new HashSet<>()).add(step));
      }
      progress.advance(1, listed.bytes());
    }
    List<Candidate> candidates = new ArrayList<>();
    for (ObjectInfo object : old) {
      candidate(object, origins.get(object), steps).ifPresent(candidates::add);
    }
    return candidates;
  }

  private Optional<Candidate> candidate(
      ObjectInfo object, Origin origin, Map<String, Set<Long>> steps) {
    if (object.age().compareTo(grace) < 0) {
      tally.young();
      return Optional.empty();
    }
    Optional<TaskRecord> task = state.read(fold -> fold.task(origin.task()));
    String experiment =
        task.map(References::experiments).flatMap(all -> all.stream().findFirst()).orElse("");
    if (task.isEmpty()) {
      return Optional.of(new Candidate(object, Reason.UNREFERENCED, experiment));
    }
    if (origin.step().isEmpty()) {
      return Optional.of(new Candidate(object, Reason.OTHER_ATTEMPT, experiment));
    }
    Set<Long> all = new HashSet<>(steps.getOrDefault(origin.task(), Set.of()));
    KeepRules.end(task.get()).ifPresent(end -> KeepRules.step(end.name()).ifPresent(all::add));
    if (rules.keeps(task.get(), origin.step().get(), all)) {
      tally.kept();
      return Optional.empty();
    }
    boolean last =
        KeepRules.end(task.get())
            .map(end -> ObjectStore.key(end.sha256()).equals(object.key()))
            .orElse(false);
    return Optional.of(
        new Candidate(
            object, last ? Reason.FINAL_CHECKPOINT : Reason.SUPERSEDED_CHECKPOINT, experiment));
  }

  /**
   * Where an object comes from.
   *
   * @param task key of its task, empty when unknown
   * @param step step of a checkpoint
   */
  private record Origin(String task, Optional<Long> step) {
    static Origin told(ObjectInfo object) {
      OptionalLong step = KeepRules.step(object.metadata().getOrDefault("name", ""));
      return new Origin(
          object.metadata().getOrDefault("task", ""),
          step.isPresent() ? Optional.of(step.getAsLong()) : Optional.empty());
    }
  }

  /** The checkpoints among some objects that the state names but the rules let go. */
  private Map<String, Origin> freed(List<ObjectInfo> unneeded) {
    Set<String> digests = new HashSet<>();
    unneeded.forEach(object -> digest(object.key()).ifPresent(digests::add));
    Map<String, Origin> origins = new HashMap<>();
    state.read(
        fold -> {
          Reachable.visit(
              fold,
              reference -> {
                String digest = reference.artifact().sha256();
                if (digests.contains(digest)) {
                  OptionalLong step = KeepRules.step(reference.artifact().name());
                  origins.put(
                      digest,
                      new Origin(
                          reference.task().map(TaskRecord::key).orElse(""),
                          step.isPresent() ? Optional.of(step.getAsLong()) : Optional.empty()));
                }
              });
          return true;
        });
    return origins;
  }

  /** Deletes a batch: aside, away, and back again what came into use meanwhile. */
  private void free(List<Candidate> batch) throws IOException {
    Set<String> needed = neededNow(batch);
    List<ObjectInfo> gone = new ArrayList<>();
    try {
      for (Candidate candidate : batch) {
        if (needed.contains(candidate.sha256())) {
          tally.spared();
        } else {
          free(candidate.object().key(), gone);
        }
        progress.advance(1, candidate.object().bytes());
      }
      Set<String> after = gone.isEmpty() ? Set.of() : neededNow(batch);
      for (ObjectInfo object : gone) {
        if (after.contains(digest(object.key()).orElseThrow())) {
          putBack(object);
          tally.restored();
        } else {
          tally.freed(object);
        }
        bucket.delete(asideKey(object));
      }
    } catch (IOException | RuntimeException e) {
      for (ObjectInfo object : gone) {
        restoreAfter(e, object);
      }
      throw e;
    }
  }

  private void free(String key, List<ObjectInfo> gone) throws IOException {
    Optional<ObjectInfo> found = bucket.stat(key);
    if (found.isEmpty() || found.get().age().compareTo(grace) < 0) {
      tally.spared();
      return;
    }
    ObjectInfo object = found.get();
    try {
      if (!bucket.copy(key, asideKey(object), object.metadata())) {
        tally.spared();
        return;
      }
    } catch (S3Exception e) {
      problem(key + " cannot be moved aside and stays: " + e.getMessage());
      return;
    }
    gone.add(object);
    bucket.delete(key);
  }

  private String asideKey(ObjectInfo object) {
    return aside + digest(object.key()).orElseThrow();
  }

  private void putBack(ObjectInfo object) throws IOException {
    if (bucket.stat(object.key()).isEmpty()) {
      bucket.copy(asideKey(object), object.key(), object.metadata());
    }
  }

  /** What lies aside stays there: a deletion without an answer may still be carried out. */
  private void restoreAfter(Exception failure, ObjectInfo object) {
    try {
      putBack(object);
    } catch (IOException e) {
      failure.addSuppressed(e);
    }
  }

  private Set<String> neededNow(List<Candidate> batch) throws IOException {
    state.catchUp();
    Set<String> digests = new HashSet<>();
    batch.forEach(candidate -> digests.add(candidate.sha256()));
    return state.read(
        (OrchestratorState fold) -> References.needed(fold, rules, Optional.of(digests)));
  }

  /** Ends what a run that broke off left aside: back where it is needed, else away. */
  private void recover() throws IOException {
    Map<String, ObjectInfo> left = new TreeMap<>();
    bucket.list(
        ASIDE,
        object -> {
          if (object.age().compareTo(ABANDONED) > 0) {
            left.put(object.key(), object);
          }
          return true;
        });
    if (left.isEmpty()) {
      return;
    }
    state.catchUp();
    Set<String> digests = new HashSet<>();
    left.keySet().forEach(key -> digests.add(name(key)));
    Set<String> needed =
        state.read(fold -> References.needed(fold, KeepRules.LAST, Optional.of(digests)));
    for (ObjectInfo object : left.values()) {
      String digest = name(object.key());
      if (!DIGEST.matcher(digest).matches()) {
        problem(object.key() + " is none of ours and stays");
        continue;
      }
      String key = ObjectStore.key(digest);
      boolean there = bucket.stat(key).isPresent();
      if (needed.contains(digest) && !there) {
        bucket.copy(
            object.key(),
            key,
            bucket.stat(object.key()).map(ObjectInfo::metadata).orElse(Map.of()));
        tally.restored();
        there = true;
      }
      // While the object is there, whoever moved it aside may still be about to delete it.
      if (!there || object.age().compareTo(FORGOTTEN) > 0) {
        bucket.delete(object.key());
      }
    }
  }

  private void problem(String text) {
    tally.problem(text, MAX_PROBLEMS);
  }

  private static String name(String key) {
    return key.substring(key.lastIndexOf('/') + 1);
  }

  /** The digest that an object's key says; empty for keys that are no artifact's. */
  static Optional<String> digest(String key) {
    String name = name(key);
    return DIGEST.matcher(name).matches() && ObjectStore.key(name).equals(key)
        ? Optional.of(name)
        : Optional.empty();
  }
}
