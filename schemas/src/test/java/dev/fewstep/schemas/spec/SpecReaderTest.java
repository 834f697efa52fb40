package dev.fewstep.schemas.spec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fewstep.schemas.Json;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SpecReaderTest {
  @Test
  void readsScalarsAsTheJsonSchemaOfYamlDoes() throws Exception {
    SpecDocument document =
        SpecReader.read(
            "a.yaml",
            """
            a: 5
            b: -1.5e-4
            c: true
            d: text
            e: "no"
            f: '010'
            g: [1, two, {h: 3}]
            i: |
              line
            j: 2026-11-22
            k: v1.2.3
            """);

    JsonNode expected =
        Json.specs()
            .readTree(
                """
                {"a":5,"b":-1.5e-4,"c":true,"d":"text","e":"no","f":"010",
                 "g":[1,"two",{"h":3}],"i":"line\\n","j":"2026-11-22","k":"v1.2.3"}""");
    assertThat(document.problems()).isEmpty();
    assertThat(document.tree().toString()).isEqualTo(expected.toString());
    assertThat(document.position(SpecPath.of("g", "2", "h")))
        .contains(new SpecDocument.Position(7, 14));
    assertThat(document.position(SpecPath.of("g", "2", "absent")))
        .contains(new SpecDocument.Position(7, 13));
  }

  @Test
  void readsJsonWithTabsAndPlaces() {
    SpecDocument document = SpecReader.read("a.json", "{\n\t\"a\": {\n\t\t\"b\": 5}}");

    assertThat(document.tree().at("/a/b").asInt()).isEqualTo(5);
    assertThat(document.position(SpecPath.of("a", "b"))).contains(new SpecDocument.Position(3, 3));
  }

  @Test
  void readsYamlFlowThatBeginsLikeJson() {
    assertThat(SpecReader.read("a.yaml", "{a: 1}").tree().toString()).isEqualTo("{\"a\":1}");
    assertThatThrownBy(() -> SpecReader.read("a.json", "{a: 1}"))
        .isInstanceOf(SpecException.class)
        .hasMessageContaining("not JSON");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "no",
        "No",
        "yes",
        "on",
        "OFF",
        "y",
        "N",
        "True",
        "FALSE",
        "~",
        "Null",
        "010",
        "0o10",
        "0x1F",
        "0b1",
        "1_000",
        "+5",
        ".5",
        "5.",
        "1:30",
        "190:20:30",
        "12:30:45.5",
        ".inf",
        "-.INF",
        ".nan",
        "99999999999999999999",
        "1e999"
      })
  void refusesAmbiguousScalarsWithTheirPlace(String scalar) {
    SpecDocument document = SpecReader.read("a.yaml", "x: 1\nlist:\n  - " + scalar + "\n");

    assertThat(document.problems()).hasSize(1);
    SpecProblem problem = document.problems().get(0);
    assertThat(problem.path()).isEqualTo("list[0]");
    assertThat(problem.line()).isEqualTo(3);
    assertThat(problem.column()).isEqualTo(5);
    assertThat(problem.message()).contains(scalar);
    assertThat(problem.expected()).isNotEmpty();
    assertThat(SpecReader.read("a.yaml", "x: \"" + scalar + "\"").problems()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "a: 1 \\n a: 2 | given twice, first in line 1",
        "a: &x 1 | an anchor",
        "a: &x [1]\\nb: *x | an alias",
        "a: {<<: {b: 1}} | a merge key",
        "a: !!str 1 | a tag",
        "a: !evil [1] | a tag",
        "on: 1 | as a key",
        "a: | no value is given",
      })
  void notesAmbiguousStructure(String text, String message) {
    SpecDocument document =
        SpecReader.read("a.yaml", text.replace(" \\n ", "\\n").replace("\\n", "\n"));

    assertThat(document.problems())
        .extracting(SpecProblem::message)
        .anyMatch(m -> m.contains(message));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "a: 1\\n---\\nb: 2 | a second document",
        "%YAML 1.1\\n---\\na: 1 | a directive",
        "a:\\n\\tb: 1 | a tab indents",
        "? [a]\\n: 1 | a key that is not text",
        "a: [1 | not YAML",
        "'' | the text is empty",
      })
  void refusesWhatIsNoTree(String text, String message) {
    assertThatThrownBy(
            () -> SpecReader.read("a.yaml", text.replace("\\n", "\n").replace("\\t", "\t")))
        .isInstanceOf(SpecException.class)
        .hasMessageContaining(message)
        .hasMessageContaining("a.yaml");
  }

  @Test
  void refusesDuplicateKeysOfJson() {
    SpecDocument document = SpecReader.read("a.json", "{\"a\": 1,\n \"a\": 2}");

    assertThat(document.problems())
        .extracting(SpecProblem::toLine)
        .containsExactly("a.json:2: a: given twice, first in line 1");
  }

  @Test
  void boundsSizeAndDepth() {
    String long1 = "a: \"" + "x".repeat(SpecReader.MAX_BYTES) + "\"";
    String deep = "[".repeat(33) + "]".repeat(33);
    String veryDeep = "[".repeat(400_000) + "]".repeat(400_000);
    String fine = "[".repeat(32) + "]".repeat(32);

    assertThatThrownBy(() -> SpecReader.read("a.yaml", long1)).hasMessageContaining("1 MiB");
    for (String text : List.of(deep, veryDeep)) {
      assertThatThrownBy(() -> SpecReader.read("a.yaml", text)).hasMessageContaining("32 levels");
      assertThatThrownBy(() -> SpecReader.read("a.json", text)).hasMessageContaining("32 levels");
    }
    assertThat(SpecReader.read("a.yaml", fine).tree().isArray()).isTrue();
    assertThat(SpecReader.read("a.json", fine).tree().isArray()).isTrue();
  }
}
