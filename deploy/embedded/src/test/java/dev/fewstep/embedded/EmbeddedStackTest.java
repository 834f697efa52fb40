package dev.fewstep.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.minio.GetObjectArgs;
import io.minio.MakeBucketArgs;
import io.minio.MinioClient;
import io.minio.PutObjectArgs;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

@Timeout(120)
final class EmbeddedStackTest {
  private static final byte[] LOOPBACK = {127, 0, 0, 1};

  @TempDir private Path directory;

  @Test
  @SuppressWarnings("try") // It is closed twice on purpose.
  void aRestartFindsEverythingAsItWas() throws Exception {
    ListAppender<ILoggingEvent> log = new ListAppender<>();
    log.start();
    Logger root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    root.addAppender(log);
    String bootstrapServers;
    URI endpoint;
    String accessKey;
    String secretKey;
    try (EmbeddedStack stack = EmbeddedStack.start(directory, EmbeddedOptions.anyPorts())) {
      bootstrapServers = stack.bootstrapServers();
      endpoint = stack.s3Endpoint();
      accessKey = stack.s3AccessKey();
      secretKey = stack.s3SecretKey();
      KafkaClients clients = new KafkaClients(bootstrapServers);
      clients.createTopic("state");
      clients.sendInTransactions("state", List.of("kept"), List.of("dropped"));
      storeObject(stack, "kept too");
      assertThat(stack.toString()).doesNotContain(accessKey).doesNotContain(secretKey);

      assertThatThrownBy(() -> EmbeddedStack.start(directory, EmbeddedOptions.anyPorts()))
          .isInstanceOf(EmbeddedException.class)
          .hasMessageContaining(directory.toRealPath().toString())
          .hasMessageContaining("process " + ProcessHandle.current().pid());
      stack.close();
    }

    try (EmbeddedStack stack = EmbeddedStack.start(directory, EmbeddedOptions.anyPorts())) {
      assertThat(stack.bootstrapServers()).isEqualTo(bootstrapServers);
      assertThat(stack.s3Endpoint()).isEqualTo(endpoint);
      assertThat(stack.s3AccessKey()).isEqualTo(accessKey);
      assertThat(stack.s3SecretKey()).isEqualTo(secretKey);
      assertThat(new KafkaClients(stack.bootstrapServers()).read("state", 1))
          .containsExactly("kept");
      assertThat(readObject(stack)).isEqualTo("kept too");
    } finally {
      root.detachAppender(log);
    }
    assertThat(log.list)
        .isNotEmpty()
        .noneMatch(event -> event.getFormattedMessage().contains(secretKey))
        .noneMatch(event -> event.getFormattedMessage().contains(accessKey));
  }

  @Test
  void aKilledProcessLosesNothingAndLeavesNoLock() throws Exception {
    try (StackProcess other = StackProcess.start(directory)) {
      KafkaClients clients = new KafkaClients(other.bootstrapServers());
      clients.createTopic("state");
      clients.sendInTransactions("state", List.of("kept"), List.of());

      assertThatThrownBy(() -> EmbeddedStack.start(directory, EmbeddedOptions.anyPorts()))
          .isInstanceOf(EmbeddedException.class)
          .hasMessageContaining(directory.toRealPath().toString())
          .hasMessageContaining("process " + other.pid());
      other.kill();

      try (EmbeddedStack stack = EmbeddedStack.start(directory, EmbeddedOptions.anyPorts())) {
        assertThat(stack.bootstrapServers()).isEqualTo(other.bootstrapServers());
        KafkaClients after = new KafkaClients(stack.bootstrapServers());
        assertThat(after.read("state", 1)).containsExactly("kept");
        after.sendInTransactions("state", List.of("more"), List.of());
        assertThat(after.read("state", 2)).containsExactly("kept", "more");
      }
    }
  }

  @Test
  void namesThePortThatIsTaken() throws Exception {
    try (ServerSocket other = new ServerSocket(0, 1, InetAddress.getByAddress(LOOPBACK))) {
      int port = other.getLocalPort();
      assertThatThrownBy(() -> EmbeddedStack.start(directory, new EmbeddedOptions(port, 0)))
          .isInstanceOf(EmbeddedException.class)
          .hasMessageContaining("Port " + port)
          .hasMessageContaining("Kafka");
      assertThatThrownBy(() -> EmbeddedStack.start(directory, new EmbeddedOptions(0, port)))
          .isInstanceOf(EmbeddedException.class)
          .hasMessageContaining("Port " + port)
          .hasMessageContaining("S3");
      assertThatThrownBy(() -> EmbeddedKafka.start(directory.resolve("kafka"), port))
          .isInstanceOf(EmbeddedException.class)
          .hasMessageContaining("Port " + port);
    }
    DirectoryLock.acquire(directory).close();
  }

  @Test
  void recordedPortsAreTakenAgainUnlessAnotherProgramHasThem() throws Exception {
    int[] free = LoopbackPorts.free(2);
    Optional<EmbeddedOptions> recorded = Optional.of(new EmbeddedOptions(free[0], free[1]));
    assertThat(EmbeddedStack.choosePorts(EmbeddedOptions.anyPorts(), recorded))
        .isEqualTo(new EmbeddedOptions(free[0], free[1]));
    assertThat(EmbeddedStack.choosePorts(new EmbeddedOptions(free[1], 0), recorded))
        .as("the recorded S3 port was asked for by Kafka")
        .isEqualTo(new EmbeddedOptions(free[1], 0));
    try (ServerSocket other = new ServerSocket(free[0], 1, InetAddress.getByAddress(LOOPBACK))) {
      assertThat(EmbeddedStack.choosePorts(EmbeddedOptions.anyPorts(), recorded))
          .as("port " + other.getLocalPort() + " is taken")
          .isEqualTo(new EmbeddedOptions(0, free[1]));
    }
    assertThat(EmbeddedStack.choosePorts(EmbeddedOptions.anyPorts(), Optional.empty()))
        .isEqualTo(EmbeddedOptions.anyPorts());
  }

  @Test
  void refusesAPathThatKafkaWouldTakeForTwo() {
    assertThatThrownBy(
            () -> EmbeddedStack.start(directory.resolve("a,b"), EmbeddedOptions.anyPorts()))
        .isInstanceOf(EmbeddedException.class)
        .hasMessageContaining("comma");
  }

  @Test
  void saysWhyKafkaCannotUseADirectory() throws Exception {
    Path kafka = Files.createDirectory(directory.resolve("kafka"));
    Files.writeString(kafka.resolve("meta.properties"), "garbage");
    assertThatThrownBy(() -> EmbeddedKafka.start(kafka, 0))
        .isInstanceOf(EmbeddedException.class)
        .hasMessageContaining(kafka.toString())
        .hasMessageContaining("node ID not found");
  }

  @Test
  void refusesImpossiblePorts() {
    assertThatThrownBy(() -> new EmbeddedOptions(-1, 0)).hasMessageContaining("Kafka port is -1");
    assertThatThrownBy(() -> new EmbeddedOptions(0, 65536)).hasMessageContaining("65536");
    assertThatThrownBy(() -> new EmbeddedOptions(9000, 9000)).hasMessageContaining("9000");
  }

  @Test
  void theFirstFailedSecondStartDoesNotFreeTheLock() {
    try (DirectoryLock held = DirectoryLock.acquire(directory)) {
      assertThat(held).isNotNull();
      for (int i = 0; i < 2; i++) {
        assertThatThrownBy(() -> DirectoryLock.acquire(directory))
            .isInstanceOf(EmbeddedException.class);
      }
    }
    DirectoryLock.acquire(directory).close();
  }

  @Test
  void keepsCredentialsForItsOwnerOnlyAndForEver() throws Exception {
    Path data = directory.resolve("new").resolve("data");
    S3Credentials made = DataDirectory.open(data).credentials();
    Path file = data.resolve("credentials.json");
    assertThat(made.secretKey()).hasSize(40);
    assertThat(made.toString()).isEqualTo("S3Credentials[hidden]");
    assertThat(DataDirectory.open(data).credentials()).isEqualTo(made);
    assertThat(DataDirectory.open(directory.resolve("other")).credentials()).isNotEqualTo(made);
    Assumptions.assumeTrue(Files.getFileStore(file).supportsFileAttributeView("posix"));
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(data)))
        .isEqualTo("rwx------");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
    assertThat(DataDirectory.open(data).credentials()).isEqualTo(made);
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
  }

  @Test
  void brokenCredentialsAreAnErrorThatDoesNotQuoteThem() throws Exception {
    Path file = directory.resolve("credentials.json");
    for (String text : List.of("{\"secretKey\": \"hunter2", "{\"secretKey\": \"hunter2\"}", "")) {
      Files.writeString(file, text);
      assertThatThrownBy(() -> DataDirectory.open(directory).credentials())
          .isInstanceOf(EmbeddedException.class)
          .hasMessageContaining(file.toString())
          .hasNoCause()
          .hasMessageNotContaining("hunter2");
    }
  }

  @Test
  void brokenPortsAreForgotten() throws Exception {
    Files.writeString(directory.resolve("ports.json"), "{\"kafka\": 123456789");
    assertThat(DataDirectory.open(directory).recordedPorts()).isEmpty();
    DataDirectory.open(directory).recordPorts(4321, 4322);
    assertThat(DataDirectory.open(directory).recordedPorts())
        .contains(new EmbeddedOptions(4321, 4322));
  }

  @Test
  void saysWhichDirectoryCannotBeMade() throws Exception {
    Path file = Files.writeString(directory.resolve("file"), "in the way");
    assertThatThrownBy(() -> EmbeddedStack.start(file.resolve("data"), EmbeddedOptions.anyPorts()))
        .isInstanceOf(EmbeddedException.class)
        .hasMessageContaining(file.resolve("data").toString());
  }

  private static void storeObject(EmbeddedStack stack, String text) throws Exception {
    MinioClient client = client(stack);
    try {
      client.makeBucket(MakeBucketArgs.builder().bucket("artifacts").build());
      byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
      client.putObject(
          PutObjectArgs.builder()
              .bucket("artifacts")
              .object("task/weights")
              .data(bytes, bytes.length)
              .build());
    } finally {
      client.close();
    }
  }

  private static String readObject(EmbeddedStack stack) throws Exception {
    MinioClient client = client(stack);
    try (InputStream stored =
        client.getObject(
            GetObjectArgs.builder().bucket("artifacts").object("task/weights").build())) {
      return new String(stored.readAllBytes(), StandardCharsets.UTF_8);
    } finally {
      client.close();
    }
  }

  private static MinioClient client(EmbeddedStack stack) {
    return MinioClient.builder()
        .endpoint(stack.s3Endpoint().toString())
        .region("us-east-1")
        .credentials(stack.s3AccessKey(), stack.s3SecretKey())
        .build();
  }
}
