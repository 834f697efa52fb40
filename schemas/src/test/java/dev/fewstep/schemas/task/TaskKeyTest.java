package dev.fewstep.schemas.task;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fewstep.schemas.Digests;
import dev.fewstep.schemas.Json;
import dev.fewstep.schemas.TaskKind;
import dev.fewstep.schemas.spec.DenoisingSpec;
import dev.fewstep.schemas.spec.NetworkSpec;
import dev.fewstep.schemas.spec.NoiseScheduleSpec;
import dev.fewstep.schemas.spec.SamplingSpec;
import dev.fewstep.schemas.spec.TrainingSpec;
import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Keys are forever: a change of {@code golden/task-keys.json} other than an addition would lose
 * every cached result. A field added to a specification goes into {@code key-defaults.json}.
 */
class TaskKeyTest {
  static Stream<Arguments> golden() throws IOException {
    List<Arguments> cases = new ArrayList<>();
    cases().forEach(c -> cases.add(Arguments.of(c.get("name").asText(), c)));
    return cases.stream();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("golden")
  void keepsCanonicalTextAndKey(String name, JsonNode golden) {
    TaskSpec spec =
        TaskSpec.read(TaskKind.valueOf(golden.get("kind").asText()), golden.get("spec"));

    assertThat(TaskKey.text(spec)).isEqualTo(golden.get("canonical").asText());
    assertThat(TaskKey.of(spec)).isEqualTo(golden.get("key").asText());
    assertThat(Digests.sha256Hex(golden.get("canonical").asText())).isEqualTo(TaskKey.of(spec));
    assertThat(TaskSpec.read(spec.kind(), Json.toTree(spec)))
        .as("the written form is read as the same task")
        .isEqualTo(spec);
  }

  @Test
  void hasAGoldenKeyOfEveryKind() throws IOException {
    Set<TaskKind> kinds = EnumSet.noneOf(TaskKind.class);
    cases().forEach(c -> kinds.add(TaskKind.valueOf(c.get("kind").asText())));

    assertThat(kinds).containsExactly(TaskKind.values());
  }

  @Test
  void leavesOutTheCheckpointIntervalOnly() throws IOException {
    String key = cases().get(4).get("key").asText();

    assertThat(cases().get(5).get("key").asText()).isEqualTo(key);
  }

  /** A recorded default for a field that is no more, or misspelt, would do nothing in silence. */
  @ParameterizedTest
  @ValueSource(
      classes = {
        SamplingSpec.class,
        MmdLossTask.class,
        FeatureSpace.class,
        FinetuneTask.class,
        TrainingSpec.class,
        DenoisingSpec.class,
        NetworkSpec.class,
        NoiseScheduleSpec.class,
        EvaluateTask.class,
        ReferenceTask.class,
        PretrainTask.class
      })
  void recordsDefaultsOfFieldsThatExist(Class<?> type) {
    List<String> fields =
        Stream.of(type.getRecordComponents()).map(RecordComponent::getName).toList();

    assertThat(KeyDefaults.recorded().get(type.getSimpleName())).isNotEmpty();
    assertThat(fields).containsAll(KeyDefaults.recorded().get(type.getSimpleName()).keySet());
    assertThat(KeyDefaults.recorded()).hasSize(11);
  }

  private static JsonNode cases() throws IOException {
    try (InputStream in = TaskKeyTest.class.getResourceAsStream("/golden/task-keys.json")) {
      return Json.messages().readTree(in);
    }
  }
}
