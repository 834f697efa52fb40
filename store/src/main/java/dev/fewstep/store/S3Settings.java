package dev.fewstep.store;

import static java.util.Objects.requireNonNull;

import java.net.URI;

/**
 * Where an S3 store is and how to sign in. The text form hides the keys.
 *
 * @param endpoint {@code http} or {@code https} address, path-style
 * @param region such as {@code us-east-1}
 * @param bucket the bucket of all artifacts
 * @param accessKey access key
 * @param secretKey secret key
 */
public record S3Settings(
    URI endpoint, String region, String bucket, String accessKey, String secretKey) {
  public S3Settings {
    requireNonNull(endpoint, "endpoint");
    requireNonNull(region, "region");
    requireNonNull(bucket, "bucket");
    requireNonNull(accessKey, "accessKey");
    requireNonNull(secretKey, "secretKey");
    require(
        ("http".equals(endpoint.getScheme()) || "https".equals(endpoint.getScheme()))
            && endpoint.getHost() != null,
        "the S3 endpoint must be http://HOST:PORT or https://HOST, not '" + endpoint + "'");
    require(
        endpoint.getUserInfo() == null,
        "the S3 endpoint must not carry credentials: give them as access key and secret key");
    require(!bucket.isBlank(), "the bucket's name is empty");
    require(!accessKey.isBlank(), "the S3 access key is empty");
    require(!secretKey.isBlank(), "the S3 secret key is empty");
  }

  private static void require(boolean right, String otherwise) {
    if (!right) {
      throw new IllegalArgumentException(otherwise);
    }
  }

  @Override
  public String toString() {
    return "S3Settings[" + endpoint + ", bucket " + bucket + "]";
  }
}
