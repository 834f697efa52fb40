package dev.fewstep.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * What deploy/ hands to containers is what the program reads: a misspelt variable has no effect.
 */
class DeploymentSettingsTest {
  private static final Path HOME = Path.of("..");
  private static final Pattern HELM = Pattern.compile("\\{name: ([A-Z0-9_]+), value");
  private static final Pattern COMPOSE = Pattern.compile("^ +([A-Z0-9_]+): ", Pattern.MULTILINE);
  private static final Pattern IMAGE = Pattern.compile("\\b((?:FEWSTEP|AWS|KAFKA)_[A-Z0-9_]+)=");

  /** Read by the container's start script, by logback and by libtorch. */
  private static final Set<String> OTHERS =
      Set.of("FEWSTEP_HEAP_PERCENT", "FEWSTEP_LOG_LEVEL", "FEWSTEP_LOG_FORMAT", "OMP_NUM_THREADS");

  private static Set<String> known() {
    return Arrays.stream(Setting.values())
        .flatMap(setting -> Stream.of(setting.variable(), setting.variable() + "_FILE"))
        .collect(Collectors.toSet());
  }

  private static Set<String> named(Path file, Pattern pattern) {
    Set<String> names = new TreeSet<>();
    try {
      Matcher matcher = pattern.matcher(Files.readString(file));
      while (matcher.find()) {
        names.add(matcher.group(1));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    names.removeAll(OTHERS);
    return names;
  }

  @Test
  void every_variable_of_the_chart_is_a_setting() {
    Set<String> names = new TreeSet<>();
    for (String template : new String[] {"_helpers.tpl", "server.yaml", "workers.yaml"}) {
      names.addAll(named(HOME.resolve("deploy/helm/fewstep/templates/" + template), HELM));
    }
    names.removeIf(name -> name.startsWith("OTEL_"));
    assertThat(names).hasSizeGreaterThan(15).isSubsetOf(known());
  }

  @Test
  void every_variable_of_the_compose_file_is_a_setting_or_kafkas_or_opentelemetrys() {
    Set<String> names = named(HOME.resolve("deploy/compose/compose.yaml"), COMPOSE);
    names.removeIf(
        name ->
            name.equals("CLUSTER_ID")
                || name.startsWith("OTEL_")
                || (name.startsWith("KAFKA_") && !name.equals(Setting.BOOTSTRAP.variable())));
    assertThat(names).hasSizeGreaterThan(12).isSubsetOf(known());
  }

  @Test
  void every_variable_of_the_images_is_a_setting() {
    Set<String> names = named(HOME.resolve("deploy/docker/Dockerfile"), IMAGE);
    assertThat(names).hasSizeGreaterThan(5).isSubsetOf(known());
  }
}
