package dev.fewstep.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fewstep.orchestrator.access.AccessSettings;
import dev.fewstep.orchestrator.access.Limits;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Flag, then environment, then a file that a variable names, then the file, then the default. */
class SettingsTest {
  @TempDir Path folder;
  private Path config;
  private final Map<String, String> environment = new HashMap<>();

  @BeforeEach
  void emptyFile() throws IOException {
    config = folder.resolve("config.yaml");
    Files.writeString(config, "");
    environment.put("FEWSTEP_CONFIG", config.toString());
  }

  @Test
  void eachSourceYieldsToTheOneBeforeIt() throws IOException {
    assertThat(value()).isEqualTo(new Settings.Value("http://127.0.0.1:8080", "default"));

    Files.writeString(config, "server: http://file:1\n");
    assertThat(value()).isEqualTo(new Settings.Value("http://file:1", "file " + config));

    Path secret = folder.resolve("server.txt");
    Files.writeString(secret, "http://named:2\n");
    environment.put("FEWSTEP_SERVER_URL_FILE", secret.toString());
    assertThat(value()).isEqualTo(new Settings.Value("http://named:2", "file " + secret));

    environment.put("FEWSTEP_SERVER_URL", "http://environment:3");
    assertThat(value())
        .isEqualTo(new Settings.Value("http://environment:3", "environment FEWSTEP_SERVER_URL"));

    Settings settings = Settings.load(environment);
    settings.flag(Setting.SERVER, Optional.of("http://flag:4"));
    assertThat(settings.value(Setting.SERVER))
        .isEqualTo(new Settings.Value("http://flag:4", "flag"));
  }

  private Settings.Value value() {
    return Settings.load(environment).value(Setting.SERVER);
  }

  @Test
  void limitsAndTheTokenOfTheMetersAreSettingsOfAServer() throws IOException {
    String admin = "0123456789abcdef0123456789abcdef";
    environment.put("FEWSTEP_ADMIN_TOKEN", admin);
    assertThat(Settings.load(environment).access(false).limits()).isEqualTo(Limits.usual());
    Path file = Files.writeString(folder.resolve("metrics"), admin + "-of-the-meters\n");
    environment.put("FEWSTEP_METRICS_TOKEN_FILE", file.toString());
    environment.put("FEWSTEP_REQUEST_LIMIT", "5/s up to 50");
    AccessSettings access = Settings.load(environment).access(false);
    assertThat(access.limits().requests()).isEqualTo(new Limits.Rate(5, 50));
    assertThat(access.showsMetrics(Optional.of("Bearer " + admin + "-of-the-meters"))).isTrue();
    assertThat(access.showsMetrics(Optional.of("Bearer " + admin))).isFalse();
    environment.put("FEWSTEP_SIGN_IN_LIMIT", "many");
    assertThatThrownBy(() -> Settings.load(environment).access(false))
        .isInstanceOf(CliException.class)
        .hasMessageContaining("FEWSTEP_SIGN_IN_LIMIT")
        .hasMessageContaining("100/s up to 2000");
  }

  @Test
  void anAbsentFlagChangesNothing() {
    environment.put("FEWSTEP_SERVER_URL", "http://environment:3");
    Settings settings = Settings.load(environment);
    settings.flag(Setting.SERVER, Optional.empty());
    assertThat(settings.text(Setting.SERVER)).isEqualTo("http://environment:3");
  }

  @Test
  void nestedKeysOfTheFileAreDottedNames() throws IOException {
    Files.writeString(config, "http:\n  port: 9000\ns3:\n  bucket: other\n");
    Settings settings = Settings.load(environment);
    assertThat(settings.number(Setting.HTTP_PORT, 0, 65_535)).isEqualTo(9000);
    assertThat(settings.text(Setting.S3_BUCKET)).isEqualTo("other");
    assertThat(settings.text(Setting.HTTP_HOST)).isEqualTo("127.0.0.1");
  }

  @Test
  void anUnknownKeyOfTheFileIsRefusedAndTheKnownOnesAreNamed() throws IOException {
    Files.writeString(config, "http:\n  prot: 9000\n");
    assertThatThrownBy(() -> Settings.load(environment))
        .isInstanceOf(CliException.class)
        .hasMessageContaining(config.toString())
        .hasMessageContaining("'http.prot'")
        .hasMessageContaining("http.port");
  }

  @Test
  void aFileThatIsNotYamlOrNotThereIsNamed() throws IOException {
    Files.writeString(config, "server: [\n");
    assertThatThrownBy(() -> Settings.load(environment))
        .isInstanceOf(CliException.class)
        .hasMessageContaining(config + " is not YAML");

    environment.put("FEWSTEP_CONFIG", folder.resolve("absent.yaml").toString());
    assertThatThrownBy(() -> Settings.load(environment))
        .isInstanceOf(CliException.class)
        .hasMessageContaining("absent.yaml, which does not exist");

    environment.put("FEWSTEP_CONFIG", config.toString());
    Files.writeString(config, "");
    environment.put("AWS_SECRET_ACCESS_KEY_FILE", folder.resolve("none").toString());
    assertThatThrownBy(() -> Settings.load(environment).text(Setting.S3_SECRET_KEY))
        .isInstanceOf(CliException.class)
        .hasMessageContaining("AWS_SECRET_ACCESS_KEY_FILE")
        .hasMessageContaining("cannot be read");
  }

  @Test
  void aNumberOutOfRangeNamesTheSettingAndItsSource() {
    for (String wrong : new String[] {"70000", "-1", "80a", ""}) {
      environment.put("FEWSTEP_HTTP_PORT", wrong);
      assertThatThrownBy(() -> Settings.load(environment).number(Setting.HTTP_PORT, 0, 65_535))
          .isInstanceOf(CliException.class)
          .hasMessage(
              "http.port (environment FEWSTEP_HTTP_PORT) must be a whole number from 0 to 65535,"
                  + " not '"
                  + wrong
                  + "'");
    }
  }

  @Test
  void directoriesFollowTheDesktopsConventions() {
    environment.put("XDG_DATA_HOME", folder.resolve("d").toString());
    environment.put("XDG_CACHE_HOME", folder.resolve("c").toString());
    Settings settings = Settings.load(environment);
    assertThat(settings.path(Setting.DATA_DIR)).isEqualTo(folder.resolve("d").resolve("fewstep"));
    assertThat(settings.path(Setting.CACHE_DIR)).isEqualTo(folder.resolve("c").resolve("fewstep"));
  }

  @Test
  void everySettingHasItsOwnKeyAndVariable() {
    assertThat(Setting.values()).extracting(Setting::key).doesNotHaveDuplicates();
    assertThat(Setting.values()).extracting(Setting::variable).doesNotHaveDuplicates();
    for (Setting setting : Setting.values()) {
      assertThat(Setting.byKey(setting.key())).contains(setting);
    }
  }

  @Test
  void configHidesSecretsAndShowsEverySource() throws IOException {
    environment.put("AWS_SECRET_ACCESS_KEY", "hunter2");
    environment.put("FEWSTEP_HTTP_PORT", "8081");
    ProgramRun run = ProgramRun.of(environment, "config", "-o", "json");
    assertThat(run.exitCode()).isZero();
    assertThat(run.out() + run.err()).doesNotContain("hunter2");
    assertThat(run.json().findValuesAsText("setting")).hasSize(Setting.values().length);
    run.json()
        .forEach(
            row -> {
              if (row.path("setting").asText().equals("http.port")) {
                assertThat(row.path("value").asText()).isEqualTo("8081");
                assertThat(row.path("source").asText()).isEqualTo("environment FEWSTEP_HTTP_PORT");
              }
              if (row.path("setting").asText().equals("s3.secret-key")) {
                assertThat(row.path("value").asText()).isEqualTo("********");
              }
            });
  }
}
