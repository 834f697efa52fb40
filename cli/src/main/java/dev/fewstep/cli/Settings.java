package dev.fewstep.cli;

import static java.util.Objects.requireNonNull;

import dev.fewstep.orchestrator.access.AccessSettings;
import dev.fewstep.orchestrator.access.Grant;
import dev.fewstep.orchestrator.access.Limits;
import dev.fewstep.orchestrator.access.OidcSettings;
import dev.fewstep.orchestrator.api.HttpSettings;
import dev.fewstep.orchestrator.log.KafkaSettings;
import dev.fewstep.orchestrator.webhook.WebhookSettings;
import dev.fewstep.store.S3Settings;
import dev.fewstep.telemetry.Traces;
import dev.fewstep.worker.tensor.ScriptTrust;
import java.io.IOException;
import java.io.StringReader;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import picocli.CommandLine.TypeConversionException;

/**
 * The settings in force and where each came from: flag, then environment, then file, then default.
 * A variable ending in {@code _FILE} names a file that holds the value, for secrets.
 */
final class Settings {
  private static final long MAX_FILE_BYTES = 1 << 20;

  private final Map<Setting, String> flags = new EnumMap<>(Setting.class);
  private final Map<String, String> environment;
  private final Map<Setting, String> file;
  private final Path fileName;

  private Settings(Map<String, String> environment, Path fileName, Map<Setting, String> file) {
    this.environment = environment;
    this.fileName = fileName;
    this.file = file;
  }

  /** A value and where it came from. */
  record Value(String value, String source) {}

  /**
   * Reads the file named by {@code FEWSTEP_CONFIG}, else {@code ~/.config/fewstep/config.yaml} when
   * it is there.
   *
   * @throws CliException when the file cannot be read or names an unknown setting
   */
  static Settings load(Map<String, String> environment) {
    Optional<String> named = Optional.ofNullable(environment.get("FEWSTEP_CONFIG"));
    Path path =
        named
            .map(Path::of)
            .orElseGet(
                () ->
                    Path.of(System.getProperty("user.home"), ".config", "fewstep", "config.yaml"));
    if (!Files.exists(path)) {
      if (named.isPresent()) {
        throw CliException.usage("FEWSTEP_CONFIG names " + path + ", which does not exist");
      }
      return new Settings(environment, path, Map.of());
    }
    return new Settings(environment, path, readFile(path));
  }

  private static Map<Setting, String> readFile(Path path) {
    Object tree;
    try {
      if (Files.size(path) > MAX_FILE_BYTES) {
        throw CliException.usage(path + " is larger than 1 MiB: that is no configuration");
      }
      tree =
          new Load(LoadSettings.builder().setLabel(path.toString()).build())
              .loadFromString(Files.readString(path));
    } catch (IOException e) {
      throw CliException.usage("cannot read " + path + ": " + e.getMessage(), e);
    } catch (YamlEngineException e) {
      throw CliException.usage(
          path + " is not YAML: " + e.getMessage().lines().findFirst().orElse(""), e);
    }
    Map<Setting, String> values = new EnumMap<>(Setting.class);
    if (tree != null) {
      flatten(path, "", tree, values);
    }
    return values;
  }

  private static void flatten(Path path, String prefix, Object tree, Map<Setting, String> values) {
    if (tree instanceof Map<?, ?> map) {
      map.forEach(
          (key, value) ->
              flatten(path, prefix.isEmpty() ? key.toString() : prefix + "." + key, value, values));
      return;
    }
    Setting setting =
        Setting.byKey(prefix)
            .orElseThrow(
                () ->
                    CliException.usage(
                        "%s: unknown setting '%s'; there are %s"
                            .formatted(
                                path,
                                prefix,
                                String.join(
                                    ", ",
                                    Arrays.stream(Setting.values()).map(Setting::key).toList()))));
    values.put(setting, String.valueOf(tree));
  }

  /** Sets a value given on the command line; an absent one changes nothing. */
  void flag(Setting setting, Optional<String> value) {
    value.ifPresent(text -> flags.put(setting, text));
  }

  /** The value in force and its source. */
  Value value(Setting setting) {
    if (flags.containsKey(setting)) {
      return new Value(flags.get(setting), "flag");
    }
    String variable = setting.variable();
    if (environment.containsKey(variable)) {
      return new Value(environment.get(variable), "environment " + variable);
    }
    if (environment.containsKey(variable + "_FILE")) {
      Path path = Path.of(environment.get(variable + "_FILE"));
      try {
        return new Value(Files.readString(path).strip(), "file " + path);
      } catch (IOException e) {
        throw CliException.usage(variable + "_FILE names " + path + ", which cannot be read", e);
      }
    }
    if (file.containsKey(setting)) {
      return new Value(file.get(setting), "file " + fileName);
    }
    return new Value(derivedDefault(setting), "default");
  }

  private String derivedDefault(Setting setting) {
    if (setting == Setting.DATA_DIR) {
      String base = environment.get("XDG_DATA_HOME");
      return (base == null || base.isBlank()
              ? Path.of(System.getProperty("user.home"), ".local", "share")
              : Path.of(base))
          .resolve("fewstep")
          .toString();
    }
    if (setting == Setting.CACHE_DIR) {
      String base = environment.get("XDG_CACHE_HOME");
      return (base == null || base.isBlank()
              ? Path.of(System.getProperty("user.home"), ".cache")
              : Path.of(base))
          .resolve("fewstep")
          .toString();
    }
    return setting.defaultValue();
  }

  String text(Setting setting) {
    return value(setting).value();
  }

  Path path(Setting setting) {
    return Path.of(requireNonNull(text(setting))).toAbsolutePath().normalize();
  }

  /** What a server speaks TLS with. */
  Optional<HttpSettings.Tls> tls() {
    String certificate = text(Setting.TLS_CERTIFICATE).strip();
    String key = text(Setting.TLS_KEY).strip();
    if (certificate.isEmpty() != key.isEmpty()) {
      throw CliException.usage(
          "FEWSTEP_TLS_CERTIFICATE and FEWSTEP_TLS_KEY belong together: one of them is missing");
    }
    return certificate.isEmpty()
        ? Optional.empty()
        : Optional.of(new HttpSettings.Tls(Path.of(certificate), Path.of(key)));
  }

  /** The object store. */
  S3Settings store() {
    return new S3Settings(
        URI.create(text(Setting.S3_ENDPOINT)),
        text(Setting.S3_REGION),
        text(Setting.S3_BUCKET),
        text(Setting.S3_ACCESS_KEY),
        text(Setting.S3_SECRET_KEY));
  }

  /** The Kafka cluster, as servers and what looks after them speak to it. */
  KafkaSettings kafka() {
    return KafkaSettings.of(text(Setting.BOOTSTRAP), number(Setting.REPLICATION, 1, 9))
        .withClientSettings(kafkaClient());
  }

  /** How Kafka's clients prove who they are: nothing else is theirs to change. */
  Map<String, String> kafkaClient() {
    Properties read = new Properties();
    try {
      read.load(new StringReader(text(Setting.KAFKA_CLIENT)));
    } catch (IOException | IllegalArgumentException e) {
      throw CliException.usage("FEWSTEP_KAFKA_CLIENT cannot be read: " + e.getMessage(), e);
    }
    Map<String, String> properties = new TreeMap<>();
    for (String name : read.stringPropertyNames()) {
      if (!name.matches("(security|sasl|ssl)\\..+")) {
        throw CliException.usage(
            "FEWSTEP_KAFKA_CLIENT: '"
                + name
                + "' is not for you to set: only security.*, sasl.* and ssl.* are");
      }
      properties.put(name, read.getProperty(name));
    }
    return properties;
  }

  /** Which webhooks may be told. */
  WebhookSettings webhooks() {
    try {
      return new WebhookSettings(
          Set.of(text(Setting.WEBHOOK_HOSTS).strip().split("\\s*,\\s*")),
          text(Setting.WEBHOOK_SECRET),
          text(Setting.WEBHOOK_PRIVATE).strip().equalsIgnoreCase("true"));
    } catch (IllegalArgumentException e) {
      throw CliException.usage(
          "FEWSTEP_WEBHOOK_HOSTS, FEWSTEP_WEBHOOK_SECRET: " + e.getMessage(), e);
    }
  }

  /**
   * Where traces go, as OpenTelemetry's own variables say.
   *
   * @param service what this process is called there
   * @throws CliException when one of the variables cannot be meant
   */
  Traces traces(String service) {
    try {
      return Traces.fromEnvironment(service, Main.Version.text(), environment);
    } catch (IllegalArgumentException e) {
      throw CliException.usage(e.getMessage(), e);
    }
  }

  /** A setting that is an age such as 180d, empty when it is not set. */
  Optional<Duration> age(Setting setting) {
    return text(setting).isBlank() ? Optional.empty() : Optional.of(duration(setting));
  }

  /**
   * A setting that is the address of a server, empty when it is not set.
   *
   * @throws CliException naming the setting and its source when it is no http or https address
   */
  Optional<URI> address(Setting setting) {
    Value value = value(setting);
    String text = value.value().strip();
    if (text.isEmpty()) {
      return Optional.empty();
    }
    try {
      URI address = new URI(text);
      if (address.getHost() != null && List.of("http", "https").contains(address.getScheme())) {
        return Optional.of(address);
      }
    } catch (URISyntaxException e) {
      throw CliException.usage(noAddress(setting, value), e);
    }
    throw CliException.usage(noAddress(setting, value));
  }

  private static String noAddress(Setting setting, Value value) {
    return "%s must be an address like http://prometheus:9090, not '%s' (%s)"
        .formatted(setting.variable(), value.value(), value.source());
  }

  /**
   * How a server is protected.
   *
   * @param insecure whether everybody is let in, wherever it listens
   * @throws IllegalArgumentException when the admin token is too weak
   */
  AccessSettings access(boolean insecure) {
    String token = text(Setting.ADMIN_TOKEN).strip();
    if (insecure) {
      if (!token.isEmpty()) {
        throw CliException.usage(
            "--insecure and an admin token contradict each other: leave one out");
      }
      return AccessSettings.unprotected().withMetricsToken(metricsToken());
    }
    return (token.isEmpty() ? AccessSettings.open() : AccessSettings.required(token))
        .withOidc(oidc())
        .withMetricsToken(metricsToken())
        .withLimits(
            new Limits(
                rate(Setting.REQUEST_LIMIT),
                rate(Setting.SIGN_IN_LIMIT),
                rate(Setting.REFUSAL_LIMIT)));
  }

  private Optional<String> metricsToken() {
    return Optional.of(text(Setting.METRICS_TOKEN).strip()).filter(token -> !token.isEmpty());
  }

  private Limits.Rate rate(Setting setting) {
    Value value = value(setting);
    try {
      return Limits.Rate.parse(value.value());
    } catch (IllegalArgumentException e) {
      throw CliException.usage(
          "%s (%s): %s".formatted(setting.variable(), value.source(), e.getMessage()), e);
    }
  }

  private Optional<OidcSettings> oidc() {
    Optional<URI> issuer = address(Setting.OIDC_ISSUER);
    try {
      return issuer.map(
          address ->
              new OidcSettings(
                  address,
                  text(Setting.OIDC_AUDIENCE).strip(),
                  text(Setting.OIDC_CLAIM).strip(),
                  Grant.parse(text(Setting.OIDC_GRANTS))));
    } catch (IllegalArgumentException e) {
      throw CliException.usage("FEWSTEP_OIDC_…: " + e.getMessage(), e);
    }
  }

  /**
   * A whole number in a range.
   *
   * @throws CliException naming the setting and its source otherwise
   */
  int number(Setting setting, int least, int most) {
    Value value = value(setting);
    try {
      int number = Integer.parseInt(value.value().strip());
      if (number >= least && number <= most) {
        return number;
      }
    } catch (NumberFormatException e) {
      throw CliException.usage(complaint(setting, value, least, most), e);
    }
    throw CliException.usage(complaint(setting, value, least, most));
  }

  /**
   * A duration such as {@code 30s}.
   *
   * @throws CliException when the setting is none
   */
  Duration duration(Setting setting) {
    Value value = value(setting);
    try {
      return new DurationConverter().convert(value.value());
    } catch (TypeConversionException e) {
      throw CliException.usage(
          "%s (%s): %s".formatted(setting.key(), value.source(), e.getMessage()), e);
    }
  }

  /**
   * Whether TorchScript files are run.
   *
   * @param otherwise where nothing is set
   * @throws CliException when the setting is neither {@code allow} nor {@code deny}
   */
  boolean allowsScripts(boolean otherwise) {
    Value value = value(Setting.TORCHSCRIPT);
    if (value.value().isBlank()) {
      return otherwise;
    }
    try {
      return ScriptTrust.parse(value.value().strip());
    } catch (IllegalArgumentException e) {
      throw CliException.usage(
          "%s (%s): %s".formatted(Setting.TORCHSCRIPT.key(), value.source(), e.getMessage()), e);
    }
  }

  private static String complaint(Setting setting, Value value, int least, int most) {
    return "%s (%s) must be a whole number from %d to %d, not '%s'"
        .formatted(setting.key(), value.source(), least, most, value.value());
  }
}
