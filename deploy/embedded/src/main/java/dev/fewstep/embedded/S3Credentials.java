package dev.fewstep.embedded;

import java.util.Objects;

/**
 * What a client signs its requests with. The text form hides both parts.
 *
 * @param accessKey 1 to 128 characters
 * @param secretKey 8 to 128 characters
 */
public record S3Credentials(String accessKey, String secretKey) {
  /**
   * @throws EmbeddedException if a part is missing or its length is out of range
   */
  public S3Credentials {
    Objects.requireNonNull(accessKey, "accessKey");
    Objects.requireNonNull(secretKey, "secretKey");
    if (accessKey.isBlank() || accessKey.length() > 128) {
      throw new EmbeddedException("An S3 access key has 1 to 128 characters.");
    }
    if (secretKey.length() < 8 || secretKey.length() > 128) {
      throw new EmbeddedException("An S3 secret key has 8 to 128 characters.");
    }
  }

  @Override
  public String toString() {
    return "S3Credentials[hidden]";
  }
}
