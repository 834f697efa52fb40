package dev.fewstep.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fewstep.embedded.EmbeddedOptions;
import dev.fewstep.embedded.EmbeddedStack;
import dev.fewstep.orchestrator.Orchestrator;
import dev.fewstep.orchestrator.OrchestratorConfig;
import dev.fewstep.orchestrator.access.AccessSettings;
import dev.fewstep.orchestrator.api.HttpSettings;
import dev.fewstep.orchestrator.log.KafkaSettings;
import dev.fewstep.store.S3Settings;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A server that speaks TLS, and what the program trusts. */
class TlsTest {
  private static final String ADMIN = "0123456789abcdef0123456789abcdef";

  @TempDir static Path folder;
  private static EmbeddedStack stack;
  private static Orchestrator orchestrator;
  private static Path certificate;
  private static Path key;

  @BeforeAll
  static void start() throws Exception {
    makeCertificate();
    stack = EmbeddedStack.start(folder.resolve("data"), EmbeddedOptions.anyPorts());
    orchestrator =
        Orchestrator.start(
            OrchestratorConfig.of(
                KafkaSettings.of(stack.bootstrapServers(), 1),
                new S3Settings(
                    stack.s3Endpoint(),
                    "us-east-1",
                    "fewstep",
                    stack.s3AccessKey(),
                    stack.s3SecretKey()),
                HttpSettings.of("127.0.0.1", 0, AccessSettings.required(ADMIN))
                    .withTls(Optional.of(new HttpSettings.Tls(certificate, key)))));
    while (!orchestrator.ready()) {
      Thread.sleep(50);
    }
  }

  /** Of 127.0.0.1, signed by itself: made anew, so that none lies in the tree. */
  private static void makeCertificate() throws Exception {
    Path keys = folder.resolve("keys.p12");
    Process keytool =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                "server",
                "-keyalg",
                "EC",
                "-groupname",
                "secp256r1",
                "-dname",
                "CN=fewstep test",
                "-ext",
                "san=ip:127.0.0.1",
                "-validity",
                "2",
                "-storetype",
                "PKCS12",
                "-keystore",
                keys.toString(),
                "-storepass",
                "changeit")
            .inheritIO()
            .start();
    assertThat(keytool.waitFor()).isZero();
    KeyStore store = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(keys)) {
      store.load(in, "changeit".toCharArray());
    }
    certificate = pem("cert.pem", "CERTIFICATE", store.getCertificate("server").getEncoded());
    key =
        pem(
            "key.pem",
            "PRIVATE KEY",
            store.getKey("server", "changeit".toCharArray()).getEncoded());
  }

  private static Path pem(String name, String what, byte[] bytes) throws Exception {
    return Files.writeString(
        folder.resolve(name),
        "-----BEGIN %1$s-----%n%2$s%n-----END %1$s-----%n"
            .formatted(what, Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(bytes)));
  }

  @AfterAll
  static void stop() {
    if (orchestrator != null) {
      orchestrator.close();
    }
    if (stack != null) {
      stack.close();
    }
  }

  private static ProgramRun run(Map<String, String> more, String... arguments) throws Exception {
    Map<String, String> environment = new HashMap<>(more);
    environment.put(
        "FEWSTEP_CONFIG", Files.writeString(folder.resolve("config.yaml"), "").toString());
    environment.putIfAbsent("FEWSTEP_SERVER_URL", orchestrator.address().toString());
    environment.put("FEWSTEP_TOKEN", ADMIN);
    return ProgramRun.of(environment, arguments);
  }

  @Test
  void aServerWithACertificateIsSpokenToByThoseWhoTrustIt() throws Exception {
    assertThat(orchestrator.address().getScheme()).isEqualTo("https");
    ProgramRun trusted = run(Map.of("FEWSTEP_CA_FILE", certificate.toString()), "ls");
    assertThat(trusted.exitCode()).as(trusted.err()).isZero();

    ProgramRun stranger = run(Map.of(), "ls");
    assertThat(stranger.exitCode()).isEqualTo(ExitCodes.UNREACHABLE);
    assertThat(stranger.err()).contains("cannot be trusted").contains("FEWSTEP_CA_FILE");

    ProgramRun wrong = run(Map.of("FEWSTEP_CA_FILE", key.toString()), "ls");
    assertThat(wrong.exitCode()).isEqualTo(ExitCodes.USAGE);
    assertThat(wrong.err()).contains("FEWSTEP_CA");
  }

  @Test
  void clearTextIsNotAnswered() throws Exception {
    try (Socket socket =
        new Socket(InetAddress.getLoopbackAddress(), orchestrator.address().getPort())) {
      socket.setSoTimeout(60_000);
      socket
          .getOutputStream()
          .write(
              "GET /readyz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
                  .getBytes(StandardCharsets.US_ASCII));
      String answer;
      try {
        answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
      } catch (java.net.SocketException e) {
        answer = "";
      }
      assertThat(answer).doesNotContain("HTTP/1.1");
    }
  }

  @Test
  void aCertificateWithoutItsKeyIsRefused() throws Exception {
    ProgramRun half =
        run(Map.of("FEWSTEP_TLS_CERTIFICATE", certificate.toString()), "server", "--port", "0");
    assertThat(half.exitCode()).isEqualTo(ExitCodes.USAGE);
    assertThat(half.err()).contains("FEWSTEP_TLS_KEY");
    ProgramRun missing =
        run(
            Map.of(
                "FEWSTEP_TLS_CERTIFICATE",
                folder.resolve("none.pem").toString(),
                "FEWSTEP_TLS_KEY",
                key.toString()),
            "server",
            "--port",
            "0");
    assertThat(missing.exitCode()).isEqualTo(ExitCodes.USAGE);
    assertThat(missing.err()).contains("none.pem").contains("cannot be read");
  }

  /** Kafka's clients take how they prove who they are from a file, and nothing else. */
  @Test
  void kafkaClientsAreToldWhoTheyAreAndNothingElse() throws Exception {
    Path file =
        Files.writeString(
            folder.resolve("kafka.properties"),
            "security.protocol=SASL_SSL\nsasl.mechanism=SCRAM-SHA-512\n"
                + "sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required"
                + " username=\"f\" password=\"planted-secret\";\n");
    Settings settings = Settings.load(Map.of("FEWSTEP_KAFKA_CLIENT_FILE", file.toString()));
    assertThat(settings.kafkaClient())
        .containsEntry("security.protocol", "SASL_SSL")
        .containsOnlyKeys("security.protocol", "sasl.mechanism", "sasl.jaas.config");
    ProgramRun shown = run(Map.of("FEWSTEP_KAFKA_CLIENT_FILE", file.toString()), "config");
    assertThat(shown.out()).contains("kafka.client").doesNotContain("planted-secret");
    assertThat(
            KafkaSettings.of("b:1", 1).withClientSettings(settings.kafkaClient()).toString()
                + new dev.fewstep.worker.task.KafkaSettings("b:1", settings.kafkaClient()))
        .doesNotContain("planted-secret");

    ProgramRun other = run(Map.of("FEWSTEP_KAFKA_CLIENT", "acks=0"), "server", "--port", "0");
    assertThat(other.exitCode()).isEqualTo(ExitCodes.USAGE);
    assertThat(other.err()).contains("'acks' is not for you to set");
  }
}
