package dev.fewstep.orchestrator.artifact;

import static dev.fewstep.schemas.spec.Checks.require;
import static java.util.Objects.requireNonNull;

import java.net.URI;

/**
 * Where the S3 store is and how to sign in. The text form hides the keys.
 *
 * @param endpoint {@code http://HOST:PORT} or {@code https://HOST}, path-style
 * @param region such as {@code us-east-1}
 * @param bucket the bucket of all artifacts
 * @param accessKey access key
 * @param secretKey secret key
 */
public record StoreSettings(
    URI endpoint, String region, String bucket, String accessKey, String secretKey) {
  public StoreSettings {
    requireNonNull(endpoint, "endpoint");
    requireNonNull(region, "region");
    requireNonNull(bucket, "bucket");
    requireNonNull(accessKey, "accessKey");
    requireNonNull(secretKey, "secretKey");
    require(
        ("http".equals(endpoint.getScheme()) || "https".equals(endpoint.getScheme()))
            && endpoint.getHost() != null,
        "the S3 endpoint must be http://HOST:PORT or https://HOST, not '%s'",
        endpoint);
    require(
        endpoint.getUserInfo() == null,
        "the S3 endpoint must not carry credentials: give them as access key and secret key");
    require(!bucket.isBlank(), "the bucket's name is empty");
    require(!accessKey.isBlank(), "the S3 access key is empty");
    require(!secretKey.isBlank(), "the S3 secret key is empty");
  }

  @Override
  public String toString() {
    return "StoreSettings[" + endpoint + ", bucket " + bucket + "]";
  }
}
