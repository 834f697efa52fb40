package dev.fewstep.orchestrator.experiment;

import dev.fewstep.orchestrator.experiment.RungView.Standing;
import dev.fewstep.schemas.state.RungRecord;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The halving of an experiment's trials.
 *
 * @param rungs how far they have come
 * @param iterations at the end of each rung, two rungs or more
 * @param reduction one of so many is promoted, at least 2
 * @param planned whether all trials have entered their first rung
 */
record Halving(Rungs rungs, List<Integer> iterations, int reduction, boolean planned) {
  private int last() {
    return iterations.size() - 1;
  }

  /** Trials that enter the next rung now. */
  List<Integer> due() {
    return rungs.due(reduction, last(), planned);
  }

  /** Whether something is to be decided: a result to be noted, or a trial to be promoted. */
  boolean unsettled() {
    return rungs.unsettled(reduction, last(), planned);
  }

  /** Where a trial stands; empty while it has not entered its first rung. */
  Optional<RungView> view(int trial) {
    return rungs.of(trial).map(this::view);
  }

  private RungView view(RungRecord entry) {
    int completed = entry.open() ? entry.rung() - 1 : entry.rung();
    Optional<Double> value =
        completed < 0
            ? Optional.empty()
            : Optional.of(entry.values().get(completed)).filter(v -> v < RungRecord.WORST);
    return new RungView(
        entry.rung(),
        iterations.size(),
        completed < 0 ? 0 : iterations.get(completed),
        value,
        standing(entry));
  }

  private Standing standing(RungRecord entry) {
    if (entry.rung() >= last()) {
      return Standing.LAST;
    }
    if (entry.open()) {
      return Standing.OPEN;
    }
    if (entry.value().isEmpty()) {
      return Standing.FAILED;
    }
    return rungs.closed(entry.rung(), planned) && !due().contains(entry.trial())
        ? Standing.STOPPED
        : Standing.WAITING;
  }

  /** Why a trial is where it is, in a sentence. */
  String explain(RungRecord entry) {
    Rungs.Sums sums = rungs.sums(entry.rung());
    int better = rungs.better(entry);
    String where =
        "rung "
            + entry.rung()
            + " ("
            + iterations.get(entry.rung())
            + " iterations): "
            + sums.completed()
            + " of "
            + sums.entered()
            + " done, "
            + better
            + " better";
    return standing(entry) == Standing.STOPPED
        ? "trial " + entry.trial() + " is stopped in " + where
        : "trial "
            + entry.trial()
            + " waits in "
            + where
            + "; one of "
            + reduction
            + " is trained on, and so far "
            + sums.promoted()
            + (sums.promoted() == 1 ? " is" : " are");
  }

  /** The rungs, the first first. */
  List<RungRow> table() {
    List<RungRow> rows = new ArrayList<>();
    for (int rung = 0; rung < iterations.size(); rung++) {
      Rungs.Sums sums = rungs.sums(rung);
      rows.add(
          new RungRow(
              rung,
              iterations.get(rung),
              sums.entered(),
              sums.completed(),
              sums.failed(),
              sums.promoted(),
              sums.best()));
    }
    return rows;
  }
}
