package dev.fewstep.orchestrator.log;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.fewstep.orchestrator.experiment.OrchestratorState;
import dev.fewstep.schemas.TaskKind;
import dev.fewstep.schemas.TaskState;
import dev.fewstep.schemas.state.StateRecord;
import dev.fewstep.schemas.state.TaskOrigin;
import dev.fewstep.schemas.state.TaskRecord;
import dev.fewstep.schemas.state.Want;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class TaskJournalTest {
  private final Logger logger = (Logger) LoggerFactory.getLogger(TaskJournal.class);
  private final ListAppender<ILoggingEvent> lines = new ListAppender<>();
  private final OrchestratorState state = new OrchestratorState();
  private final TaskJournal journal = new TaskJournal();

  @BeforeEach
  void listen() {
    lines.start();
    logger.addAppender(lines);
    logger.setLevel(Level.INFO);
  }

  @AfterEach
  void stop() {
    logger.detachAppender(lines);
    logger.setLevel(null);
  }

  private void change(TaskRecord task) {
    journal.watch(state, StateRecord.of(task));
    state.replay(StateRecord.of(task));
  }

  private List<String> pairs(int line) {
    return lines.list.get(line).getKeyValuePairs().stream()
        .map(pair -> pair.key + "=" + pair.value)
        .toList();
  }

  @Test
  void movesAreLoggedWithTheirIdsOnceTheyAreCommitted() {
    UUID execution = UUID.randomUUID();
    TaskRecord task =
        TaskRecord.created(
            "ab".repeat(32),
            TaskKind.FINETUNE,
            new TaskOrigin("e-00000001", 0),
            Want.live("e-00000001"),
            List.of(),
            "cpu",
            Instant.EPOCH);
    TaskRecord queued = task.edit().state(TaskState.QUEUED).build();
    TaskRecord running =
        queued
            .edit()
            .state(TaskState.RUNNING)
            .execution(execution, UUID.randomUUID(), Instant.EPOCH)
            .build();
    change(task);
    change(queued);
    change(running);
    change(running.edit().reached(7).build());
    change(running.edit().state(TaskState.QUEUED).nextAttempt().build());
    assertThat(lines.list).as("nothing is written yet").isEmpty();

    journal.committed();
    journal.committed();

    assertThat(lines.list)
        .extracting(ILoggingEvent::getFormattedMessage)
        .containsExactly(
            "FINETUNE abababababab of e-00000001: new -> PENDING",
            "FINETUNE abababababab of e-00000001: PENDING -> QUEUED",
            "FINETUNE abababababab of e-00000001: QUEUED -> RUNNING",
            "FINETUNE abababababab of e-00000001: RUNNING -> QUEUED");
    assertThat(pairs(0))
        .containsExactly(
            "experiment=e-00000001", "task=" + task.key(), "attempt=1", "state=PENDING");
    assertThat(pairs(2)).contains("execution=" + execution);
    assertThat(pairs(3)).as("the execution that ended").contains("execution=" + execution);
  }
}
