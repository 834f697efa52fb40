package dev.fewstep.cli.published;

import dev.fewstep.cli.CliException;
import dev.fewstep.cli.Main;
import dev.fewstep.schemas.spec.SpecException;
import dev.fewstep.schemas.spec.SpecReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/** Reads the published repositories' configurations and command lines. */
@Command(
    name = "import-config",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Turns a configuration and a command line of the MMD-DDM or DDIM repository "
          + "(main.py --config cifar10.yml --timesteps 5 --train) into an experiment, or, for "
          + "options that sample, into one of fewstep's verbs.",
      "What was decided where the published code says one thing and does another stands "
          + "in comments at its head; docs/import-config.md has every field and option."
    })
public final class ImportConfigCommand implements Callable<Integer> {
  /** Whose behaviour is followed. */
  enum Parity {
    none,
    published
  }

  @ParentCommand private Main main;
  @Mixin private PublishedOptions published;

  @Parameters(
      index = "0",
      arity = "0..1",
      paramLabel = "CONFIG.yml",
      description = "the configuration; also looked for in configs/")
  private Path positional;

  @Option(
      names = "--config",
      paramLabel = "CONFIG.yml",
      description = "the same, as main.py has it")
  private Path option;

  @Option(
      names = "--parity",
      paramLabel = "WHOSE",
      defaultValue = "none",
      description = {
        "none: what the code means; published: what it does, clipping inside accumulation, steps made",
        "and all (default: ${DEFAULT-VALUE})"
      })
  private Parity parity;

  @Option(
      names = "--features",
      paramLabel = "NAME",
      defaultValue = "inception",
      description =
          "inception or clip: which of the two training functions (default: ${DEFAULT-VALUE})")
  private PublishedRecipe.Features features;

  @Option(
      names = "--pretrain",
      description = "also train the base model from scratch, as main.py does without any action")
  private boolean pretrain;

  @Option(
      names = "--iterations",
      paramLabel = "N",
      description = "optimiser steps (default: those of the configuration's epochs)")
  private Integer iterations;

  @Option(names = "--data", paramLabel = "NAME", description = "imported training images")
  private String data;

  @Option(
      names = "--weights",
      paramLabel = "NAME|FILE",
      description = "imported pretrained weights; for options that sample, their file")
  private String weights;

  @Option(names = "--extractor", paramLabel = "NAME[/MODE]", description = "imported extractor")
  private String extractor;

  @Option(
      names = "--held-out",
      paramLabel = "NAME[/MODE]",
      split = ",",
      description = "imported extractors that are scored but not trained on")
  private List<String> heldOut = List.of();

  @Option(
      names = {"-o", "--out"},
      paramLabel = "FILE",
      description = "where the experiment goes (default: standard output)")
  private Path out;

  @Option(
      names = "--run",
      description = {
        "run it here and now, without a server: 'fewstep finetune' into EXP/logs/DOC, or the verb that",
        "samples"
      })
  private boolean run;

  @Option(
      names = "--inputs",
      paramLabel = "FILE",
      description = "with --run: YAML list of the inputs that names stand for")
  private Path inputs;

  @Override
  public Integer call() throws IOException {
    Path file = file();
    PublishedConfig config = read(file);
    if (iterations != null && iterations < 1) {
      throw CliException.usage("--iterations must be at least 1, not " + iterations);
    }
    PublishedOptions.Action action = published.action(pretrain);
    return action.trains() ? experiment(file, config, action) : verb(file, config, action);
  }

  private Path file() {
    if ((positional == null) == (option == null)) {
      throw CliException.usage(
          positional == null
              ? "name a configuration, such as cifar10.yml"
              : "the configuration is named twice: " + positional + " and " + option);
    }
    Path named = positional != null ? positional : option;
    Path below = Path.of("configs").resolve(named);
    if (!Files.isRegularFile(named) && Files.isRegularFile(below)) {
      return below;
    }
    if (!Files.isRegularFile(named)) {
      throw CliException.usage("no configuration " + named + " (nor " + below + ")");
    }
    return named;
  }

  private static PublishedConfig read(Path file) throws IOException {
    if (Files.size(file) > SpecReader.MAX_BYTES) {
      throw CliException.usage(file + " is larger than 1 MiB");
    }
    try {
      return PublishedConfig.read(file.toString(), Files.readString(file));
    } catch (SpecException e) {
      throw CliException.usage(e.getMessage(), e);
    }
  }

  private int experiment(Path file, PublishedConfig config, PublishedOptions.Action action)
      throws IOException {
    PublishedSpec spec =
        new PublishedSpec(
            file.toString(),
            config,
            published,
            action,
            new PublishedSpec.Choices(
                parity == Parity.published,
                features,
                Optional.ofNullable(data),
                Optional.ofNullable(weights),
                Optional.ofNullable(extractor),
                heldOut,
                Optional.ofNullable(iterations)));
    String text = text(spec);
    if (out != null) {
      Files.writeString(out, text);
      main.err().println("experiment " + spec.name() + ": " + out);
    }
    if (!run) {
      if (out == null) {
        main.out().print(text);
      }
      return 0;
    }
    if (action == PublishedOptions.Action.pretrain) {
      throw CliException.usage(
          "--pretrain and --run: submit the experiment to a server, which trains and finetunes in"
              + " turn, or run 'fewstep pretrain' first");
    }
    Path folder = published.exp().resolve("logs").resolve(spec.name());
    Files.createDirectories(folder);
    Path written = folder.resolve("experiment.yaml");
    Files.writeString(written, text);
    List<String> words = new ArrayList<>(List.of("finetune", written.toString()));
    words.addAll(List.of("--out", folder.toString()));
    if (inputs != null) {
      words.addAll(List.of("--inputs", inputs.toString()));
    }
    if (published.resume()) {
      words.add("--resume");
    }
    return start(words);
  }

  private static String text(PublishedSpec spec) {
    try {
      return spec.text();
    } catch (SpecException e) {
      // The configuration's own fields are right: what is left are names that were chosen here.
      throw CliException.usage("the experiment would be refused: " + e.getMessage(), e);
    }
  }

  private int verb(Path file, PublishedConfig config, PublishedOptions.Action action)
      throws IOException {
    PublishedSampling sampling =
        new PublishedSampling(config, published, action, Optional.ofNullable(weights));
    List<String> words = sampling.arguments(parity == Parity.published, file.toString());
    if (!run) {
      SpecText head = new SpecText();
      sampling.notes().forEach(note -> head.comment("- " + note));
      String text = head + line(words) + "\n";
      if (out != null) {
        Files.writeString(out, text);
      } else {
        main.out().print(text);
      }
      return 0;
    }
    sampling.notes().forEach(note -> main.err().println(note));
    Path sheet = Path.of(words.get(words.indexOf("-o") + 1));
    if (sheet.getParent() != null) {
      Files.createDirectories(sheet.getParent());
    }
    return start(words);
  }

  private int start(List<String> words) {
    main.err().println(line(words));
    return Main.run(main.environment(), main.out(), main.err(), words.toArray(String[]::new));
  }

  /** As a shell takes it. */
  static String line(List<String> words) {
    StringBuilder line = new StringBuilder("fewstep");
    for (String word : words) {
      boolean plain = word.matches("[A-Za-z0-9_./:=@%+-]+");
      line.append(' ').append(plain ? word : "'" + word.replace("'", "'\\''") + "'");
    }
    return line.toString();
  }
}
