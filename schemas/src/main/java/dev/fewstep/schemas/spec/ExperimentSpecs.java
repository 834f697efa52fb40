package dev.fewstep.schemas.spec;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import dev.fewstep.schemas.Json;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Reads experiments and refuses what could not run. */
public final class ExperimentSpecs {
  /** Grids up to this size have every trial's configuration checked, larger ones every value. */
  private static final long CHECK_ALL = 10_000;

  private static final int MAX_PROBLEMS = 100;

  private ExperimentSpecs() {}

  /**
   * Reads an experiment.
   *
   * @param fileName its name for messages, such as {@code grid.yaml}; what ends in {@code .json}
   *     must be JSON
   * @param text YAML or JSON
   * @throws SpecException with everything that is wrong: the text, its fields, or the trials
   */
  public static ExperimentSpec parse(String fileName, String text) {
    return read(SpecReader.read(fileName, text));
  }

  /**
   * Reads an experiment from a tree that no text stands for, as {@link #parse} does.
   *
   * @throws SpecException with everything that is wrong
   */
  public static ExperimentSpec read(JsonNode tree) {
    return read(new SpecDocument("", tree, Map.of(), List.of()));
  }

  private static ExperimentSpec read(SpecDocument document) {
    List<SpecProblem> problems = new ArrayList<>(SpecSchema.problems(document));
    GridCheck.findings(document.tree().path("spec")).stream()
        .map(finding -> finding.in(document))
        .forEach(problems::add);
    document.refuseIfAny(first(problems));
    ExperimentSpec experiment = typed(document);
    document.refuseIfAny(
        first(meaning(experiment).stream().map(finding -> finding.in(document)).toList()));
    return experiment;
  }

  /**
   * Checks an experiment that did not come from a text, as {@link #parse} does.
   *
   * @throws SpecException with everything that is wrong with its trials
   */
  public static void check(ExperimentSpec experiment) {
    List<Finding> findings = meaning(experiment);
    if (!findings.isEmpty()) {
      throw new SpecException(first(findings.stream().map(Finding::alone).toList()));
    }
  }

  private static ExperimentSpec typed(SpecDocument document) {
    try {
      return Json.specs().treeToValue(document.tree(), ExperimentSpec.class);
    } catch (JsonProcessingException e) {
      Finding finding = Finding.of(Grid.pathOf(e), Grid.reason(e));
      throw new SpecException(List.of(finding.in(document)));
    }
  }

  private static List<Finding> meaning(ExperimentSpec experiment) {
    ExperimentBody body = experiment.spec();
    List<Finding> findings = new ArrayList<>(GridCheck.findings(body));
    if (!findings.isEmpty()) {
      return findings;
    }
    Grid grid = Grid.unchecked(body);
    SearchCheck.enough(body.searched(), grid.kept())
        .or(() -> GridCheck.trials(grid.size()))
        .ifPresent(findings::add);
    if (!findings.isEmpty()) {
      return findings;
    }
    Set<Finding> told = new HashSet<>();
    Set<Set<String>> trainedOn = new LinkedHashSet<>();
    List<Map<String, JsonNode>> samples = samples(grid, body);
    for (Map<String, JsonNode> values : samples) {
      if (findings.size() >= MAX_PROBLEMS) {
        break;
      }
      // The same complaint at a thousand points is one problem, told with its first point.
      grid.check(values).filter(told::add).ifPresent(found -> findings.add(found.at(values)));
      JsonNode loss = Grid.overlay(body.base(), values).path("loss");
      Set<String> together = new LinkedHashSet<>();
      together.add(loss.path("extractor").asText(""));
      loss.path("extractors").forEach(item -> together.add(item.path("extractor").asText("")));
      together.remove("");
      trainedOn.add(together);
    }
    for (Set<String> extractors : trainedOn) {
      Set<String> networks = new LinkedHashSet<>();
      extractors.forEach(extractor -> networks.add(network(extractor)));
      if (!networks.isEmpty()
          && body.evaluation().extractors().stream()
              .allMatch(scored -> networks.contains(network(scored)))) {
        findings.add(
            Finding.of(
                SpecPath.of("spec", "evaluation", "extractors"),
                "trials that train on " + String.join(", ", extractors) + " have no held-out score",
                "another extractor than " + String.join(", ", networks)));
      }
    }
    if (findings.isEmpty() && body.searched().method() == SearchMethod.HALVING) {
      findings.addAll(SearchCheck.halving(body, grid, samples));
    }
    return findings;
  }

  /** All grid points, or for a large grid every value of every axis once, others at their first. */
  private static List<Map<String, JsonNode>> samples(Grid grid, ExperimentBody body) {
    List<Map<String, JsonNode>> samples = new ArrayList<>();
    int seeds = body.seeds().size();
    long points = grid.size() / seeds;
    if (points <= CHECK_ALL) {
      for (long point = 0; point < points; point++) {
        samples.add(grid.values(point * seeds));
      }
      return samples;
    }
    Map<String, JsonNode> start = new LinkedHashMap<>(grid.values(0));
    body.grid()
        .forEach(
            (axis, values) ->
                values.forEach(
                    value -> {
                      Map<String, JsonNode> sample = new LinkedHashMap<>(start);
                      sample.put(axis, value);
                      samples.add(sample);
                    }));
    samples.addAll(body.include());
    return samples;
  }

  /** The extractor without its mode: another mode of a network is not held out from it. */
  private static String network(String extractor) {
    int slash = extractor.indexOf('/');
    return slash < 0 ? extractor : extractor.substring(0, slash);
  }

  private static List<SpecProblem> first(List<SpecProblem> problems) {
    return problems.size() <= MAX_PROBLEMS ? problems : problems.subList(0, MAX_PROBLEMS);
  }
}
