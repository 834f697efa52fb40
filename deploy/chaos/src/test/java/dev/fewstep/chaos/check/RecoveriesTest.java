package dev.fewstep.chaos.check;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fewstep.chaos.check.HistoryChecker.Term;
import dev.fewstep.chaos.cluster.Injector.Done;
import dev.fewstep.chaos.fault.Fault;
import dev.fewstep.chaos.fault.FaultKind;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class RecoveriesTest {
  private static final Instant AT = Instant.parse("2026-01-01T00:00:00Z");

  private static Done fault(int number, FaultKind kind, long second, Optional<String> worker) {
    Instant began = AT.plusSeconds(second);
    return new Done(
        new Fault(number, kind, 0, Duration.ZERO, Duration.ZERO, Duration.ZERO),
        "victim",
        began,
        began.plusSeconds(1),
        worker);
  }

  private static Run run(int attempt, String worker, long from, long until) {
    return new Run(
        "task", attempt, worker, AT.plusSeconds(from), Optional.of(AT.plusSeconds(until)));
  }

  @Test
  void a_task_recovers_when_its_next_attempt_starts() {
    List<Done> faults =
        List.of(
            fault(1, FaultKind.WORKER_KILL, 10, Optional.of("a")),
            fault(2, FaultKind.WORKER_KILL, 100, Optional.of("b")),
            fault(3, FaultKind.STORE_RESET, 101, Optional.empty()));
    List<Run> runs =
        List.of(
            run(1, "a", 9, 16), run(2, "b", 17, 18), run(3, "b", 99, 104), run(4, "a", 105, 106));

    assertThat(Recoveries.ofWorkers(faults, runs))
        .containsExactly(
            new Recoveries.Recovery(1, "task", Duration.ofSeconds(7), true),
            new Recoveries.Recovery(2, "task", Duration.ofSeconds(5), false));
  }

  @Test
  void a_leader_is_replaced_when_the_next_term_is_committed() {
    List<Done> faults = List.of(fault(1, FaultKind.LEADER_KILL, 10, Optional.empty()));
    List<Term> terms = List.of(new Term(1, AT), new Term(2, AT.plusSeconds(18)));

    assertThat(Recoveries.ofLeaders(faults, terms))
        .containsExactly(new Recoveries.Recovery(1, "leader", Duration.ofSeconds(8), true));
  }

  @Test
  void quantiles_are_of_what_there_is() {
    List<Recoveries.Recovery> all =
        List.of(
            new Recoveries.Recovery(1, "t", Duration.ofSeconds(3), true),
            new Recoveries.Recovery(2, "t", Duration.ofSeconds(1), true),
            new Recoveries.Recovery(3, "t", Duration.ofSeconds(2), true));

    assertThat(Recoveries.quantile(all, 0.5)).isEqualTo(Duration.ofSeconds(2));
    assertThat(Recoveries.quantile(all, 0.95)).isEqualTo(Duration.ofSeconds(3));
    assertThat(Recoveries.quantile(List.of(), 0.5)).isEqualTo(Duration.ZERO);
  }
}
