package dev.fewstep.chaos;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Part {@code docker}: a docker that answers, and images that deploy/docker/build.sh made. Without
 * it a test is skipped with a line, or fails when {@code -Dfewstep.require} names the part.
 */
final class DockerPart {
  private DockerPart() {}

  /** Whether docker and all of these images of ours are there. */
  static boolean present(List<String> images) throws InterruptedException {
    List<String> absent = new ArrayList<>();
    if (status("docker", "version") != 0) {
      absent.add("docker answers");
    } else {
      for (String image : images) {
        if (status("docker", "image", "inspect", name(image)) != 0) {
          absent.add("image " + name(image) + " (deploy/docker/build.sh makes it)");
        }
      }
    }
    if (absent.isEmpty()) {
      return true;
    }
    String line = "part 'docker' is absent: not there: " + String.join(", ", absent);
    if (Arrays.asList(System.getProperty("fewstep.require", "").split("\\s*,\\s*"))
        .contains("docker")) {
      throw new AssertionError(line);
    }
    System.err.println("SKIPPED, " + line + " (-Dfewstep.require=docker makes this an error)");
    return false;
  }

  /** The image of this part of fewstep, as build.sh tags it. */
  static String name(String image) {
    return "fewstep/" + image + ":local";
  }

  private static int status(String... command) throws InterruptedException {
    try {
      Process process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      return process.waitFor(60, TimeUnit.SECONDS) ? process.exitValue() : -1;
    } catch (IOException e) {
      return -1;
    }
  }
}
