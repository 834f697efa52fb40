package dev.fewstep.orchestrator.view;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fewstep.schemas.spec.ExperimentSpec;
import dev.fewstep.schemas.spec.ExperimentSpecs;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class RecipeTest {
  @Test
  void every_recipe_is_a_specification_with_a_title() {
    Set<String> names = new HashSet<>();
    for (Recipe recipe : Recipe.shipped()) {
      assertThat(names.add(recipe.name())).isTrue();
      assertThat(recipe.title()).as(recipe.name()).isNotBlank().doesNotStartWith("#");
      ExperimentSpec spec = ExperimentSpecs.parse(recipe.name(), recipe.text());
      assertThat(spec.metadata().name()).isNotBlank();
    }
    assertThat(names).contains("demo", "examples/minimal", "published/cifar10-clip");
  }
}
