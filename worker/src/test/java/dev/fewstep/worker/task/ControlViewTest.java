package dev.fewstep.worker.task;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fewstep.schemas.message.ControlMessage;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class ControlViewTest {
  private static final UUID MINE = new UUID(0, 1);
  private static final UUID OTHER = new UUID(0, 2);
  private final ControlView view = new ControlView();

  private void control(int attempt, Optional<UUID> execution, boolean stop) {
    view.apply(new ControlMessage("task", attempt, execution, stop));
  }

  @Test
  void letsAnUnknownTaskRun() {
    assertThat(view.objectionToStart("task", 1)).isEmpty();
    assertThat(view.objectionToRun("task", 1, MINE)).isEmpty();
  }

  @Test
  void letsTheCurrentAttemptRun() {
    control(2, Optional.empty(), false);
    assertThat(view.objectionToStart("task", 2)).isEmpty();
    assertThat(view.objectionToRun("task", 2, MINE)).isEmpty();
  }

  @Test
  void stopsWhatIsWithdrawn() {
    control(1, Optional.of(MINE), true);
    assertThat(view.objectionToStart("task", 1)).hasValue("the task is withdrawn");
    assertThat(view.objectionToRun("task", 1, MINE)).hasValue("the task is withdrawn");
  }

  @Test
  void stopsAnOlderAttempt() {
    control(3, Optional.empty(), false);
    assertThat(view.objectionToStart("task", 2)).hasValue("attempt 3 is current");
    assertThat(view.objectionToRun("task", 2, MINE)).hasValue("attempt 3 is current");
  }

  @Test
  void doesNotStopANewerAttemptThatControlHasNotCaughtUpWith() {
    control(1, Optional.of(OTHER), false);
    assertThat(view.objectionToStart("task", 2)).isEmpty();
    assertThat(view.objectionToRun("task", 2, MINE)).isEmpty();
  }

  @Test
  void letsOnlyTheBoundExecutionRun() {
    control(1, Optional.of(MINE), false);
    assertThat(view.objectionToStart("task", 1)).isPresent();
    assertThat(view.objectionToRun("task", 1, MINE)).isEmpty();
    assertThat(view.objectionToRun("task", 1, OTHER)).get().asString().contains(MINE.toString());
  }

  @Test
  void forgetsATombstone() {
    control(1, Optional.empty(), true);
    view.forget("task");
    assertThat(view.objectionToStart("task", 1)).isEmpty();
    assertThat(view.size()).isZero();
  }

  @Test
  void asksBackOnlyTheExecutionThatIsNamed() {
    assertThat(view.asksBack("task", 1, MINE)).isFalse();
    view.apply(new ControlMessage("task", 1, Optional.of(MINE), false, true));
    assertThat(view.asksBack("task", 1, MINE)).isTrue();
    assertThat(view.asksBack("task", 1, OTHER)).isFalse();
    assertThat(view.asksBack("task", 2, MINE)).isFalse();
    assertThat(view.objectionToRun("task", 1, MINE)).isEmpty();
    control(1, Optional.of(MINE), false);
    assertThat(view.asksBack("task", 1, MINE)).isFalse();
  }

  @Test
  void tellsOfOrders() {
    List<Boolean> heard = new ArrayList<>();
    view.onOrder(heard::add);
    assertThat(view.drains()).isFalse();
    view.order(true);
    assertThat(view.drains()).isTrue();
    view.order(false);
    assertThat(view.drains()).isFalse();
    assertThat(heard).containsExactly(true, false);
  }
}
