package dev.fewstep.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CompletionCommandTest {
  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"bash", "zsh"})
  void bashAndZshShareAScriptThatKnowsVerbsAndOptions(String shell) {
    ProgramRun run = ProgramRun.in(folder, "completion", shell);
    assertThat(run.exitCode()).isZero();
    assertThat(run.out())
        .startsWith("#!/usr/bin/env bash")
        .contains("complete -F _complete_fewstep")
        .contains("fewstep")
        .contains("metrics")
        .contains("--extractor");
  }

  @Test
  void fishHasOneRuleForEachVerbAndOption() {
    ProgramRun run = ProgramRun.in(folder, "completion", "fish");
    assertThat(run.exitCode()).isZero();
    assertThat(run.out().lines())
        .allMatch(line -> line.startsWith("complete -c fewstep"))
        .anyMatch(line -> line.contains("__fish_use_subcommand -a sample -d"))
        .anyMatch(line -> line.contains("__fish_seen_subcommand_from sample' -l steps -r -d"))
        .anyMatch(line -> line.contains("__fish_seen_subcommand_from metrics' -l extractor -r -d"))
        .noneMatch(line -> line.contains("generate-completion"))
        .allMatch(line -> line.chars().filter(c -> c == '\'').count() % 2 == 0);
  }

  @Test
  void anotherShellIsAUsageError() {
    ProgramRun run = ProgramRun.in(folder, "completion", "tcsh");
    assertThat(run.exitCode()).isEqualTo(ExitCodes.USAGE);
    assertThat(run.err()).contains("tcsh").contains("bash").contains("fish");
  }
}
