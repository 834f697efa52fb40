package dev.fewstep.schemas.spec;

/** Argument checks with a message. */
public final class Checks {
  private Checks() {}

  /**
   * Refuses a value.
   *
   * @throws IllegalArgumentException with the formatted message when {@code holds} is false
   */
  public static void require(boolean holds, String message, Object... arguments) {
    if (!holds) {
      throw new IllegalArgumentException(message.formatted(arguments));
    }
  }
}
