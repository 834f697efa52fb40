package dev.fewstep.orchestrator.view;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fewstep.orchestrator.experiment.ExperimentState;
import dev.fewstep.orchestrator.experiment.Played;
import dev.fewstep.orchestrator.view.ExperimentQuery.Sort;
import dev.fewstep.schemas.state.ExperimentRecord;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ExperimentQueryTest {
  private static final ExperimentQuery ALL =
      new ExperimentQuery("", Optional.empty(), List.of(), Set.of(), Sort.SUBMITTED_AT, true);

  private final ExperimentRecord rates =
      new Played()
          .submit(
              Experiments.spec(
                  "rates",
                  ", \"project\": \"fashion\", \"labels\": {\"Team\": \"Blue\", \"url\": \"a=b\"}",
                  "",
                  ""));

  private boolean text(String text) {
    return new ExperimentQuery(text, Optional.empty(), List.of(), Set.of(), Sort.NAME, false)
        .matches(rates, ExperimentState.RUNNING);
  }

  private boolean labels(String... labels) {
    return new ExperimentQuery("", Optional.empty(), List.of(labels), Set.of(), Sort.NAME, false)
        .matches(rates, ExperimentState.RUNNING);
  }

  @Test
  void a_text_is_looked_for_in_names_labels_and_people() {
    assertThat(text("RATES-")).isTrue();
    assertThat(text("fash")).isTrue();
    assertThat(text("team=bl")).isTrue();
    assertThat(text(" me ")).isTrue();
    assertThat(text("red")).isFalse();
  }

  @Test
  void every_label_must_fit() {
    assertThat(labels("Team=Blue", "url=a=b")).isTrue();
    assertThat(labels("Team")).isTrue();
    assertThat(labels("Team=blue")).isFalse();
    assertThat(labels("Team=Blue", "owner")).isFalse();
  }

  @Test
  void project_and_state_must_be_the_ones_asked_for() {
    ExperimentQuery query =
        new ExperimentQuery(
            "",
            Optional.of("fashion"),
            List.of(),
            Set.of(ExperimentState.FAILED, ExperimentState.RUNNING),
            Sort.NAME,
            false);
    assertThat(query.matches(rates, ExperimentState.RUNNING)).isTrue();
    assertThat(query.matches(rates, ExperimentState.PAUSED)).isFalse();
    assertThat(
            new ExperimentQuery("", Optional.of("other"), List.of(), Set.of(), Sort.NAME, false)
                .matches(rates, ExperimentState.RUNNING))
        .isFalse();
    assertThat(ALL.matches(rates, ExperimentState.CANCELLED)).isTrue();
  }

  @Test
  void an_order_is_read_and_an_unknown_one_refused() {
    assertThat(ALL.newestFirst()).isTrue();
    assertThat(ALL.sorted("submittedAt").newestFirst()).isFalse();
    assertThat(ALL.sorted("-best").sort()).isEqualTo(Sort.BEST);
    assertThat(ALL.sorted("-best").descending()).isTrue();
    assertThatThrownBy(() -> ALL.sorted("colour")).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void what_has_no_value_comes_last_either_way_and_equals_by_age() {
    ExperimentQuery.Key none = new ExperimentQuery.Key(Optional.empty(), Optional.empty(), 9);
    ExperimentQuery.Key low = new ExperimentQuery.Key(Optional.of(1.0), Optional.empty(), 1);
    ExperimentQuery.Key twin = new ExperimentQuery.Key(Optional.of(1.0), Optional.empty(), 2);
    ExperimentQuery.Key high = new ExperimentQuery.Key(Optional.of(2.0), Optional.empty(), 3);
    List<ExperimentQuery.Key> keys = new ArrayList<>(List.of(none, low, high, twin));

    keys.sort(ALL.sorted("best").order());
    assertThat(keys).containsExactly(twin, low, high, none);
    keys.sort(ALL.sorted("-best").order());
    assertThat(keys).containsExactly(high, twin, low, none);
  }

  @ParameterizedTest
  @EnumSource(Sort.class)
  void a_cursor_is_read_as_it_was_written(Sort sort) {
    ExperimentQuery query =
        new ExperimentQuery("", Optional.empty(), List.of(), Set.of(), sort, false);
    ExperimentQuery.Key key =
        query.key(
            rates,
            ExperimentState.RUNNING,
            Optional.of(Instant.EPOCH),
            Optional.of(new ExperimentSummary(Optional.empty(), 2.5)));
    assertThat(ExperimentQuery.Key.of(key.cursor())).isEqualTo(key);
    assertThat(key.cursor()).matches("[A-Za-z0-9_-]{1,200}");
    assertThat(key.number().isPresent() && key.text().isPresent()).isFalse();
  }

  @Test
  void what_is_no_cursor_is_refused() {
    for (String wrong : List.of("", "!", "bm8", "eCB4")) {
      assertThatThrownBy(() -> ExperimentQuery.Key.of(wrong))
          .as(wrong)
          .isInstanceOf(IllegalArgumentException.class);
    }
  }
}
