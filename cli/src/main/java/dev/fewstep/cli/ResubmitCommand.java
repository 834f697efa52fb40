package dev.fewstep.cli;

import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

@Command(
    name = "resubmit",
    mixinStandardHelpOptions = true,
    description = {
      "Replaces an experiment by another grid, as sets: what both have is kept and goes on, what is new",
      "runs, and what only the old one has is withdrawn. Prints the id of the new experiment."
    })
final class ResubmitCommand implements Callable<Integer> {
  @ParentCommand private Main main;
  @Mixin private DerivedExperiment derived;

  @Option(
      names = {"-f", "--file"},
      required = true,
      paramLabel = "FILE",
      description = "experiment in YAML or JSON; - for standard input")
  private Path file;

  @Override
  public Integer call() {
    ExperimentFile experiment = ExperimentFile.read(file);
    return derived.submit(main, "resubmit", "application/yaml", experiment.text(), false);
  }
}
