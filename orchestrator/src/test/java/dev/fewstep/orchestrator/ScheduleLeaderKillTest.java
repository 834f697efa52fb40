package dev.fewstep.orchestrator;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fewstep.orchestrator.experiment.OrchestratorState;
import dev.fewstep.orchestrator.log.TermListener;
import dev.fewstep.schemas.Json;
import dev.fewstep.schemas.spec.ExperimentSpecs;
import dev.fewstep.schemas.state.ExperimentRecord;
import dev.fewstep.schemas.state.ScheduleRecord;
import dev.fewstep.schemas.state.ScheduledRun;
import dev.fewstep.schemas.state.StateRecord;
import java.net.http.HttpRequest.BodyPublishers;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/**
 * A leader dies around every slot of a schedule, at every stage, with its transaction open or not
 * yet begun; two replicas take turns. Each slot is in the log exactly once. {@code
 * -Dfewstep.schedule.kills=100} is the long form.
 */
class ScheduleLeaderKillTest {
  private static final int KILLS = Integer.getInteger("fewstep.schedule.kills", 8);

  /** Dies when a slot is being decided. */
  private static final class Assassin implements TermListener {
    private final Random random = new Random(5);
    private final Map<Stage, Integer> kills = new EnumMap<>(Stage.class);
    private Optional<Instant> known = Optional.empty();
    private Optional<Stage> chosen = Optional.empty();
    private int done;
    private volatile boolean over;

    @Override
    public synchronized void reached(Stage stage, OrchestratorState state) {
      Optional<Instant> next =
          state.schedules().schedule("often").flatMap(ScheduleRecord::nextSlot);
      if (over || next.isEmpty()) {
        return;
      }
      // At READ the slot is due and undecided; later the transaction that decides it is open.
      boolean open = stage == Stage.SENT || stage == Stage.OFFSETS_SENT;
      boolean around =
          (stage == Stage.READ && !next.get().isAfter(Instant.now()))
              || (open && !next.equals(known));
      if (stage == Stage.READ) {
        known = next;
        chosen = Optional.of(random.nextInt(3) == 0 ? Stage.READ : Stage.SENT);
      }
      if (around
          && (chosen.equals(Optional.of(stage))
              || (stage == Stage.OFFSETS_SENT && random.nextBoolean()))) {
        kills.merge(stage, 1, Integer::sum);
        done++;
        over = done >= KILLS;
        throw new IllegalStateException("killed around " + next.get() + " at " + stage);
      }
    }
  }

  @Test
  void eachSlotIsRunExactlyOnceHoweverOftenTheLeaderDiesAroundIt() {
    try (TestStack stack = new TestStack();
        TopicReader topics = new TopicReader(stack.kafka())) {
      Assassin assassin = new Assassin();
      try (Orchestrator one = Orchestrator.start(stack.config(), Clock.systemUTC(), assassin);
          Orchestrator two = Orchestrator.start(stack.config(), Clock.systemUTC(), assassin)) {
        TestStack.await("leaders", () -> one.ready() && two.ready());
        ApiClient client = new ApiClient(two.address());
        client.importInputs();
        ObjectNode body = Json.messages().createObjectNode().put("cron", "* * * * * *");
        body.put("retention", 1000).putObject("catchUp").put("policy", "all").put("within", "P1D");
        body.set(
            "experiment",
            Json.toTree(ExperimentSpecs.parse("s.yaml", ApiClient.SPEC.replace("NAME", "again"))));
        int status =
            client
                .send(
                    client
                        .request("/api/v1/schedules/often")
                        .header("Content-Type", "application/json")
                        .PUT(BodyPublishers.ofString(body.toString())))
                .statusCode();
        assertThat(status).isIn(200, 202);
        Instant deadline = Instant.now().plus(Duration.ofSeconds(60 + 15L * KILLS));
        while (!assassin.over && Instant.now().isBefore(deadline)) {
          pause();
        }
        assertThat(assassin.over).as("kills: " + assassin.kills).isTrue();
        int runs = runs(client);
        TestStack.await("it goes on afterwards", () -> runs(client) > runs + 3);
      }
      check(topics.state(), assassin);
    }
  }

  private static int runs(ApiClient client) {
    JsonNode schedule = client.read("/api/v1/schedules/often");
    return schedule.path("runs").size();
  }

  private static void pause() {
    try {
      Thread.sleep(100);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  /** A transaction writes the last value of what it changed; its runs are all in the schedule. */
  private static void check(List<StateRecord> log, Assassin assassin) {
    Map<String, Set<Instant>> made = new TreeMap<>();
    Map<Long, String> bySequence = new TreeMap<>();
    Optional<ScheduleRecord> last = Optional.empty();
    for (StateRecord entry : log) {
      if (entry.value().orElse(null) instanceof ExperimentRecord experiment) {
        made.computeIfAbsent(experiment.id(), id -> new TreeSet<>()).add(experiment.submittedAt());
        String same = bySequence.putIfAbsent(experiment.sequence(), experiment.id());
        assertThat(same == null || same.equals(experiment.id())).as("sequences differ").isTrue();
      } else if (entry.value().orElse(null) instanceof ScheduleRecord schedule) {
        last = Optional.of(schedule);
      }
    }
    List<ScheduledRun> runs = last.orElseThrow().runs();
    assertThat(last.orElseThrow().missed()).as("nothing was let go").isEmpty();
    assertThat(made.keySet())
        .containsExactlyInAnyOrderElementsOf(
            runs.stream().map(ScheduledRun::experimentId).toList());
    made.forEach((id, times) -> assertThat(times).as(id + " was made once").hasSize(1));
    assertThat(bySequence).hasSameSizeAs(runs);
    for (int i = 1; i < runs.size(); i++) {
      assertThat(runs.get(i).slot()).isEqualTo(runs.get(i - 1).slot().plusSeconds(1));
    }
    System.out.printf(
        "%d slots, each exactly once; leaders killed around a slot: %s%n",
        runs.size(), assassin.kills);
  }
}
