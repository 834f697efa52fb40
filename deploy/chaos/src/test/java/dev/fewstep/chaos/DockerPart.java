package dev.fewstep.chaos;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Parts {@code docker} and {@code compose}: a docker that answers, the images that
 * deploy/docker/build.sh made, and for the second docker-compose. Without its part a test is
 * skipped with a line, or fails when {@code -Dfewstep.require} names the part.
 */
final class DockerPart {
  private DockerPart() {}

  /** Whether docker and all of these images of ours are there. */
  static boolean present(List<String> images) throws InterruptedException {
    return present("docker", images, new ArrayList<>());
  }

  /** Whether compose is there too. */
  static boolean presentWithCompose(List<String> images) throws InterruptedException {
    List<String> absent = new ArrayList<>();
    if (status("docker", "compose", "version") != 0 && status("docker-compose", "version") != 0) {
      absent.add("docker compose or docker-compose");
    }
    return present("compose", images, absent);
  }

  private static boolean present(String part, List<String> images, List<String> absent)
      throws InterruptedException {
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
    String line = "part '" + part + "' is absent: not there: " + String.join(", ", absent);
    if (Arrays.asList(System.getProperty("fewstep.require", "").split("\\s*,\\s*"))
        .contains(part)) {
      throw new AssertionError(line);
    }
    System.err.println(
        "SKIPPED, " + line + " (-Dfewstep.require=" + part + " makes this an error)");
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
