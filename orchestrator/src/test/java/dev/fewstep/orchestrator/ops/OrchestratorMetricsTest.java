package dev.fewstep.orchestrator.ops;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fewstep.orchestrator.ops.StateNumbers.DeviceClassNumbers;
import dev.fewstep.orchestrator.ops.StateNumbers.TaskNumbers;
import dev.fewstep.schemas.TaskKind;
import dev.fewstep.schemas.TaskState;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

class OrchestratorMetricsTest {
  private static final StateNumbers NUMBERS =
      new StateNumbers(
          List.of(new TaskNumbers(TaskKind.FINETUNE, "gpu", TaskState.QUEUED, 7)),
          Map.of("task", 7L),
          List.of(new DeviceClassNumbers("gpu", 7, 1, 1, 3)),
          List.of());
  private static final List<ExperimentNumbers> EXPERIMENTS =
      List.of(
          new ExperimentNumbers(
              "e-1",
              Instant.EPOCH,
              Map.of(TaskState.QUEUED, 7),
              Optional.of(new ExperimentNumbers.Best("a", 3, 12.5, Optional.of(0.5)))));

  @Test
  void two_who_scrape_at_once_see_every_series() throws Exception {
    try (OrchestratorMetrics metrics = new OrchestratorMetrics()) {
      ExecutorService both = Executors.newFixedThreadPool(2);
      List<Future<?>> done = new ArrayList<>();
      for (int i = 0; i < 2; i++) {
        done.add(
            both.submit(
                () -> {
                  for (int n = 0; n < 100; n++) {
                    assertThat(metrics.scrape(NUMBERS, EXPERIMENTS, List.of()))
                        .contains("fewstep_tasks_queued{class=\"gpu\"} 7.0")
                        .contains("fewstep_experiment_score{experiment=\"e-1\"")
                        .contains("fewstep_experiment_score_ratio{");
                  }
                }));
      }
      for (Future<?> one : done) {
        one.get();
      }
      both.shutdown();
    }
  }

  @Test
  void methods_that_a_client_makes_up_are_one_series() {
    try (OrchestratorMetrics metrics = new OrchestratorMetrics()) {
      metrics.answered("GET", "listTasks", 200, Duration.ofMillis(1));
      for (int n = 0; n < 500; n++) {
        metrics.answered("WORD" + n, "other", 405, Duration.ofMillis(1));
      }

      List<String> counts =
          metrics
              .scrape(NUMBERS, EXPERIMENTS, List.of())
              .lines()
              .filter(line -> line.startsWith("fewstep_api_request_seconds_count{"))
              .toList();

      assertThat(counts).hasSize(2);
      assertThat(counts).anyMatch(line -> line.contains("method=\"GET\""));
      assertThat(counts)
          .anyMatch(line -> line.contains("method=\"other\"") && line.endsWith(" 500"));
    }
  }

  @Test
  void series_of_what_is_gone_go_too() {
    try (OrchestratorMetrics metrics = new OrchestratorMetrics()) {
      assertThat(metrics.scrape(NUMBERS, EXPERIMENTS, List.of())).contains("experiment=\"e-1\"");
      assertThat(
              metrics.scrape(
                  new StateNumbers(List.of(), Map.of(), List.of(), List.of()),
                  List.of(),
                  List.of()))
          .doesNotContain("experiment=")
          .doesNotContain("fewstep_tasks_queued{");
    }
  }

  @Test
  void what_can_be_counted_is_there_at_0_before_it_happens() {
    try (OrchestratorMetrics metrics = new OrchestratorMetrics()) {
      String before = metrics.scrape(NUMBERS, List.of(), List.of());
      assertThat(before)
          .contains("fewstep_leases_lost_total{class=\"gpu\"} 0.0")
          .contains("fewstep_leader_aborts_total{reason=\"gap\"} 0.0")
          .contains(
              "fewstep_commands_total{command=\"submit_experiment\",outcome=\"rejected\"} 0.0");
      metrics.attemptEnded(TaskKind.FINETUNE, "gpu", AttemptEnd.LOST);
      metrics.termAborted(TermEnd.GAP);
      metrics.taskFinished(
          TaskKind.FINETUNE, "gpu", TaskState.FAILED, Optional.of(Duration.ofSeconds(9)));
      assertThat(metrics.scrape(NUMBERS, List.of(), List.of()))
          .contains("fewstep_leases_lost_total{class=\"gpu\"} 1.0")
          .contains("fewstep_leader_aborts_total{reason=\"gap\"} 1.0")
          .contains(
              "fewstep_task_duration_seconds_sum{class=\"gpu\",kind=\"finetune\",outcome=\"failed\"} 9.0");
    }
  }
}
