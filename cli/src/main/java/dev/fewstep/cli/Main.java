package dev.fewstep.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.fewstep.worker.tensor.ScriptTrust;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import picocli.AutoComplete.GenerateCompletion;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** The program. Run {@code fewstep --help}. */
@Command(
    name = "fewstep",
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class,
    sortOptions = false,
    description = {
      "Finetunes diffusion models so that they sample well in a handful of steps (MMD-DDM), as grids of",
      "experiments, and proves the gain.%n",
      "Start with 'fewstep demo'."
    },
    footer = {
      "%nExit codes: 0 ok, 1 a trial or the work failed, 2 usage, 3 unreachable, 4 timeout,",
      "            5 a benchmark regressed, 6 it cannot be said.",
      "Settings: flag > environment > ~/.config/fewstep/config.yaml > default; see 'fewstep config'."
    },
    subcommands = {
      DemoCommand.class,
      UpCommand.class,
      ServerCommand.class,
      WorkerCommand.class,
      PlanCommand.class,
      SubmitCommand.class,
      ListCommand.class,
      DescribeCommand.class,
      WatchCommand.class,
      LeaderboardCommand.class,
      ArtifactsCommand.class,
      CancelCommand.class,
      ArchiveCommand.class,
      ResultsCommand.class,
      ExportCommand.class,
      ImportExperimentCommand.class,
      BackupCommand.class,
      RestoreCommand.class,
      PauseCommand.class,
      ResumeCommand.class,
      RetryCommand.class,
      ExtendCommand.class,
      ResubmitCommand.class,
      CloneCommand.class,
      SetCommand.class,
      ExplainCommand.class,
      ProjectCommand.class,
      ScheduleCommand.class,
      TokenCommand.class,
      AuditCommand.class,
      NightlyCommand.class,
      QueueCommand.class,
      WorkersCommand.class,
      ImportCommand.class,
      ConvertCommand.class,
      InspectCommand.class,
      CatalogueCommand.class,
      DoctorCommand.class,
      GcCommand.class,
      ConfigCommand.class,
      CompletionCommand.class,
      dev.fewstep.cli.local.PretrainCommand.class,
      dev.fewstep.cli.local.FinetuneCommand.class,
      dev.fewstep.cli.local.SampleCommand.class,
      dev.fewstep.cli.local.InterpolateCommand.class,
      dev.fewstep.cli.local.SequenceCommand.class,
      dev.fewstep.cli.local.BeforeAfterCommand.class,
      dev.fewstep.cli.local.NeighboursCommand.class,
      dev.fewstep.cli.published.ImportConfigCommand.class,
      dev.fewstep.cli.local.FeaturesCommand.class,
      dev.fewstep.cli.local.MetricsCommand.class,
      GenerateCompletion.class
    })
public final class Main implements Runnable {
  /** The appenders of logback.xml; another name would silence the log. */
  private static final Set<String> LOG_FORMATS = Set.of("text", "json");

  @Spec private CommandSpec spec;

  @Option(
      names = "--data-dir",
      scope = ScopeType.INHERIT,
      paramLabel = "DIR",
      description = "where the embedded stack keeps everything (FEWSTEP_DATA_DIR)")
  private Path dataDir;

  @Option(
      names = "--stack-trace",
      scope = ScopeType.INHERIT,
      hidden = true,
      description = "print the stack trace of an error")
  private boolean stackTrace;

  private final Map<String, String> environment;
  private final PrintStream out;
  private final PrintStream err;
  private final Terminal terminal;
  private Settings settings;

  /** Wires the program to an environment and two streams. */
  public Main(Map<String, String> environment, PrintStream out, PrintStream err) {
    this.environment = Map.copyOf(environment);
    this.out = out;
    this.err = err;
    this.terminal = Terminal.detect(environment);
  }

  /** Runs the program and exits. */
  @SuppressWarnings("SystemExitOutsideMain")
  public static void main(String[] arguments) {
    System.exit(run(System.getenv(), System.out, System.err, arguments));
  }

  /** Runs the program and returns its exit code. */
  public static int run(
      Map<String, String> environment, PrintStream out, PrintStream err, String... arguments) {
    String format = environment.getOrDefault("FEWSTEP_LOG_FORMAT", "text");
    if (!LOG_FORMATS.contains(format)) {
      err.println("fewstep: FEWSTEP_LOG_FORMAT must be text or json, not '" + format + "'");
      return ExitCodes.USAGE;
    }
    Main main = new Main(environment, out, err);
    CommandLine line = new CommandLine(main);
    line.getSubcommands().get("generate-completion").getCommandSpec().usageMessage().hidden(true);
    line.setCaseInsensitiveEnumValuesAllowed(true);
    line.setColorScheme(
        CommandLine.Help.defaultColorScheme(main.terminal.colour() ? Ansi.ON : Ansi.OFF));
    line.setOut(new PrintWriter(out, true, UTF_8));
    line.setErr(new PrintWriter(err, true, UTF_8));
    line.setExecutionExceptionHandler(main::complain);
    return line.execute(arguments);
  }

  private int complain(Exception error, CommandLine line, CommandLine.ParseResult result) {
    if (stackTrace) {
      error.printStackTrace(err);
    }
    err.println("fewstep: " + Problems.sentence(error));
    return Problems.exitCode(error);
  }

  @Override
  public void run() {
    spec.commandLine().usage(out);
  }

  /** The settings in force. */
  synchronized Settings settings() {
    if (settings == null) {
      settings = Settings.load(environment);
      settings.flag(Setting.DATA_DIR, Optional.ofNullable(dataDir).map(Path::toString));
    }
    return settings;
  }

  /** The environment. */
  public Map<String, String> environment() {
    return environment;
  }

  /** Results go here and nothing else. */
  public PrintStream out() {
    return out;
  }

  /** Progress and complaints go here. */
  public PrintStream err() {
    return err;
  }

  /** Whether a bar may be drawn. */
  public boolean interactive() {
    return terminal.interactive();
  }

  /** Threads of an operator; 0 for the engine's default. */
  public int threads() {
    return settings().number(Setting.THREADS, 0, 1024);
  }

  /** Device that local verbs use, such as {@code cpu} or {@code cuda:0}. */
  public String device() {
    return settings().text(Setting.DEVICE);
  }

  /** Where datasets are kept in the form in which they travel. */
  public Path datasetCache() {
    return settings().path(Setting.CACHE_DIR).resolve("datasets");
  }

  /** Lets the engine unpack its native libraries below the cache directory. */
  public void useCache() {
    if (!environment.containsKey("DJL_CACHE_DIR") && System.getProperty("DJL_CACHE_DIR") == null) {
      System.setProperty(
          "DJL_CACHE_DIR", settings().path(Setting.CACHE_DIR).resolve("djl").toString());
    }
  }

  /** Lets this process run TorchScript files as the setting says, else {@code otherwise}. */
  public void trustScripts(boolean otherwise) {
    ScriptTrust.set(settings().allowsScripts(otherwise));
  }

  /** What the terminal can show. */
  Terminal terminal() {
    return terminal;
  }

  /** Version of the build. */
  static final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
      return new String[] {"fewstep " + text()};
    }

    static String text() {
      Properties properties = new Properties();
      try (InputStream stream = Main.class.getResourceAsStream("/fewstep-build.properties")) {
        if (stream != null) {
          properties.load(stream);
        }
      } catch (IOException e) {
        return "unknown";
      }
      return properties.getProperty("version", "unknown");
    }
  }
}
