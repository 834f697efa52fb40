package dev.fewstep.cli.local;

import dev.fewstep.cli.CliException;
import dev.fewstep.cli.Main;
import dev.fewstep.schemas.spec.ExperimentSpec;
import dev.fewstep.schemas.spec.ExperimentSpecs;
import dev.fewstep.schemas.spec.Grid;
import dev.fewstep.schemas.spec.GridPoint;
import dev.fewstep.schemas.spec.ValidationSpec;
import dev.fewstep.schemas.task.FinetuneTask;
import dev.fewstep.schemas.task.TrialTasks;
import dev.fewstep.worker.task.program.TaskResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
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
    TaskResult result = new LocalRun(main, out).run(task, inputs.files(), resume);
    result.scores().forEach((name, value) -> main.out().printf("%s %s%n", name, value));
    return 0;
  }

  private static String name(String extractor) {
    int slash = extractor.indexOf('/');
    return slash < 0 ? extractor : extractor.substring(0, slash);
  }
}
