package dev.fewstep.schemas;

import static java.util.Objects.requireNonNull;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Copies that keep the order of what they copy. {@link Map#copyOf} iterates in an order of its own
 * in each process, so that the same value would be written as other bytes.
 */
public final class Ordered {
  private Ordered() {}

  /**
   * An unmodifiable copy in the same order.
   *
   * @throws NullPointerException when a key or a value is null
   */
  public static <K, V> Map<K, V> copyOf(Map<K, V> map) {
    map.forEach(
        (key, value) -> {
          requireNonNull(key, "key");
          requireNonNull(value, "value");
        });
    return Collections.unmodifiableMap(new LinkedHashMap<>(map));
  }
}
