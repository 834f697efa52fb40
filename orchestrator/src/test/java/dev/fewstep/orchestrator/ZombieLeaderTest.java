package dev.fewstep.orchestrator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fewstep.orchestrator.experiment.OrchestratorState;
import dev.fewstep.orchestrator.experiment.Settings;
import dev.fewstep.orchestrator.experiment.StateText;
import dev.fewstep.orchestrator.log.KafkaSettings;
import dev.fewstep.orchestrator.log.LeaderStatus.Phase;
import dev.fewstep.orchestrator.log.TermListener.Stage;
import dev.fewstep.schemas.Topics;
import dev.fewstep.schemas.message.Command;
import dev.fewstep.schemas.message.Report;
import dev.fewstep.schemas.message.TaskMessage;
import dev.fewstep.schemas.spec.ExperimentSpec;
import dev.fewstep.schemas.spec.ExperimentSpecs;
import dev.fewstep.schemas.state.ExperimentRecord;
import dev.fewstep.schemas.state.InboxPosition;
import dev.fewstep.schemas.state.LeaderRecord;
import dev.fewstep.schemas.state.OutcomeRecord;
import dev.fewstep.schemas.state.StateRecord;
import dev.fewstep.schemas.state.StateValue;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A leader is stopped at every stage of its term until another leads and makes progress, and then
 * goes on as if nothing had been: nothing that it meant to write is seen, and both serve again.
 */
class ZombieLeaderTest {
  /** Nothing falls silent within a test. */
  static final Settings PATIENT =
      new Settings(
          Duration.ofHours(1),
          Duration.ofHours(1),
          Duration.ofHours(1),
          Duration.ofHours(1),
          Duration.ofDays(7),
          3,
          500,
          500);

  private static final Duration SESSION = Duration.ofSeconds(6);

  private static TestStack stack;
  private static TopicReader topics;

  @BeforeAll
  static void start() {
    stack = new TestStack();
    topics = new TopicReader(stack.kafka());
  }

  @AfterAll
  static void stop() {
    topics.close();
    stack.close();
  }

  /** The leader's thread stops; the heartbeats of its process go on. */
  @ParameterizedTest
  @EnumSource(names = {"ASSIGNED", "SENT"})
  void a_leader_whose_thread_stopped_writes_nothing_when_it_goes_on(Stage stage) {
    OrchestratorConfig config = config(Duration.ofSeconds(3));
    new Scenario(stage, "thread", config, hold -> new HeldReplica(config, hold)).play();
  }

  /** The whole process stops, for longer than the session timeout. */
  @ParameterizedTest
  @EnumSource(Stage.class)
  @DisabledOnOs(OS.WINDOWS)
  void a_leader_whose_process_stopped_writes_nothing_when_it_goes_on(Stage stage) {
    OrchestratorConfig config = config(Duration.ofMinutes(1));
    new Scenario(stage, "process", config, hold -> new FrozenProcess(config, hold)).play();
  }

  private static OrchestratorConfig config(Duration pollInterval) {
    KafkaSettings kafka =
        new KafkaSettings(stack.kafka().bootstrapServers(), 1, SESSION, pollInterval, Map.of());
    return OrchestratorConfig.of(kafka, stack.store(), "127.0.0.1", 0).withDecisions(PATIENT);
  }

  private static String yaml(String name, String deviceClass) {
    return ApiClient.SPEC.replace("NAME", name)
        + "  resources: {deviceClass: "
        + deviceClass
        + "}\n"
        + "  policy: {cache: false}\n";
  }

  private static ExperimentSpec spec(String name, String deviceClass) {
    return ExperimentSpecs.parse("test.yaml", yaml(name, deviceClass));
  }

  private static OrchestratorState committedState() {
    return StateText.fold(topics.state());
  }

  /** One leader, one stage, one way to stop. */
  private static final class Scenario {
    private final Stage stage;
    private final String deviceClass;
    private final OrchestratorConfig config;
    private final Function<Optional<Stage>, Replica> replica;
    private final UUID command = UUID.randomUUID();

    Scenario(
        Stage stage,
        String how,
        OrchestratorConfig config,
        Function<Optional<Stage>, Replica> replica) {
      this.stage = stage;
      this.deviceClass = how + "-" + stage.name().toLowerCase(Locale.ROOT).replace('_', '-');
      this.config = config;
      this.replica = replica;
    }

    void play() {
      if (stage == Stage.ASSIGNED || stage == Stage.FENCED) {
        stopWhileTakingOver();
      } else {
        stopWhileLeading();
      }
    }

    private void stopWhileTakingOver() {
      HeldReplica before = new HeldReplica(config, Optional.empty());
      try {
        TestStack.await("a leader", () -> before.leads() && before.ready());
        givenQueuedTasks(before);
      } catch (Throwable e) {
        before.close();
        throw e;
      }
      try (Replica zombie = replica.apply(Optional.of(stage))) {
        before.close();
        TestStack.await("the new leader is stopped", zombie::held);
        whenIdleWorkerAndCommandCome();
        zombie.freeze();
        try (HeldReplica heir = new HeldReplica(config, Optional.empty())) {
          thenHeirLeadsAndZombieDoesNotMatter(zombie, heir);
        }
      }
    }

    private void stopWhileLeading() {
      try (Replica zombie = replica.apply(Optional.empty())) {
        TestStack.await("a leader", () -> zombie.leads() && zombie.ready());
        try (HeldReplica heir = new HeldReplica(config, Optional.empty())) {
          TestStack.await("a follower", heir::ready);
          givenQueuedTasks(heir);
          TestStack.await(
              "the leader rests", () -> zombie.digest().equals(StateText.digest(committedState())));
          zombie.holdAt(stage);
          whenIdleWorkerAndCommandCome();
          TestStack.await("the leader is stopped", zombie::held);
          if (stage != Stage.READ) {
            TestStack.await(
                "the open transaction has the task",
                () -> !topics.written(Topics.tasks(deviceClass), TaskMessage.class).isEmpty());
          }
          assertThat(published()).as("nothing of it is committed").isEmpty();
          zombie.freeze();
          thenHeirLeadsAndZombieDoesNotMatter(zombie, heir);
        }
      }
    }

    /** Tasks wait for a worker of the class; nothing else is to be decided. */
    private void givenQueuedTasks(Replica via) {
      ApiClient client = new ApiClient(via.address());
      client.importInputs();
      HttpResponse<byte[]> made = client.submit(yaml("early", deviceClass), UUID.randomUUID());
      assertThat(made.statusCode()).isEqualTo(201);
      TestStack.await(
          "queued tasks",
          () -> {
            OrchestratorState state = committedState();
            return state.queueDepth(deviceClass).waiting() > 0;
          });
    }

    /** One batch of which the leader makes a published task and a command's outcome. */
    private void whenIdleWorkerAndCommandCome() {
      Instant now = Instant.now();
      topics.together(
          new Report.Presence(
              now, UUID.randomUUID(), deviceClass, "a test", 1, Map.of(), Optional.empty(), true),
          new Command.SubmitExperiment(command, now, "a test", spec("undead", deviceClass)));
    }

    private void thenHeirLeadsAndZombieDoesNotMatter(Replica zombie, Replica heir) {
      TestStack.await("the other leads", heir::leads);
      TestStack.await(
          "it decides the command", () -> committedState().outcome(command).isPresent());
      TestStack.await("it publishes the task", () -> !published().isEmpty());
      submits(heir);

      zombie.letGo();

      TestStack.await(
          "the first knows that it is over",
          () -> zombie.phase() == Phase.FOLLOWING || zombie.trace().contains(Stage.ASSIGNED));
      TestStack.await("both are ready", () -> zombie.ready() && heir.ready());
      TestStack.await("one leads", () -> zombie.leads() != heir.leads());
      submits(zombie);
      submits(heir);
      // It may read on until its group tells it, and may try to write what it makes of that, once.
      assertThat(afterwards(zombie.trace()).stream().filter(reached -> reached == Stage.SENT))
          .as("transactions of the term that was over, tried and refused")
          .hasSizeLessThanOrEqualTo(1);
      if (stage != Stage.ASSIGNED) {
        assertThat(heir.leads()).as("the heir was not disturbed").isTrue();
      }
      Replica survivor = heir.leads() ? heir : zombie;
      TestStack.await(
          "the survivor's state is that of the log",
          () -> survivor.digest().equals(StateText.digest(committedState())));
      checkLog();
    }

    private static void submits(Replica via) {
      assertThat(
              new ApiClient(via.address())
                  .submit(yaml("alive", "nowhere"), UUID.randomUUID())
                  .statusCode())
          .isEqualTo(201);
    }

    private List<TaskMessage> published() {
      return topics.committed(Topics.tasks(deviceClass), TaskMessage.class);
    }

    private static List<Stage> afterwards(List<Stage> trace) {
      return trace.stream().takeWhile(reached -> reached != Stage.ASSIGNED).toList();
    }

    private void checkLog() {
      assertThat(published()).as("published once").hasSize(1);
      Set<UUID> decided = new HashSet<>();
      Set<Long> sequences = new HashSet<>();
      long term = 0;
      long position = 0;
      for (StateRecord entry : topics.state()) {
        StateValue value = entry.value().orElse(null);
        if (value instanceof OutcomeRecord outcome) {
          assertThat(decided.add(outcome.commandId())).as("one outcome: " + outcome).isTrue();
          assertThat(outcome.accepted()).as(outcome.toString()).isTrue();
        } else if (value instanceof LeaderRecord leader) {
          assertThat(leader.term()).as("terms follow one another").isEqualTo(term + 1);
          term = leader.term();
        } else if (value instanceof InboxPosition read) {
          assertThat(read.offset()).as("the inbox is read once").isGreaterThanOrEqualTo(position);
          position = read.offset();
        } else if (value instanceof ExperimentRecord experiment && experiment.planned() == 0) {
          assertThat(sequences.add(experiment.sequence())).as(experiment.id()).isTrue();
        }
      }
    }
  }
}
