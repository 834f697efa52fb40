package dev.fewstep.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.minio.BucketExistsArgs;
import io.minio.GetObjectArgs;
import io.minio.GetPresignedObjectUrlArgs;
import io.minio.Http;
import io.minio.ListObjectsArgs;
import io.minio.MakeBucketArgs;
import io.minio.MinioClient;
import io.minio.PutObjectArgs;
import io.minio.RemoveObjectArgs;
import io.minio.RemoveObjectsArgs;
import io.minio.Result;
import io.minio.StatObjectArgs;
import io.minio.UploadObjectArgs;
import io.minio.errors.ErrorResponseException;
import io.minio.messages.DeleteRequest;
import io.minio.messages.Item;
import java.io.IOException;
import java.io.InputStream;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What a MinIO client does with the store; also the proof that no library it needs was excluded
 * from the build.
 */
final class EmbeddedS3Test {
  private static final String BUCKET = "artifacts";
  private static final S3Credentials CREDENTIALS =
      new S3Credentials("test-access-key", "test-secret-key");

  @TempDir private static Path directory;
  private static EmbeddedS3 s3;
  private static MinioClient client;
  private final HttpClient http = HttpClient.newHttpClient();

  @BeforeAll
  static void start() throws Exception {
    s3 = EmbeddedS3.start(directory.resolve("s3"), 0, CREDENTIALS);
    client = client(CREDENTIALS);
    client.makeBucket(MakeBucketArgs.builder().bucket(BUCKET).build());
  }

  @AfterAll
  static void stop() throws Exception {
    client.close();
    s3.close();
  }

  @Test
  void putsReadsListsAndDeletesObjects() throws Exception {
    assertThat(client.bucketExists(BucketExistsArgs.builder().bucket(BUCKET).build())).isTrue();
    put("crud/a.json", "first");
    put("crud/b.json", "second");
    put("crud/c.json", "third");

    assertThat(read("crud/b.json")).isEqualTo("second");
    assertThat(keys("crud/")).containsExactly("crud/a.json", "crud/b.json", "crud/c.json");
    assertThat(
            client
                .statObject(StatObjectArgs.builder().bucket(BUCKET).object("crud/c.json").build())
                .size())
        .isEqualTo(5);

    client.removeObject(RemoveObjectArgs.builder().bucket(BUCKET).object("crud/a.json").build());
    for (Result<?> error :
        client.removeObjects(
            RemoveObjectsArgs.builder()
                .bucket(BUCKET)
                .objects(List.of(new DeleteRequest.Object("crud/b.json")))
                .build())) {
      error.get();
    }
    assertThat(keys("crud/")).containsExactly("crud/c.json");
    assertThatThrownBy(() -> read("crud/a.json"))
        .isInstanceOfSatisfying(
            ErrorResponseException.class,
            e -> assertThat(e.errorResponse().code()).isEqualTo("NoSuchKey"));
  }

  @Test
  void storesTwentyMegabytesInParts(@TempDir Path local) throws Exception {
    byte[] content = new byte[20 << 20];
    new Random(7).nextBytes(content);
    Path file = Files.write(local.resolve("weights.safetensors"), content);

    String etag =
        client
            .uploadObject(
                UploadObjectArgs.builder()
                    .bucket(BUCKET)
                    .object("weights/large")
                    .filename(file.toString(), 5 << 20)
                    .build())
            .etag();

    assertThat(etag.replace("\"", "")).as("an etag of 4 parts").endsWith("-4");
    try (InputStream stored =
        client.getObject(GetObjectArgs.builder().bucket(BUCKET).object("weights/large").build())) {
      assertThat(stored.readAllBytes()).isEqualTo(content);
    }
    try (InputStream range =
        client.getObject(
            GetObjectArgs.builder()
                .bucket(BUCKET)
                .object("weights/large")
                .offset(6L << 20)
                .length(16L)
                .build())) {
      assertThat(HexFormat.of().formatHex(range.readAllBytes()))
          .isEqualTo(HexFormat.of().formatHex(content, 6 << 20, (6 << 20) + 16));
    }
  }

  @Test
  void refusesASecondWriterThatExpectsNoObject() throws Exception {
    put("once", "winner");

    assertThatThrownBy(
            () ->
                client.putObject(
                    PutObjectArgs.builder()
                        .bucket(BUCKET)
                        .object("once")
                        .extraHeaders(Map.of("If-None-Match", "*"))
                        .data("loser".getBytes(StandardCharsets.UTF_8), 5)
                        .build()))
        .isInstanceOfSatisfying(
            ErrorResponseException.class,
            e -> assertThat(e.errorResponse().code()).isEqualTo("PreconditionFailed"));
    assertThat(read("once")).isEqualTo("winner");
  }

  @Test
  void servesSignedAddresses() throws Exception {
    put("shared", "seen by the browser");
    HttpResponse<String> read = get(signed(client, Http.Method.GET, "shared"));
    assertThat(read.statusCode()).isEqualTo(200);
    assertThat(read.body()).isEqualTo("seen by the browser");

    HttpResponse<String> written =
        http.send(
            HttpRequest.newBuilder(signed(client, Http.Method.PUT, "uploaded"))
                .PUT(HttpRequest.BodyPublishers.ofString("from outside"))
                .build(),
            HttpResponse.BodyHandlers.ofString());
    assertThat(written.statusCode()).isEqualTo(200);
    assertThat(read("uploaded")).isEqualTo("from outside");
  }

  @Test
  void refusesStrangers() throws Exception {
    put("private", "secret");
    URI plain = s3.endpoint().resolve("/" + BUCKET + "/private");
    assertThat(get(plain).statusCode()).as("no signature").isEqualTo(403);
    assertThat(get(s3.endpoint().resolve("/")).statusCode()).as("list of buckets").isEqualTo(403);

    URI valid = signed(client, Http.Method.GET, "private");
    URI changed = URI.create(valid.toString().replace("/private", "/shared"));
    assertThat(get(changed).statusCode()).as("signature of another key").isEqualTo(403);

    refusesSignatureOf(new S3Credentials(CREDENTIALS.accessKey(), "another-secret-key"));
    refusesSignatureOf(new S3Credentials("another-access-key", CREDENTIALS.secretKey()));
  }

  /** By a signed address rather than a call, because the client repeats a refused call for 5 s. */
  private void refusesSignatureOf(S3Credentials stranger) throws Exception {
    MinioClient signer = client(stranger);
    try {
      assertThat(get(signed(signer, Http.Method.GET, "private")).statusCode()).isEqualTo(403);
    } finally {
      signer.close();
    }
  }

  @Test
  void listensOnTheLoopbackInterfaceOnly() throws Exception {
    Optional<InetAddress> outer = outerAddress();
    Assumptions.assumeTrue(outer.isPresent(), "this machine has no other interface");
    InetSocketAddress address = new InetSocketAddress(outer.orElseThrow(), s3.port());
    try (Socket socket = new Socket()) {
      assertThatThrownBy(() -> socket.connect(address, 2_000)).isInstanceOf(IOException.class);
    }
  }

  private static Optional<InetAddress> outerAddress() throws SocketException {
    return NetworkInterface.networkInterfaces()
        .flatMap(NetworkInterface::inetAddresses)
        .filter(a -> a instanceof Inet4Address && !a.isLoopbackAddress())
        .findFirst();
  }

  private static MinioClient client(S3Credentials credentials) {
    return MinioClient.builder()
        .endpoint(s3.endpoint().toString())
        .region("us-east-1")
        .credentials(credentials.accessKey(), credentials.secretKey())
        .build();
  }

  private static void put(String key, String text) throws Exception {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    client.putObject(
        PutObjectArgs.builder().bucket(BUCKET).object(key).data(bytes, bytes.length).build());
  }

  private static String read(String key) throws Exception {
    try (InputStream stored =
        client.getObject(GetObjectArgs.builder().bucket(BUCKET).object(key).build())) {
      return new String(stored.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private static List<String> keys(String prefix) throws Exception {
    List<String> keys = new ArrayList<>();
    for (Result<Item> item :
        client.listObjects(
            ListObjectsArgs.builder().bucket(BUCKET).prefix(prefix).recursive(true).build())) {
      keys.add(item.get().objectName());
    }
    return keys;
  }

  private static URI signed(MinioClient signer, Http.Method method, String key) throws Exception {
    return URI.create(
        signer.getPresignedObjectUrl(
            GetPresignedObjectUrlArgs.builder()
                .method(method)
                .bucket(BUCKET)
                .object(key)
                .expiry(5, TimeUnit.MINUTES)
                .build()));
  }

  private HttpResponse<String> get(URI uri) throws Exception {
    return http.send(
        HttpRequest.newBuilder(uri).GET().build(), HttpResponse.BodyHandlers.ofString());
  }
}
