package dev.fewstep.schemas.state;

import static dev.fewstep.schemas.spec.Checks.require;

/**
 * Where reading of the inbox goes on; written in every transaction by the log adapter.
 *
 * @param offset offset of the next inbox record to read, 0 or more
 */
public record InboxPosition(long offset) implements StateValue {
  public InboxPosition {
    require(offset >= 0, "offset must not be negative, not %s", offset);
  }
}
