package dev.fewstep.store;

import static java.util.Objects.requireNonNull;

import java.time.Instant;

/**
 * An upload in parts that was begun and neither completed nor aborted. Its parts take room.
 *
 * @param key key of the object that it would make
 * @param uploadId the store's name for it
 * @param startedAt when it was begun, by the store's clock
 */
public record UnfinishedUpload(String key, String uploadId, Instant startedAt) {
  public UnfinishedUpload {
    requireNonNull(key, "key");
    requireNonNull(uploadId, "uploadId");
    requireNonNull(startedAt, "startedAt");
  }
}
