package dev.fewstep.monitoring;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** All dashboards, and the program that writes them into {@code deploy/grafana/dashboards}. */
final class Dashboards {
  private Dashboards() {}

  static List<Dashboard> all() {
    return List.of(
        OverviewDashboard.make(),
        ExperimentDashboard.make(),
        TrainingDashboard.make(),
        FleetDashboard.make(),
        ServersDashboard.make(),
        NightlyDashboard.make());
  }

  /** Texts by names of files. */
  static Map<String, String> files() {
    Map<String, String> files = new TreeMap<>();
    all().forEach(one -> files.put(one.id() + ".json", GrafanaJson.text(one)));
    return files;
  }

  /** Writes them all into the folder given. */
  public static void main(String[] arguments) throws IOException {
    if (arguments.length != 1) {
      throw new IllegalArgumentException("expected one folder, got " + arguments.length);
    }
    Path folder = Files.createDirectories(Path.of(arguments[0]));
    for (Map.Entry<String, String> file : files().entrySet()) {
      Files.writeString(folder.resolve(file.getKey()), file.getValue());
    }
  }
}
