package dev.fewstep.orchestrator.experiment;

import dev.fewstep.schemas.state.TokenRecord;
import java.util.Collection;
import java.util.Collections;
import java.util.Optional;
import java.util.TreeMap;

/** The tokens of a state, by id. For the state's thread. */
public final class Tokens {
  private final TreeMap<String, TokenRecord> byId = new TreeMap<>();

  void replay(String id, Optional<TokenRecord> entry) {
    entry.ifPresentOrElse(present -> byId.put(id, present), () -> byId.remove(id));
  }

  /** Every token, by id. */
  public Collection<TokenRecord> all() {
    return Collections.unmodifiableCollection(byId.values());
  }

  /** A token. */
  public Optional<TokenRecord> token(String id) {
    return Optional.ofNullable(byId.get(id));
  }
}
