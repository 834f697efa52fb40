package dev.fewstep.schemas.spec;

import java.util.ArrayList;
import java.util.List;

/**
 * A place in a document: the keys and indices that lead to it from the root.
 *
 * @param segments keys, and indices as decimal text; empty for the root
 */
public record SpecPath(List<String> segments) {
  /** The document itself. */
  public static final SpecPath ROOT = new SpecPath(List.of());

  public SpecPath {
    segments = List.copyOf(segments);
  }

  /** A path of keys, such as {@code of("spec", "base")}. */
  public static SpecPath of(String... segments) {
    return new SpecPath(List.of(segments));
  }

  /** A path inside {@code base} written with dots, as the axes of a grid are. */
  public static SpecPath dotted(String path) {
    return new SpecPath(List.of(path.split("\\.", -1)));
  }

  /** The field of that name below this place. */
  public SpecPath child(String key) {
    List<String> longer = new ArrayList<>(segments);
    longer.add(key);
    return new SpecPath(longer);
  }

  /** The element of that index below this place. */
  public SpecPath child(int index) {
    return child(Integer.toString(index));
  }

  /** The place that {@code other} leads to from here. */
  public SpecPath resolve(SpecPath other) {
    List<String> longer = new ArrayList<>(segments);
    longer.addAll(other.segments);
    return new SpecPath(longer);
  }

  /** The place above; the root is above itself. */
  public SpecPath parent() {
    return segments.isEmpty() ? this : new SpecPath(segments.subList(0, segments.size() - 1));
  }

  /** As people write it: {@code spec.grid['loss.kernel'][1]}. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    for (String segment : segments) {
      if (!segment.isEmpty() && segment.chars().allMatch(c -> c >= '0' && c <= '9')) {
        text.append('[').append(segment).append(']');
      } else if (segment.isEmpty() || segment.contains(".")) {
        text.append("['").append(segment).append("']");
      } else {
        text.append(text.length() == 0 ? "" : ".").append(segment);
      }
    }
    return text.toString();
  }
}
