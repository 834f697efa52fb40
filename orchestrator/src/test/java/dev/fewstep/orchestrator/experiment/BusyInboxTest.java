package dev.fewstep.orchestrator.experiment;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fewstep.schemas.TaskState;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

/** An inbox in which something is always unread must not keep the dead alive. */
class BusyInboxTest {
  private final World world = new World().withInputs();

  @Test
  void silenceIsJudgedByWhatHasBeenReadWhileTheInboxLags() {
    world.submit(Specs.spec("e"));
    World.Execution execution = world.start(world.worker());
    Instant begun = world.time;
    world.time = begun.plus(Duration.ofHours(1));

    world.apply(new Input.Heard(begun.plus(World.SETTINGS.lease())));
    world.apply(new Input.Tick(world.time, true));
    assertThat(world.task(execution).state())
        .as("its heartbeats of the last hour may be unread")
        .isEqualTo(TaskState.RUNNING);

    world.apply(new Input.Heard(begun.plus(World.SETTINGS.lease()).plusMillis(1)));
    world.apply(new Input.Tick(world.time, true));
    assertThat(world.task(execution).state()).isEqualTo(TaskState.QUEUED);
    assertThat(world.task(execution).attempt()).isEqualTo(2);
  }

  @Test
  void deadWorkersAreForgottenToo() {
    world.worker();
    Instant seen = world.time;

    world.apply(new Input.Heard(seen.plus(World.SETTINGS.presence())));
    assertThat(world.state.workers()).hasSize(1);
    world.apply(new Input.Heard(seen.plus(World.SETTINGS.presence()).plusMillis(1)));
    assertThat(world.state.workers()).isEmpty();
  }
}
