package dev.fewstep.orchestrator.experiment;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fewstep.schemas.message.Command;
import dev.fewstep.schemas.schedule.CatchUp;
import dev.fewstep.schemas.schedule.GateSpec;
import dev.fewstep.schemas.schedule.ScheduleSpec;
import dev.fewstep.schemas.state.DeliveryRecord;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What a webhook is told of a schedule's runs, and how long it is tried. */
class DeliveryTest {
  private final World world = new World().withInputs();

  private void create(Optional<GateSpec> gate) {
    world.send(
        new Command.CreateSchedule(
            world.id(),
            world.time,
            "me",
            new ScheduleSpec(
                "s",
                "0 * * * *",
                "UTC",
                CatchUp.usual(),
                100,
                Specs.spec("again"),
                gate,
                Optional.of("https://hooks.example.org/x"))));
  }

  private void endARun() {
    world.pass(Duration.ofHours(1));
    var runs = world.state.schedules().schedule("s").orElseThrow().runs();
    world.cancel(runs.get(runs.size() - 1).experimentId());
  }

  private void note(DeliveryRecord delivery, Optional<String> problem) {
    assertThat(
            world
                .outcome(new Command.NoteDelivery(world.id(), world.time, delivery.id(), problem))
                .accepted())
        .isTrue();
  }

  private DeliveryRecord only() {
    List<DeliveryRecord> all = world.state.deliveries().of("s");
    assertThat(all).hasSize(1);
    return all.get(0);
  }

  @Test
  void theEndOfARunIsToldOnceAndSurvivesAnotherLeader() {
    create(Optional.of(GateSpec.usual()));
    endARun();
    assertThat(only().event()).isEqualTo("ended");
    assertThat(only().body())
        .contains("\"schedule\":\"s\"")
        .contains("\"state\":\"CANCELLED\"")
        .contains("\"verdict\":\"INCONCLUSIVE\"")
        .contains(only().id().toString());
    world.restart();
    assertThat(world.state.deliveries().due(world.time)).containsExactly(only());
    note(only(), Optional.empty());
    assertThat(only().deliveredAt()).contains(world.time);
    assertThat(world.state.deliveries().due(world.time.plus(Duration.ofDays(9)))).isEmpty();
    note(only(), Optional.of("too late to fail"));
    assertThat(only().problem()).isEmpty();
  }

  @Test
  void itIsTriedAgainAfterEverLongerPausesAndAtLastGivenUp() {
    create(Optional.empty());
    endARun();
    Duration before = Duration.ZERO;
    for (int i = 1; i < DeliveryRules.MOST_ATTEMPTS; i++) {
      note(only(), Optional.of("no answer"));
      Duration pause = Duration.between(world.time, only().notBefore().orElseThrow());
      assertThat(pause).isGreaterThanOrEqualTo(before).isLessThanOrEqualTo(Duration.ofHours(1));
      assertThat(world.state.deliveries().due(world.time)).isEmpty();
      before = pause;
      world.time = world.time.plus(pause);
      assertThat(world.state.deliveries().due(world.time)).hasSize(1);
    }
    note(only(), Optional.of("no answer"));
    assertThat(only().notBefore()).isEmpty();
    assertThat(only().attempts()).isEqualTo(DeliveryRules.MOST_ATTEMPTS);
    assertThat(only().problem()).contains("no answer");
    assertThat(
            world
                .outcome(
                    new Command.NoteDelivery(
                        world.id(), world.time, new java.util.UUID(9, 9), Optional.empty()))
                .accepted())
        .isFalse();
  }

  @Test
  void onlySoManyThatAreOverAreKeptAndNoneThatIsNot() {
    create(Optional.empty());
    for (int i = 0; i < 60; i++) {
      endARun();
      if (i > 0) {
        note(world.state.deliveries().of("s").get(0), Optional.empty());
      }
    }
    List<DeliveryRecord> kept = world.state.deliveries().of("s");
    assertThat(kept).hasSize(51);
    assertThat(kept.get(50).notBefore()).as("the first was never delivered").isPresent();
    assertThat(world.state.deliveries().all()).hasSize(51);
    assertThat(world.replayed().deliveries().of("s")).isEqualTo(kept);
  }
}
