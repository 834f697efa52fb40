package dev.fewstep.orchestrator.access;

/** The identity provider's keys cannot be had: whether a token is good is not known. */
public final class ProviderUnavailableException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  ProviderUnavailableException(String message, Throwable cause) {
    super(message, cause);
  }
}
