package dev.fewstep.orchestrator.ops;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;

/** Version and commit of this build. */
final class BuildInfo {
  private BuildInfo() {}

  /** {@code version} and {@code commit}; {@code unknown} where the build did not tell. */
  static Map<String, String> read() {
    Properties properties = new Properties();
    try (InputStream in = BuildInfo.class.getResourceAsStream("build.properties")) {
      if (in == null) {
        throw new IllegalStateException("build.properties is missing from the orchestrator's jar");
      }
      properties.load(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    String commit = known(properties.getProperty("commit"));
    Map<String, String> build = new TreeMap<>();
    build.put("version", known(properties.getProperty("version")));
    build.put(
        "commit", "true".equals(properties.getProperty("dirty")) ? commit + "-dirty" : commit);
    return build;
  }

  /** A value that the build filled in, or {@code unknown}. */
  private static String known(String value) {
    return value == null || value.isBlank() || value.startsWith("${") ? "unknown" : value;
  }
}
