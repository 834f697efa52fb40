package dev.fewstep.cli;

import java.util.UUID;
import picocli.CommandLine.Option;

/** Lets a script say which request it repeats. */
final class IdempotencyOption {
  @Option(
      names = "--idempotency-key",
      paramLabel = "UUID",
      description = "the same twice is one command; a new one when absent")
  private UUID key;

  UUID key() {
    return key == null ? UUID.randomUUID() : key;
  }
}
