package dev.fewstep.telemetry;

import static java.util.Objects.requireNonNull;

import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.autoconfigure.AutoConfiguredOpenTelemetrySdk;
import io.opentelemetry.sdk.autoconfigure.spi.ConfigurationException;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * What spans are begun with. Off unless OpenTelemetry's own environment variables name where traces
 * go; then they are recorded and sent in the background, and what cannot be sent is dropped: no
 * work ever waits for it.
 */
public final class Traces implements AutoCloseable {
  private static final String SCOPE = "dev.fewstep";
  private static final long LAST_EXPORT_SECONDS = 5;
  private static final Traces OFF =
      new Traces(OpenTelemetry.noop(), false, Optional.empty(), "unknown");

  private final Tracer tracer;
  private final boolean on;
  private final Optional<OpenTelemetrySdk> owned;

  private Traces(
      OpenTelemetry telemetry, boolean on, Optional<OpenTelemetrySdk> owned, String version) {
    this.tracer =
        telemetry
            .getTracerProvider()
            .tracerBuilder(SCOPE)
            .setInstrumentationVersion(version)
            .build();
    this.on = on;
    this.owned = owned;
  }

  /** Records nothing. */
  public static Traces off() {
    return OFF;
  }

  /** Records with what the caller has set up and closes. */
  public static Traces with(OpenTelemetry telemetry) {
    return new Traces(requireNonNull(telemetry, "telemetry"), true, Optional.empty(), "unknown");
  }

  /**
   * As OpenTelemetry's variables say. Off unless {@code OTEL_TRACES_EXPORTER}, {@code
   * OTEL_EXPORTER_OTLP_ENDPOINT} or {@code OTEL_EXPORTER_OTLP_TRACES_ENDPOINT} is set, and off when
   * the first is {@code none} or {@code OTEL_SDK_DISABLED} is {@code true}. All others ({@code
   * OTEL_TRACES_SAMPLER}, {@code OTEL_RESOURCE_ATTRIBUTES}, {@code OTEL_SERVICE_NAME}, …) mean what
   * the specification says; the protocol is {@code http/protobuf} unless another is set.
   *
   * @param service name of the service where none is set
   * @param version of this program
   * @param environment the variables
   * @throws IllegalArgumentException when a variable's value is none that OpenTelemetry knows
   */
  public static Traces fromEnvironment(
      String service, String version, Map<String, String> environment) {
    if (!asked(environment)) {
      return OFF;
    }
    try {
      OpenTelemetrySdk sdk =
          AutoConfiguredOpenTelemetrySdk.builder()
              .addPropertiesCustomizer(config -> properties(service, environment))
              .addResourceCustomizer(
                  (resource, config) ->
                      resource.toBuilder().put("service.version", version).build())
              .disableShutdownHook()
              .build()
              .getOpenTelemetrySdk();
      return new Traces(sdk, true, Optional.of(sdk), version);
    } catch (ConfigurationException e) {
      throw new IllegalArgumentException("the OTEL_… variables: " + e.getMessage(), e);
    }
  }

  /** Variables as the SDK's properties: {@code OTEL_SERVICE_NAME} is {@code otel.service.name}. */
  private static Map<String, String> properties(String service, Map<String, String> environment) {
    Map<String, String> properties = new HashMap<>();
    properties.put("otel.service.name", service);
    properties.put("otel.exporter.otlp.protocol", "http/protobuf");
    environment.forEach(
        (name, value) -> {
          if (name.startsWith("OTEL_") && !value.isBlank()) {
            properties.put(name.toLowerCase(Locale.ROOT).replace('_', '.'), value);
          }
        });
    properties.put("otel.metrics.exporter", "none");
    properties.put("otel.logs.exporter", "none");
    return properties;
  }

  private static boolean asked(Map<String, String> environment) {
    String exporter = environment.getOrDefault("OTEL_TRACES_EXPORTER", "").strip();
    boolean named =
        !exporter.isEmpty()
            || !environment.getOrDefault("OTEL_EXPORTER_OTLP_ENDPOINT", "").isBlank()
            || !environment.getOrDefault("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "").isBlank();
    boolean disabled =
        exporter.equals("none")
            || environment.getOrDefault("OTEL_SDK_DISABLED", "").strip().equalsIgnoreCase("true");
    return named && !disabled;
  }

  /** Whether anything is recorded. */
  public boolean on() {
    return on;
  }

  /** A span that the caller starts and ends. */
  public SpanBuilder span(String name, SpanKind kind) {
    return tracer.spanBuilder(name).setSpanKind(kind);
  }

  /** Sends what is recorded, for a few seconds at most. */
  @Override
  public void close() {
    owned.ifPresent(sdk -> sdk.shutdown().join(LAST_EXPORT_SECONDS, TimeUnit.SECONDS));
  }
}
