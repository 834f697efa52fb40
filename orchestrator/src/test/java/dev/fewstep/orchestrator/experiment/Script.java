package dev.fewstep.orchestrator.experiment;

import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.RandomDistribution;
import net.jqwik.api.Tuple;

/**
 * What happens to a {@link Universe}, one step behind the other. The numbers of a step choose among
 * what is there (the rest of a division picks), so that any list of steps is a script and a shorter
 * one is simpler.
 */
final class Script {
  private static final int LONGEST = 110;

  private Script() {}

  /** What can happen. */
  enum Act {
    SUBMIT,
    DERIVE,
    CANCEL,
    PAUSE,
    RESUME,
    RETRY,
    POLICY,
    PROJECT,
    DRAIN,
    REGISTER,
    RESEND,
    PRESENCE,
    TAKE,
    TAKE_AGAIN,
    BEAT,
    CHECKPOINT,
    SUCCEED,
    FAIL,
    RELEASE,
    OBEY,
    CRASH,
    DELIVER,
    DELIVER_ALL,
    REPEAT,
    LOSE,
    LEAD,
    ABORT,
    RESTART,
    ANSWER,
    PASS,
    JUMP,
    SETTLE,
    ROUND,
    WORK
  }

  /** A step and its choices. */
  record Step(Act act, int a, int b) {
    @Override
    public String toString() {
      return act + "(" + a + "," + b + ")";
    }
  }

  static Arbitrary<List<Step>> scripts() {
    Arbitrary<Act> acts =
        Arbitraries.frequency(
            Tuple.of(4, Act.SUBMIT),
            Tuple.of(2, Act.DERIVE),
            Tuple.of(1, Act.CANCEL),
            Tuple.of(2, Act.PAUSE),
            Tuple.of(2, Act.RESUME),
            Tuple.of(2, Act.RETRY),
            Tuple.of(2, Act.POLICY),
            Tuple.of(2, Act.PROJECT),
            Tuple.of(1, Act.DRAIN),
            Tuple.of(1, Act.REGISTER),
            Tuple.of(1, Act.RESEND),
            Tuple.of(6, Act.PRESENCE),
            Tuple.of(9, Act.TAKE),
            Tuple.of(1, Act.TAKE_AGAIN),
            Tuple.of(2, Act.BEAT),
            Tuple.of(3, Act.CHECKPOINT),
            Tuple.of(7, Act.SUCCEED),
            Tuple.of(3, Act.FAIL),
            Tuple.of(2, Act.RELEASE),
            Tuple.of(2, Act.OBEY),
            Tuple.of(1, Act.CRASH),
            Tuple.of(3, Act.DELIVER),
            Tuple.of(6, Act.DELIVER_ALL),
            Tuple.of(2, Act.REPEAT),
            Tuple.of(1, Act.LOSE),
            Tuple.of(8, Act.LEAD),
            Tuple.of(1, Act.ABORT),
            Tuple.of(1, Act.RESTART),
            Tuple.of(4, Act.ANSWER),
            Tuple.of(3, Act.PASS),
            Tuple.of(1, Act.JUMP),
            Tuple.of(6, Act.SETTLE),
            Tuple.of(12, Act.ROUND),
            Tuple.of(20, Act.WORK));
    Arbitrary<Integer> choice = Arbitraries.integers().between(0, 500);
    return Combinators.combine(acts, choice, choice)
        .as(Step::new)
        .list()
        .ofMinSize(1)
        .ofMaxSize(LONGEST)
        .withSizeDistribution(RandomDistribution.uniform());
  }
}
