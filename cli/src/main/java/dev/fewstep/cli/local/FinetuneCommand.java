package dev.fewstep.cli.local;

import dev.fewstep.cli.CliException;
import dev.fewstep.cli.Main;
import dev.fewstep.schemas.spec.ExperimentSpec;
import dev.fewstep.schemas.spec.ExperimentSpecs;
import dev.fewstep.schemas.spec.Grid;
import dev.fewstep.schemas.spec.GridPoint;
import dev.fewstep.schemas.spec.LearningRateKind;
import dev.fewstep.schemas.spec.ValidationSpec;
import dev.fewstep.schemas.task.FinetuneTask;
import dev.fewstep.schemas.task.TrialTasks;
import dev.fewstep.worker.task.program.TaskResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/** Runs the finetune of one trial. */
@Command(
    name = "finetune",
    mixinStandardHelpOptions = true,
    description = "Runs the finetune of one trial of an experiment, here and without a server.")
public final class FinetuneCommand implements Callable<Integer> {
  @ParentCommand private Main main;
  @Mixin private LocalInputs inputs;

  @Parameters(paramLabel = "FILE", description = "experiment in YAML or JSON")
  private Path file;

  @Option(
      names = "--trial",
      paramLabel = "INDEX",
      defaultValue = "0",
      description = "index of the trial in the grid (default: ${DEFAULT-VALUE})")
  private long trial;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      required = true,
      description = "where weights, curve and sheets go")
  private Path out;

  @Option(names = "--resume", description = "go on from the checkpoint of an interrupted run")
  private boolean resume;

  @Option(
      names = "--extend",
      paramLabel = "CHECKPOINT",
      description = {
        "go on from the checkpoint of a finished finetune to --iterations; the bits are those of a run",
        "that had so many from the start"
      })
  private Path extend;

  @Option(
      names = "--iterations",
      paramLabel = "N",
      description = "optimiser updates in all, in place of training.iterations")
  private Integer iterations;

  @Override
  public Integer call() throws IOException {
    ExperimentSpec experiment = ExperimentSpecs.parse(file.toString(), Files.readString(file));
    Grid grid = Grid.of(experiment.spec());
    if (trial < 0 || trial >= grid.size()) {
      throw CliException.usage("--trial must be 0 to %d, not %d".formatted(grid.size() - 1, trial));
    }
    GridPoint point = grid.point(trial);
    Set<String> names = new LinkedHashSet<>();
    names.add(point.base().data().train());
    point.base().model().weights().ifPresent(names::add);
    point.base().loss().trained().forEach(space -> names.add(name(space.extractor())));
    point.base().training().validation().flatMap(ValidationSpec::dataset).ifPresent(names::add);
    names.add(experiment.spec().evaluation().reference());
    experiment.spec().evaluation().extractors().forEach(space -> names.add(name(space)));
    inputs.load(names, main.datasetCache());
    TrialTasks tasks = TrialTasks.of(point, experiment.spec().evaluation(), inputs.all());
    FinetuneTask task = tasks.finetune().spec();
    if (task.weights().upstreamKey().isPresent()) {
      throw CliException.usage(
          "this experiment pretrains its base model: run 'fewstep pretrain' first and name the weights");
    }
    TaskResult result =
        new LocalRun(main, out)
            .run(changed(task), inputs.files(), resume, Optional.ofNullable(extend));
    result.scores().forEach((name, value) -> main.out().printf("%s %s%n", name, value));
    return 0;
  }

  /** The task with the iterations asked for. */
  private FinetuneTask changed(FinetuneTask task) throws IOException {
    if (extend != null) {
      int made = CheckpointFile.iteration(extend);
      if (iterations == null) {
        throw CliException.usage(
            "--extend needs --iterations: %s is of iteration %d, say how many in all"
                .formatted(extend, made));
      }
      if (iterations <= made) {
        throw CliException.usage(
            "--iterations %d: %s is of iteration %d already; name more"
                .formatted(iterations, extend, made));
      }
      LearningRateKind kind = task.training().schedule();
      if (kind == LearningRateKind.LINEAR || kind == LearningRateKind.COSINE) {
        throw CliException.usage(
            "--extend: the %s schedule ends with the last iteration, so that more of them change the"
                    .formatted(kind.name().toLowerCase(Locale.ROOT))
                + " rates of those that were made; run it anew with --iterations");
      }
    }
    if (iterations == null) {
      return task;
    }
    if (iterations < 1) {
      throw CliException.usage("--iterations must be at least 1, not " + iterations);
    }
    return new FinetuneTask(
        task.weights(),
        task.dataset(),
        task.flip(),
        task.sampling(),
        task.loss(),
        task.training().withIterations(iterations),
        task.validation(),
        task.seed());
  }

  private static String name(String extractor) {
    int slash = extractor.indexOf('/');
    return slash < 0 ? extractor : extractor.substring(0, slash);
  }
}
