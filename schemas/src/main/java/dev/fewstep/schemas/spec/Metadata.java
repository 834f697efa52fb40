package dev.fewstep.schemas.spec;

import static dev.fewstep.schemas.spec.Checks.require;
import static java.util.Objects.requireNonNull;
import static java.util.Objects.requireNonNullElse;

import dev.fewstep.schemas.Ordered;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * Who an experiment is.
 *
 * @param name lower-case letters, digits and hyphens, at most 63
 * @param project of the same form, default {@code default}
 * @param labels free text by name, in the order in which they were written
 */
public record Metadata(String name, String project, Map<String, String> labels) {
  private static final Pattern NAME = Pattern.compile("[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?");

  public Metadata {
    requireNonNull(name, "metadata.name is required");
    project = requireNonNullElse(project, "default");
    labels = Ordered.copyOf(requireNonNullElse(labels, Map.of()));
    require(NAME.matcher(name).matches(), "'%s' is no name: %s", name, NAME.pattern());
    require(NAME.matcher(project).matches(), "'%s' is no project: %s", project, NAME.pattern());
  }
}
