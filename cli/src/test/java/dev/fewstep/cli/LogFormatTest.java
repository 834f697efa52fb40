package dev.fewstep.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.joran.JoranConfigurator;
import ch.qos.logback.classic.util.LogbackMDCAdapter;
import com.fasterxml.jackson.databind.JsonNode;
import dev.fewstep.schemas.Json;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What the program's own configuration writes. */
class LogFormatTest {
  private static String written(String format) throws Exception {
    LoggerContext context = new LoggerContext();
    LogbackMDCAdapter mdc = new LogbackMDCAdapter();
    context.setMDCAdapter(mdc);
    context.putProperty("FEWSTEP_LOG_FORMAT", format);
    JoranConfigurator configurator = new JoranConfigurator();
    configurator.setContext(context);
    PrintStream before = System.err;
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    System.setErr(new PrintStream(bytes, true, UTF_8));
    try {
      configurator.doConfigure(Main.class.getResource("/logback.xml"));
      mdc.put("execution", "x-1");
      context
          .getLogger("dev.fewstep.Some")
          .atWarn()
          .addKeyValue("task", "abc")
          .setCause(new IllegalStateException("because"))
          .log("It {}", "went wrong");
    } finally {
      System.setErr(before);
      context.stop();
    }
    return bytes.toString(UTF_8);
  }

  @Test
  void aLineIsOneObjectWithTheIds() throws Exception {
    String text = written("json");
    assertThat(text.strip().lines()).hasSize(1);
    JsonNode line = Json.messages().readTree(text);
    assertThat(line.path("level").asText()).isEqualTo("WARN");
    assertThat(line.path("formattedMessage").asText()).isEqualTo("It went wrong");
    assertThat(line.at("/kvpList/0/task").asText()).isEqualTo("abc");
    assertThat(line.at("/mdc/execution").asText()).isEqualTo("x-1");
    assertThat(line.at("/throwable/message").asText()).isEqualTo("because");
    assertThat(line.path("timestamp").asLong()).isPositive();
  }

  @Test
  void textIsAsEver() throws Exception {
    assertThat(written("text")).contains("WARN  dev.fewstep.Some - It went wrong");
  }

  @Test
  void anotherFormatIsRefusedRatherThanSilent() {
    ProgramRun run = ProgramRun.of(Map.of("FEWSTEP_LOG_FORMAT", "yaml"), "config");
    assertThat(run.exitCode()).isEqualTo(ExitCodes.USAGE);
    assertThat(run.err()).contains("FEWSTEP_LOG_FORMAT must be text or json, not 'yaml'");
  }
}
