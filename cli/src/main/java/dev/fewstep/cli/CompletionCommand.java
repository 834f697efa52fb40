package dev.fewstep.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

@Command(
    name = "completion",
    mixinStandardHelpOptions = true,
    description = {
      "Prints a completion script, to be sourced by the shell:",
      "  bash, zsh: source <(fewstep completion bash)",
      "  fish:      fewstep completion fish | source"
    })
final class CompletionCommand implements Callable<Integer> {
  @ParentCommand private Main main;
  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "SHELL", description = "${COMPLETION-CANDIDATES}")
  private Shell shell;

  enum Shell {
    bash,
    zsh,
    fish
  }

  @Override
  public Integer call() {
    CommandLine root = spec.root().commandLine();
    main.out().print(shell == Shell.fish ? fish(root) : AutoComplete.bash("fewstep", root) + "\n");
    return ExitCodes.OK;
  }

  /** Fish completes from flat rules; picocli knows bash and zsh only. */
  private static String fish(CommandLine root) {
    List<String> lines = new ArrayList<>();
    lines.add("complete -c fewstep -f");
    for (Map.Entry<String, CommandLine> entry : root.getSubcommands().entrySet()) {
      CommandSpec command = entry.getValue().getCommandSpec();
      if (command.usageMessage().hidden()) {
        continue;
      }
      lines.add(
          "complete -c fewstep -n __fish_use_subcommand -a %s -d '%s'"
              .formatted(entry.getKey(), quoted(command.usageMessage().description())));
      for (OptionSpec option : command.options()) {
        if (option.hidden()) {
          continue;
        }
        String names =
            String.join(
                " ",
                java.util.Arrays.stream(option.names())
                    .map(n -> n.startsWith("--") ? "-l " + n.substring(2) : "-s " + n.substring(1))
                    .toList());
        lines.add(
            "complete -c fewstep -n '__fish_seen_subcommand_from %s' %s%s -d '%s'"
                .formatted(
                    entry.getKey(),
                    names,
                    option.arity().max() > 0 ? " -r" : "",
                    quoted(option.description())));
      }
    }
    return String.join("\n", lines) + "\n";
  }

  private static String quoted(String[] description) {
    String text = description.length == 0 ? "" : description[0];
    return CommandLine.Help.Ansi.OFF.string(text).replace("'", "").replace("%n", "");
  }
}
