package dev.fewstep.orchestrator.experiment;

import dev.fewstep.schemas.state.ArchivedRecord;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** The archived experiments, as the state knows them. */
public final class Archive {
  private final Map<String, ArchivedRecord> byId = new HashMap<>();
  private final TreeMap<Long, ArchivedRecord> bySequence =
      new TreeMap<>(Collections.reverseOrder());

  void replay(String id, Optional<ArchivedRecord> entry) {
    Optional.ofNullable(byId.remove(id)).ifPresent(old -> bySequence.remove(old.sequence()));
    entry.ifPresent(
        present -> {
          byId.put(id, present);
          bySequence.put(present.sequence(), present);
        });
  }

  /** Number of archived experiments. */
  public int count() {
    return byId.size();
  }

  /** An archived experiment. */
  public Optional<ArchivedRecord> experiment(String id) {
    return Optional.ofNullable(byId.get(id));
  }

  /** All of them. */
  public Collection<ArchivedRecord> experiments() {
    return Collections.unmodifiableCollection(bySequence.values());
  }

  /**
   * Archived experiments, the last submitted first.
   *
   * @param after id of the last one of the page before; empty for the first page
   * @param limit at most so many
   */
  public List<ArchivedRecord> experiments(Optional<String> after, int limit) {
    return after
        .flatMap(this::experiment)
        .map(last -> bySequence.tailMap(last.sequence(), false))
        .orElse(bySequence)
        .values()
        .stream()
        .limit(limit)
        .toList();
  }

  /** Highest place in the order of submission, 0 for none. */
  long lastSequence() {
    return bySequence.isEmpty() ? 0 : bySequence.firstKey();
  }
}
