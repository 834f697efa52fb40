package dev.fewstep.store;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.time.Instant;
import java.util.Map;

/**
 * What the store says of an object.
 *
 * @param key its key in the bucket
 * @param bytes size in bytes
 * @param lastModified when it was written or refreshed, by the store's clock, to the second
 * @param askedAt when the store answered, by the store's clock where it tells, else by this
 *     machine's
 * @param metadata what was written with it, by lower-case name; empty in listings
 */
public record ObjectInfo(
    String key, long bytes, Instant lastModified, Instant askedAt, Map<String, String> metadata) {
  public ObjectInfo {
    requireNonNull(key, "key");
    requireNonNull(lastModified, "lastModified");
    requireNonNull(askedAt, "askedAt");
    metadata = Map.copyOf(metadata);
  }

  /** Time since it was written or refreshed; never negative. */
  public Duration age() {
    Duration age = Duration.between(lastModified, askedAt);
    return age.isNegative() ? Duration.ZERO : age;
  }
}
