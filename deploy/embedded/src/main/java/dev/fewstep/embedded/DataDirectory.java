package dev.fewstep.embedded;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Layout of a data directory: {@code kafka/}, {@code s3/}, {@code credentials.json} (readable by
 * its owner only), {@code ports.json} and {@code lock}. Files are replaced whole, so that a crash
 * leaves the old or the new one.
 */
final class DataDirectory {
  private static final Logger LOG = LoggerFactory.getLogger(DataDirectory.class);
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final long MAX_FILE_BYTES = 64 * 1024;
  private static final int ACCESS_KEY_LENGTH = 20;
  private static final int SECRET_KEY_LENGTH = 40;
  private static final String KEY_CHARACTERS =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

  private final Path root;

  private DataDirectory(Path root) {
    this.root = root;
  }

  /** Makes the directory where absent, then open to its owner only. */
  static DataDirectory open(Path root) {
    Path absolute = root.toAbsolutePath().normalize();
    try {
      if (!Files.isDirectory(absolute)) {
        Files.createDirectories(absolute, posix("rwx------"));
      }
    } catch (IOException e) {
      throw new EmbeddedException(
          "The data directory " + absolute + " could not be made: check the path and your rights.",
          e);
    }
    return new DataDirectory(absolute);
  }

  Path root() {
    return root;
  }

  Path kafka() {
    return root.resolve("kafka");
  }

  Path s3() {
    return root.resolve("s3");
  }

  /** The credentials of this directory: those of the first start for ever. */
  S3Credentials credentials() {
    Path file = root.resolve("credentials.json");
    if (Files.exists(file)) {
      return readCredentials(file);
    }
    SecureRandom random = new SecureRandom();
    S3Credentials made =
        new S3Credentials(
            randomText(random, ACCESS_KEY_LENGTH), randomText(random, SECRET_KEY_LENGTH));
    replace(file, Map.of("accessKey", made.accessKey(), "secretKey", made.secretKey()));
    return made;
  }

  /** Ports of the previous start, if they can be read. */
  Optional<EmbeddedOptions> recordedPorts() {
    Path file = root.resolve("ports.json");
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    try {
      JsonNode json = read(file);
      return Optional.of(
          new EmbeddedOptions(json.path("kafka").intValue(), json.path("s3").intValue()));
    } catch (IOException | EmbeddedException e) {
      LOG.warn("{} does not name two ports, so others will be chosen", file);
      return Optional.empty();
    }
  }

  void recordPorts(int kafkaPort, int s3Port) {
    replace(root.resolve("ports.json"), Map.of("kafka", kafkaPort, "s3", s3Port));
  }

  private static S3Credentials readCredentials(Path file) {
    try {
      if (isPosix()) {
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
      }
      JsonNode json = read(file);
      return new S3Credentials(json.path("accessKey").asText(), json.path("secretKey").asText());
    } catch (IOException | EmbeddedException e) {
      // Without the cause: a parser's message may quote the file.
      throw new EmbeddedException(
          "The file "
              + file
              + " holds no valid S3 credentials ("
              + e.getClass().getSimpleName()
              + "): delete it to have new ones made; the stored objects stay.");
    }
  }

  private static JsonNode read(Path file) throws IOException {
    if (Files.size(file) > MAX_FILE_BYTES) {
      throw new EmbeddedException(file + " is larger than " + MAX_FILE_BYTES + " bytes.");
    }
    return JSON.readTree(Files.readAllBytes(file));
  }

  private static void replace(Path file, Map<String, ?> content) {
    Path temporary = file.resolveSibling(file.getFileName() + ".new");
    try {
      Files.deleteIfExists(temporary);
      Files.createFile(temporary, posix("rw-------"));
      Files.write(temporary, JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(content));
      Files.move(
          temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a map of texts and numbers has a JSON form", e);
    } catch (IOException e) {
      throw new EmbeddedException("The file " + file + " could not be written.", e);
    }
  }

  private static FileAttribute<?>[] posix(String permissions) {
    return isPosix()
        ? new FileAttribute<?>[] {
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(permissions))
        }
        : new FileAttribute<?>[0];
  }

  private static boolean isPosix() {
    return FileSystems.getDefault().supportedFileAttributeViews().contains("posix");
  }

  private static String randomText(SecureRandom random, int length) {
    StringBuilder text = new StringBuilder(length);
    for (int i = 0; i < length; i++) {
      text.append(KEY_CHARACTERS.charAt(random.nextInt(KEY_CHARACTERS.length())));
    }
    return text.toString();
  }
}
