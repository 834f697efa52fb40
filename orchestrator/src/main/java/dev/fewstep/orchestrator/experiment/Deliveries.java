package dev.fewstep.orchestrator.experiment;

import dev.fewstep.schemas.state.DeliveryRecord;
import java.time.Instant;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/** What webhooks are told. For the state's thread. */
public final class Deliveries {
  private final Map<UUID, DeliveryRecord> byId = new HashMap<>();

  void replay(UUID id, Optional<DeliveryRecord> entry) {
    entry.ifPresentOrElse(present -> byId.put(id, present), () -> byId.remove(id));
  }

  /** All that are known. */
  public Collection<DeliveryRecord> all() {
    return Collections.unmodifiableCollection(byId.values());
  }

  /** One of them. */
  public Optional<DeliveryRecord> delivery(UUID id) {
    return Optional.ofNullable(byId.get(id));
  }

  /** Those of a schedule, the newest first. */
  public List<DeliveryRecord> of(String schedule) {
    return byId.values().stream()
        .filter(each -> each.schedule().equals(schedule))
        .sorted(
            Comparator.comparing(DeliveryRecord::createdAt)
                .thenComparing(DeliveryRecord::id)
                .reversed())
        .toList();
  }

  /** Those that are to be tried, the oldest first. */
  public List<DeliveryRecord> due(Instant now) {
    return byId.values().stream()
        .filter(each -> each.notBefore().map(at -> !at.isAfter(now)).orElse(false))
        .sorted(Comparator.comparing(DeliveryRecord::createdAt).thenComparing(DeliveryRecord::id))
        .toList();
  }
}
