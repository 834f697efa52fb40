package dev.fewstep.cli.published;

import dev.fewstep.cli.CliException;
import dev.fewstep.schemas.spec.Nearest;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Option;

/** The command line of the published main.py, option by option, as its parser has them. */
final class PublishedOptions {
  /** What a command line asks for. */
  enum Action {
    train("--train"),
    pretrain("--pretrain"),
    testFid("--test_FID"),
    sampleFid("--sample --fid"),
    interpolation("--sample --interpolation"),
    sequence("--sample --sequence"),
    sampleSheet("--sample_sheet");

    private final String flags;

    Action(String flags) {
      this.flags = flags;
    }

    /** As it was typed. */
    String flags() {
      return flags;
    }

    /** Whether it makes an experiment, rather than images. */
    boolean trains() {
      return this == train || this == pretrain;
    }
  }

  private static final Map<String, String> SKIPS =
      Map.of("uniform", "uniform", "quad", "quadratic", "quadratic", "quadratic");

  @Option(
      names = "--seed",
      paramLabel = "S",
      defaultValue = "42",
      description = "seed (default: ${DEFAULT-VALUE})")
  private long seed;

  @Option(
      names = "--exp",
      paramLabel = "DIR",
      defaultValue = "exp",
      description = "folder of results of --run (default: ${DEFAULT-VALUE})")
  private Path exp;

  @Option(
      names = "--doc",
      paramLabel = "NAME",
      description = "name of the run (default: the configuration's and the steps)")
  private String doc;

  @Option(
      names = "--comment",
      paramLabel = "TEXT",
      defaultValue = "",
      description = "becomes a label")
  private String comment;

  @Option(names = "--verbose", paramLabel = "LEVEL", hidden = true)
  private String verbose;

  @Option(names = "--test", hidden = true)
  private boolean test;

  @Option(
      names = "--ni",
      description = "nothing: there is never a question, and nothing is ever deleted")
  private boolean ni;

  @Option(
      names = "--train",
      description = "finetune: an experiment; what is made when nothing else is asked")
  private boolean train;

  @Option(names = "--test_FID", description = "50,000 images for an FID")
  private boolean testFid;

  @Option(
      names = "--sample",
      description = "with --fid, --interpolation or --sequence, else a sheet")
  private boolean sample;

  @Option(names = "--fid", description = "with --sample: 50,000 images for an FID")
  private boolean fid;

  @Option(names = "--interpolation", description = "11 images between two noises")
  private boolean interpolation;

  @Option(names = "--sequence", description = "the predicted images of every step, of 8 noises")
  private boolean sequence;

  @Option(names = "--sample_sheet", description = "a sheet of 25 images")
  private boolean sampleSheet;

  @Option(names = "--resume_training", description = "with --run: go on from the checkpoint")
  private boolean resume;

  @Option(
      names = "--use_pretrained",
      description = "sample from the pretrained weights, not the finetuned ones")
  private boolean usePretrained;

  @Option(
      names = {"-i", "--image_folder"},
      paramLabel = "NAME",
      defaultValue = "images",
      description = "folder of images below EXP/image_samples (default: ${DEFAULT-VALUE})")
  private String imageFolder;

  @Option(
      names = "--sample_type",
      paramLabel = "NAME",
      defaultValue = "generalized",
      description = "generalized only (default: ${DEFAULT-VALUE})")
  private String sampleType;

  @Option(
      names = "--skip_type",
      paramLabel = "NAME",
      defaultValue = "uniform",
      description = "uniform, or quad or quadratic (default: ${DEFAULT-VALUE})")
  private String skipType;

  @Option(
      names = "--timesteps",
      paramLabel = "N",
      description = "sampling steps; training needs them (default when sampling: 1000)")
  private Integer timesteps;

  @Option(
      names = "--eta",
      paramLabel = "E",
      defaultValue = "0",
      description = "0 deterministic to 1 DDPM-like (default: ${DEFAULT-VALUE})")
  private double eta;

  /**
   * What is asked for.
   *
   * @param pretrain whether training from scratch is
   * @throws CliException when two things are
   */
  Action action(boolean pretrain) {
    List<Action> asked = new ArrayList<>();
    if (train) {
      asked.add(Action.train);
    }
    if (pretrain) {
      asked.add(Action.pretrain);
    }
    if (testFid) {
      asked.add(Action.testFid);
    }
    if (sampleSheet) {
      asked.add(Action.sampleSheet);
    }
    if (fid) {
      asked.add(Action.sampleFid);
    }
    if (interpolation) {
      asked.add(Action.interpolation);
    }
    if (sequence) {
      asked.add(Action.sequence);
    }
    if (asked.isEmpty() && sample) {
      asked.add(Action.sampleSheet);
    }
    // A pretrained base is finetuned afterwards: both are one experiment.
    if (asked.size() > 1 && !asked.equals(List.of(Action.train, Action.pretrain))) {
      throw CliException.usage(
          "%s: one at a time"
              .formatted(String.join(" and ", asked.stream().map(Action::flags).toList())));
    }
    return asked.isEmpty() ? Action.train : asked.get(asked.size() - 1);
  }

  /**
   * Sampling steps.
   *
   * @param action what they are for
   * @param ofSchedule timesteps of the noise schedule
   * @throws CliException when training has none, or the schedule has not that many
   */
  int steps(Action action, int ofSchedule) {
    if (timesteps == null && action.trains()) {
      throw CliException.usage(
          "--timesteps is missing: finetuning is for a fixed number of sampling steps, such as"
              + " --timesteps 5 (main.py would train through its default of 1000)");
    }
    int steps = timesteps == null ? Math.min(1000, ofSchedule) : timesteps;
    if (steps < 1 || steps > Math.min(1000, ofSchedule)) {
      throw CliException.usage(
          "--timesteps must be 1 to %d, not %d".formatted(Math.min(1000, ofSchedule), steps));
    }
    return steps;
  }

  /** {@code uniform} or {@code quadratic}. */
  String skip() {
    String skip = SKIPS.get(skipType);
    if (skip == null) {
      List<String> names = List.of("uniform", "quad", "quadratic");
      throw CliException.usage(
          "--skip_type %s is not valid; expected one of %s%s"
              .formatted(
                  skipType,
                  String.join(", ", names),
                  Nearest.to(skipType, names)
                      .map(name -> "; did you mean '" + name + "'?")
                      .orElse("")));
    }
    return skip;
  }

  /** Refuses what has no counterpart. */
  void check() {
    if (!"generalized".equals(sampleType)) {
      throw CliException.usage(
          "--sample_type %s is not supported: only generalized is (DDIM's update; --eta 1 is its"
                  .formatted(sampleType)
              + " DDPM-like end). main.py's ddpm_noisy was never reachable");
    }
    if (!(eta >= 0 && eta <= 1)) {
      throw CliException.usage("--eta must be 0 to 1, not " + eta);
    }
  }

  /** Notes on options that the published code takes otherwise, or that do nothing. */
  List<String> notes(Action action) {
    List<String> notes = new ArrayList<>();
    if (!train && action == Action.train) {
      notes.add(
          "No action was named: this finetunes, as --train does. main.py would train a DDPM from"
              + " scratch (here: --pretrain).");
    }
    if (test) {
      notes.add("--test does nothing: main.py has no such function either.");
    }
    if (verbose != null) {
      notes.add("--verbose does nothing here.");
    }
    if (ni) {
      notes.add(
          "--ni does nothing: main.py deletes an existing folder of results with it, checkpoints"
              + " included, even for --test_FID; nothing is deleted here, a used folder is refused.");
    }
    if (skipType.equals("quadratic")) {
      notes.add(
          "--skip_type quadratic is what main.py's help says; its code accepts only 'quad'. Both"
              + " mean the same here.");
    }
    if (timesteps == null) {
      notes.add("--timesteps was not given: 1000 as in main.py.");
    }
    if (sample && !fid && !interpolation && !sequence && action == Action.sampleSheet) {
      notes.add(
          "--sample alone: the DDIM repository stops with NotImplementedError and MMD-DDM's main.py"
              + " trains a DDPM from scratch; this draws a sheet.");
    } else if (sample) {
      notes.add(
          "--sample: MMD-DDM's main.py never calls it and would train a DDPM from scratch; this does"
              + " what the DDIM repository does.");
    } else if (action == Action.interpolation
        || action == Action.sequence
        || action == Action.sampleFid) {
      notes.add("--sample is understood: without it main.py would ignore this option.");
    }
    if (action == Action.sampleSheet && sampleSheet) {
      notes.add(
          "--sample_sheet draws what its name says, 5 x 5 images as the published generate_samples,"
              + " which nothing there calls; main.py would interpolate (here: --interpolation).");
    }
    if (resume && !action.trains()) {
      notes.add("--resume_training does nothing when images are sampled.");
    } else if (resume) {
      notes.add(
          "--resume_training: the published MMD functions ignore it and begin anew; with --run the"
              + " finetune goes on from its checkpoint, to the same bits.");
    }
    if (usePretrained && action.trains()) {
      notes.add(
          "--use_pretrained does nothing here: a finetune always begins with pretrained weights.");
    }
    return notes;
  }

  long seed() {
    return seed;
  }

  Path exp() {
    return exp;
  }

  Optional<String> doc() {
    return Optional.ofNullable(doc);
  }

  String comment() {
    return comment;
  }

  double eta() {
    return eta;
  }

  boolean resume() {
    return resume;
  }

  boolean usePretrained() {
    return usePretrained;
  }

  String imageFolder() {
    return imageFolder;
  }
}
