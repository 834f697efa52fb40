package dev.fewstep.orchestrator.experiment;

import dev.fewstep.orchestrator.experiment.Script.Step;
import java.util.List;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.ShrinkingMode;

/**
 * Whatever people ask, workers say and Kafka does, in whatever order it allows: what {@link
 * Invariants} lists holds of every decision and every state, and once the faults end every
 * experiment ends. A failure prints the shortest script that jqwik finds.
 *
 * <p>{@code -Djqwik.tries.default=5000} plays more scripts than the build does.
 */
class CorePropertiesTest {
  @Provide
  Arbitrary<List<Step>> scripts() {
    return Script.scripts();
  }

  @Property(shrinking = ShrinkingMode.BOUNDED)
  void every_script_keeps_every_invariant_and_ends(@ForAll("scripts") List<Step> script) {
    Play.of(script);
  }
}
