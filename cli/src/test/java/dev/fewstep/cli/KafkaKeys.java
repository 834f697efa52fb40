package dev.fewstep.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;

/** Key pairs signed by themselves, and a store of all their certificates; made anew each time. */
final class KafkaKeys {
  private final Path folder;
  private final String password;
  private final KeyStore trusted;

  KafkaKeys(Path folder, String password) throws Exception {
    this.folder = folder;
    this.password = password;
    this.trusted = KeyStore.getInstance("PKCS12");
    trusted.load(null, null);
  }

  /** A key pair of that name, trusted by all who are made afterwards or read the store later. */
  Path make(String name) throws Exception {
    Path keys = folder.resolve(name + ".p12");
    Process keytool =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                name,
                "-keyalg",
                "EC",
                "-groupname",
                "secp256r1",
                "-dname",
                "CN=" + name,
                "-ext",
                "san=ip:127.0.0.1",
                "-validity",
                "2",
                "-storetype",
                "PKCS12",
                "-keystore",
                keys.toString(),
                "-storepass",
                password)
            .inheritIO()
            .start();
    assertThat(keytool.waitFor()).isZero();
    KeyStore made = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(keys)) {
      made.load(in, password.toCharArray());
    }
    trusted.setCertificateEntry(name, made.getCertificate(name));
    try (OutputStream out = Files.newOutputStream(trust())) {
      trusted.store(out, password.toCharArray());
    }
    return keys;
  }

  /** The store of all certificates. */
  Path trust() {
    return folder.resolve("trust.p12");
  }

  /** Kafka's settings of the store of all certificates. */
  String trustSettings() {
    return "ssl.truststore.type=PKCS12\nssl.truststore.location="
        + trust()
        + "\nssl.truststore.password="
        + password
        + "\n";
  }

  /** Kafka's settings of a key pair. */
  String keySettings(Path keys) {
    return "ssl.keystore.type=PKCS12\nssl.keystore.location="
        + keys
        + "\nssl.keystore.password="
        + password
        + "\nssl.key.password="
        + password
        + "\n";
  }
}
