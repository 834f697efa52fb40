package dev.fewstep.chaos;

import dev.fewstep.chaos.cluster.Shape;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
    name = "chaos.sh",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Starts a whole installation of real processes on this machine, gives it thousands of short"
          + " tasks, breaks it on purpose, and checks from the outside that nothing is lost and"
          + " nothing counted twice.",
      "Ends with 0 when every invariant held, with 1 when one broke."
    })
final class Main implements Callable<Integer> {
  @Option(names = "--faults", paramLabel = "N", description = "faults to inject (${DEFAULT-VALUE})")
  private int faults = 100;

  @Option(
      names = "--tasks",
      paramLabel = "N",
      description = "tasks that must end at least (${DEFAULT-VALUE})")
  private int tasks = 1000;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "replays the order of kinds, victims and delays (${DEFAULT-VALUE})")
  private long seed = 1;

  @Option(names = "--brokers", paramLabel = "1|3", description = "brokers (${DEFAULT-VALUE})")
  private int brokers = 1;

  @Option(names = "--workers", paramLabel = "N", description = "workers (${DEFAULT-VALUE})")
  private int workers = 4;

  @Option(
      names = "--pause",
      paramLabel = "MS",
      description = "mean time between faults in milliseconds (${DEFAULT-VALUE})")
  private long pause = 2000;

  @Option(
      names = "--trials",
      paramLabel = "N",
      description = "trials of an experiment (${DEFAULT-VALUE})")
  private int trials = 40;

  @Option(
      names = "--minutes",
      paramLabel = "N",
      description = "after so many minutes no fault is begun (${DEFAULT-VALUE})")
  private int minutes = 120;

  @Option(
      names = "--settle",
      paramLabel = "S",
      description = "seconds that open tasks have to end when it is calm (${DEFAULT-VALUE})")
  private int settle = 300;

  @Option(
      names = "--compare",
      paramLabel = "S",
      description = "seconds for running interrupted finetunes again (${DEFAULT-VALUE})")
  private int compare = 300;

  @Option(names = "--commit", paramLabel = "HASH", description = "what was built, for the report")
  private String commit = "unknown";

  @Option(
      names = "--dir",
      paramLabel = "FOLDER",
      description = "where everything lies, evidence too; a new temporary folder unless given")
  private Path directory;

  @Override
  public Integer call() throws Exception {
    Path folder =
        directory == null
            ? Files.createTempDirectory("fewstep-chaos-")
            : directory.toAbsolutePath();
    Progress progress = new Progress(System.err, onTerminal(), faults);
    try {
      Report report =
          new ChaosRun(
                  new ChaosRun.Settings(
                      Shape.of(brokers, workers, folder),
                      seed,
                      faults,
                      tasks,
                      Duration.ofMillis(pause),
                      trials,
                      Duration.ofMinutes(minutes),
                      Duration.ofSeconds(settle),
                      Duration.ofSeconds(compare),
                      commit),
                  progress)
              .run();
      System.out.println(report.markdown(false));
      System.out.println("Everything that was seen is in " + folder);
      return report.findings().violations().isEmpty() ? 0 : 1;
    } finally {
      progress.close();
    }
  }

  /** chaos.sh asks the shell and says so. */
  private static boolean onTerminal() {
    return "true".equals(System.getenv("FEWSTEP_TERMINAL"));
  }

  /** Starts the program. */
  public static void main(String[] args) {
    System.exit(new CommandLine(new Main()).execute(args));
  }
}
