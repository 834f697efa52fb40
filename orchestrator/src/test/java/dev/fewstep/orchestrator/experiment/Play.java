package dev.fewstep.orchestrator.experiment;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fewstep.orchestrator.experiment.Script.Step;
import dev.fewstep.schemas.ArtifactKind;
import dev.fewstep.schemas.Lineage;
import dev.fewstep.schemas.message.Command;
import dev.fewstep.schemas.message.FailureCode;
import dev.fewstep.schemas.spec.ExperimentSpec;
import dev.fewstep.schemas.state.ExperimentRecord;
import dev.fewstep.schemas.state.TaskRecord;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** Plays a script, checks after every step, and in the end lets everything finish. */
final class Play {
  private static final int MAX_EXPERIMENTS = 6;
  private static final int ROUNDS = 400;
  private static final List<FailureCode> CODES = List.of(FailureCode.values());
  private static final List<Lineage.Kind> LINEAGES = List.of(Lineage.Kind.values());
  private static final String NAMES = "abcdefgh";
  private static final String[] GRIDS = {
    "{}",
    "{\"sampling.steps\": [2, 3]}",
    "{\"sampling.steps\": [3, 4]}",
    "{\"sampling.steps\": [2, 3, 4]}"
  };
  private static final String[] RESOURCES = {
    "{\"deviceClass\": \"cpu\"}",
    "{\"deviceClass\": \"gpu\"}",
    "{\"deviceClass\": \"cpu\", \"memory\": \"2GiB\"}",
    "{\"deviceClass\": \"gpu\", \"memory\": \"3GiB\"}"
  };

  private final Universe universe = new Universe();
  private final Workers workers = new Workers(universe, 5);
  private final List<Command> commands = new ArrayList<>();
  private int submitted;

  Play() {
    for (String[] input :
        new String[][] {
          {"DATASET", "train"},
          {"DATASET", "test"},
          {"WEIGHTS", "ddpm"},
          {"EXTRACTOR", "small"},
          {"EXTRACTOR", "wide"}
        }) {
      register(ArtifactKind.valueOf(input[0]), input[1], input[1]);
    }
    universe.deliverAll(0);
    universe.settle(check -> true);
  }

  static void of(List<Step> script) {
    Play play = new Play();
    int at = 0;
    try {
      for (Step step : script) {
        play.step(step);
        play.universe.check();
        at++;
        if (at % 16 == 0) {
          play.universe.checkReplay();
        }
      }
      play.universe.checkReplay();
      play.finish();
      play.universe.check();
      play.universe.checkReplay();
    } catch (RuntimeException | AssertionError e) {
      throw new AssertionError("at step " + at + " of " + script + ": " + e.getMessage(), e);
    }
  }

  private void step(Step step) {
    int a = step.a();
    int b = step.b();
    switch (step.act()) {
      case SUBMIT -> submit(a, b);
      case DERIVE -> derive(a, b);
      case CANCEL -> any(a).ifPresent(id -> command(new Command.CancelExperiment(id(), at(), id)));
      case PAUSE ->
          any(a).ifPresent(id -> command(new Command.PauseExperiment(id(), at(), id, b % 2 == 0)));
      case RESUME -> any(a).ifPresent(id -> command(new Command.ResumeExperiment(id(), at(), id)));
      case RETRY -> any(a).ifPresent(id -> command(new Command.RetryFailed(id(), at(), id)));
      case POLICY -> any(a).ifPresent(id -> command(policy(id, b)));
      case PROJECT -> command(new Command.SetProject(id(), at(), project(a), 1 + b % 3, b / 3 % 3));
      case DRAIN -> command(new Command.DrainWorker(id(), at(), workers.get(a).id(), b % 3 > 0));
      case REGISTER -> register(ArtifactKind.WEIGHTS, "ddpm", "ddpm-" + a % 2);
      case RESEND -> {
        if (!commands.isEmpty()) {
          universe.send("api " + b % 2, commands.get(a % commands.size()));
        }
      }
      case PRESENCE -> workers.get(a).presence(b % 8 > 0);
      case TAKE -> workers.get(a).take();
      case TAKE_AGAIN -> workers.get(a).takeAgain(b);
      case BEAT -> workers.get(a).beat(b % 7);
      case CHECKPOINT -> workers.get(a).checkpoint(b % 7);
      case SUCCEED -> workers.get(a).succeed();
      case FAIL -> workers.get(a).fail(CODES.get(b % CODES.size()));
      case RELEASE -> workers.get(a).release();
      case OBEY -> workers.get(a).obey();
      case CRASH -> workers.get(a).crash(b % 2 == 0);
      case DELIVER -> universe.deliver(a);
      case DELIVER_ALL -> universe.deliverAll(a);
      case REPEAT -> universe.repeat(a);
      case LOSE -> universe.lose(a);
      case LEAD -> universe.lead(a % 5, b % 3 == 0);
      case ABORT -> universe.abort(a % 5);
      case RESTART -> universe.restart();
      case ANSWER -> universe.answer(a, b % 4 > 0);
      case PASS -> universe.pass(Duration.ofSeconds(1 + a % 40));
      case JUMP -> universe.jump(Duration.ofSeconds(a - 250));
      case SETTLE -> settle(a, b);
      case ROUND -> {
        workers.all().forEach(worker -> worker.presence(true));
        settle(a, b);
      }
      case WORK -> work(a, b);
    }
  }

  /** All that was said is decided; the store answers rightly, wrongly or not at all. */
  private void settle(int a, int b) {
    universe.deliverAll(a);
    if (b % 3 == 0) {
      universe.rest();
    } else {
      universe.settle(check -> b % 4 > 0 || check.taskKey().hashCode() % 3 == 0);
    }
  }

  /** Workers take what is there and are heard; then they end it in one way or another. */
  private void work(int a, int b) {
    List<Workers.Worker> all = workers.all();
    for (int i = 0; i <= a % 3; i++) {
      Workers.Worker worker = all.get((a + i) % all.size());
      worker.obey();
      if (!worker.take() && !worker.holds()) {
        continue;
      }
      universe.deliverAll(a);
      universe.lead(500, b % 5 == 0);
      switch (b / 2 % 12) {
        case 0 -> worker.fail(CODES.get(b / 24 % CODES.size()));
        case 1 -> worker.crash(false);
        case 2 -> worker.release();
        case 3 -> worker.checkpoint(b % 7);
        case 4 -> universe.pass(Duration.ofSeconds(31));
        default -> worker.succeed();
      }
      universe.deliverAll(a);
      universe.lead(500, false);
    }
  }

  private UUID id() {
    return workers.id();
  }

  private java.time.Instant at() {
    return universe.clock();
  }

  private static String project(int choice) {
    return choice % 2 == 0 ? "p" : "q";
  }

  private Optional<String> any(int choice) {
    List<ExperimentRecord> all = experiments();
    return all.isEmpty() ? Optional.empty() : Optional.of(all.get(choice % all.size()).id());
  }

  private List<ExperimentRecord> experiments() {
    return universe.state().experiments(Optional.empty(), Integer.MAX_VALUE);
  }

  private void command(Command command) {
    commands.add(command);
    universe.send("api " + commands.size() % 2, command);
  }

  private void register(ArtifactKind kind, String name, String content) {
    command(new Command.RegisterInput(id(), at(), name, Specs.file(kind, content), "a test"));
  }

  private void submit(int a, int b) {
    if (submitted < MAX_EXPERIMENTS) {
      ExperimentSpec spec = spec(NAMES.charAt(submitted) + "", project(b), a, b, 10);
      submitted++;
      command(new Command.SubmitExperiment(id(), at(), "me", spec));
    }
  }

  private void derive(int a, int b) {
    List<ExperimentRecord> all = experiments();
    if (submitted < MAX_EXPERIMENTS && !all.isEmpty()) {
      ExperimentRecord other = all.get(a % all.size());
      Lineage.Kind kind = LINEAGES.get(b % LINEAGES.size());
      String project = other.spec().metadata().project();
      ExperimentSpec spec =
          spec(
              NAMES.charAt(submitted) + "",
              project,
              a / 3,
              b / 3,
              kind == Lineage.Kind.EXTENDS ? 20 : 10);
      submitted++;
      command(
          new Command.SubmitExperiment(
              id(), at(), "me", spec, Optional.of(new Lineage(kind, other.id()))));
    }
  }

  private Command policy(String experiment, int b) {
    return new Command.ChangePolicy(
        id(),
        at(),
        experiment,
        b % 2 == 0 ? Optional.of(b % 101) : Optional.empty(),
        b % 3 == 0 ? Optional.of(b / 3 % 3) : Optional.empty());
  }

  private static ExperimentSpec spec(String name, String project, int a, int b, int iterations) {
    String policy =
        "{\"cache\": %s, \"priority\": %s, \"maxParallel\": %s, \"retry\": {\"maxAttempts\": %s}}"
            .formatted(a / 4 % 4 > 0, b / 2 % 3, b / 6 % 3, 1 + a / 16 % 3);
    return Specs.read(
        """
        {"apiVersion": "fewstep/v1", "kind": "Experiment",
         "metadata": {"name": "%s", "project": "%s"},
         "spec": {
           "base": {"data": {"train": "train"}, "model": {"weights": "ddpm"},
                    "loss": {"extractor": "small/multi"}, "training": {"iterations": %s}},
           "grid": %s, "seeds": [1],
           "evaluation": {"reference": "test", "extractors": ["small/multi"],
                          "samples": 2048, "baseSteps": [10]},
           "resources": %s,
           "policy": %s}}
        """
            .formatted(
                name,
                project,
                iterations,
                GRIDS[a % GRIDS.length],
                RESOURCES[b / 18 % RESOURCES.length],
                policy));
  }

  /** The faults end: what was paused goes on, honest workers come, and every experiment ends. */
  private void finish() {
    universe.deliverAll(0);
    universe.settle(check -> true);
    for (ExperimentRecord experiment : experiments()) {
      if (experiment.pausedAt().isPresent()) {
        command(new Command.ResumeExperiment(id(), at(), experiment.id()));
      }
    }
    List<Workers.Worker> honest = new ArrayList<>();
    for (String deviceClass : Workers.CLASSES) {
      honest.add(workers.hire(deviceClass, 1L << 40));
      honest.add(workers.hire(deviceClass, 1L << 40));
    }
    for (int round = 0; round < ROUNDS && !open().isEmpty(); round++) {
      universe.pass(Duration.ofSeconds(15));
      honest.forEach(worker -> worker.presence(true));
      universe.deliverAll(0);
      universe.settle(check -> true);
      honest.forEach(this::work);
    }
    assertThat(open()).as("experiments that never end").isEmpty();
    for (ExperimentRecord experiment : experiments()) {
      for (TaskRecord task :
          universe.state().tasks(experiment.id(), Optional.empty(), Integer.MAX_VALUE)) {
        assertThat(universe.state().taskState(task.key(), experiment.id()).orElseThrow())
            .as(task.key() + " to " + experiment.id())
            .matches(state -> state.isTerminal());
      }
    }
  }

  private void work(Workers.Worker worker) {
    while (worker.take()) {
      if (!worker.holds()) {
        continue;
      }
      universe.deliverAll(0);
      universe.settle(check -> true);
      if (worker.counts()) {
        worker.succeed();
      } else {
        worker.drop();
        worker.presence(true);
      }
      universe.deliverAll(0);
      universe.settle(check -> true);
    }
  }

  private List<String> open() {
    return experiments().stream()
        .map(ExperimentRecord::id)
        .filter(id -> !universe.state().progress(id).orElseThrow().state().isTerminal())
        .map(
            id ->
                id
                    + ": "
                    + universe.state().tasks(id, Optional.empty(), 100).stream()
                        .filter(
                            task ->
                                !universe
                                    .state()
                                    .taskState(task.key(), id)
                                    .orElseThrow()
                                    .isTerminal())
                        .map(
                            task ->
                                new Explanations(universe.state(), Universe.SETTINGS, Instant.EPOCH)
                                    .task(task.key())
                                    .toString())
                        .toList())
        .toList();
  }
}
