package dev.fewstep.cli;

import picocli.CommandLine.Option;

/** Options of every verb that prints a result. */
public final class OutputOptions {
  @Option(
      names = {"-o", "--output"},
      paramLabel = "FORMAT",
      defaultValue = "table",
      description = "${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE})")
  private OutputFormat format;

  /** Prints in the format asked for. */
  public Output output(Main main) {
    return new Output(main.out(), format);
  }

  OutputFormat format() {
    return format;
  }
}
