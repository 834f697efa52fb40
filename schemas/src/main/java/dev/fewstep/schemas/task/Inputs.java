package dev.fewstep.schemas.task;

import dev.fewstep.schemas.Artifact;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * The registered inputs: what specifications may name.
 *
 * @param find the bytes behind a name
 * @param names all names, for suggestions; asked only when one was not found
 */
public record Inputs(
    Function<String, Optional<Artifact>> find, Supplier<Collection<String>> names) {

  /** Inputs held in a map. */
  public static Inputs of(Map<String, Artifact> byName) {
    return new Inputs(
        name -> Optional.ofNullable(byName.get(name)), () -> List.copyOf(byName.keySet()));
  }
}
