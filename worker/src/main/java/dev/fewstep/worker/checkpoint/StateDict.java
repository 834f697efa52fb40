package dev.fewstep.worker.checkpoint;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

/** Operations on the names of a file's tensors; the values may be of any type. */
public final class StateDict {
  /** So many of a list are shown to people. */
  static final int SHOWN = 20;

  private static final String DATA_PARALLEL = "module.";

  /** Where known training scripts keep the parameters to sample with, the best first. */
  private static final List<String> SECTIONS =
      List.of(
          "ema_state_dict", "model_ema", "ema", "state_dict", "model_state_dict", "model", "net");

  private StateDict() {}

  /** The entries below {@code prefix + "."}, without the prefix, in order; empty when none is. */
  public static <T> Map<String, T> section(Map<String, T> tensors, String prefix) {
    Map<String, T> section = new LinkedHashMap<>();
    tensors.forEach(
        (name, value) -> {
          if (name.startsWith(prefix + ".")) {
            section.put(name.substring(prefix.length() + 1), value);
          }
        });
    return section;
  }

  /** Without the {@code module.} that DataParallel puts before every name. */
  public static <T> Map<String, T> withoutModulePrefix(Map<String, T> tensors) {
    boolean everywhere =
        !tensors.isEmpty()
            && tensors.keySet().stream().allMatch(name -> name.startsWith(DATA_PARALLEL));
    return everywhere ? section(tensors, "module") : tensors;
  }

  /**
   * The parameters to sample with. From a list as DDIM saves it ([model, optimiser, epoch, step,
   * EMA], facts: mmd-ddm 6a) the EMA (index 4), or the model (index 0) when there is none; from a
   * dictionary of sections the EMA, else the model; else everything. {@code module.} prefixes go.
   * {@link Selection} knows the structure of the file, not only its names, and can be told which to
   * take.
   */
  public static <T> Map<String, T> preferred(Map<String, T> tensors) {
    boolean list =
        !tensors.isEmpty() && tensors.keySet().stream().allMatch(n -> n.matches("[0-9]+\\..*"));
    if (list) {
      Map<String, T> ema = section(tensors, "4");
      return withoutModulePrefix(ema.isEmpty() ? section(tensors, "0") : ema);
    }
    for (String name : SECTIONS) {
      Map<String, T> section = section(tensors, name);
      if (!section.isEmpty()) {
        return withoutModulePrefix(section);
      }
    }
    return withoutModulePrefix(tensors);
  }

  /**
   * What differs between the tensors of a file and those that a network has.
   *
   * @param missing names, with shapes, that the network has and the file lacks; the first with the
   *     nearest name that only the file has
   * @param unexpected names, with shapes, that only the file has
   * @param wrongShape {@code name: [found], expected [wanted]}
   */
  public record Difference(List<String> missing, List<String> unexpected, List<String> wrongShape) {
    public Difference {
      missing = List.copyOf(missing);
      unexpected = List.copyOf(unexpected);
      wrongShape = List.copyOf(wrongShape);
    }

    /** Whether nothing differs. */
    public boolean isEmpty() {
      return missing.isEmpty() && unexpected.isEmpty() && wrongShape.isEmpty();
    }

    /** A sentence for people: the first {@value #SHOWN} of each list, and how many there are. */
    public String describe() {
      List<String> parts = new ArrayList<>();
      if (!missing.isEmpty()) {
        parts.add(missing.size() + " missing: " + first(missing));
      }
      if (!unexpected.isEmpty()) {
        parts.add(unexpected.size() + " unexpected: " + first(unexpected));
      }
      if (!wrongShape.isEmpty()) {
        parts.add(wrongShape.size() + " of another shape: " + first(wrongShape));
      }
      return parts.isEmpty() ? "no difference" : String.join("; ", parts);
    }

    private static String first(List<String> names) {
      String shown = String.join(", ", names.subList(0, Math.min(SHOWN, names.size())));
      return names.size() > SHOWN ? shown + ", … (" + (names.size() - SHOWN) + " more)" : shown;
    }
  }

  /** Compares names and shapes. */
  public static Difference compare(Map<String, long[]> found, Map<String, long[]> expected) {
    List<String> wrong = new ArrayList<>();
    expected.forEach(
        (name, shape) -> {
          long[] has = found.get(name);
          if (has != null && !Arrays.equals(has, shape)) {
            wrong.add(name + ": " + Arrays.toString(has) + ", expected " + Arrays.toString(shape));
          }
        });
    TreeSet<String> missing = new TreeSet<>(expected.keySet());
    missing.removeAll(found.keySet());
    TreeSet<String> unexpected = new TreeSet<>(found.keySet());
    unexpected.removeAll(expected.keySet());
    List<String> lacks = new ArrayList<>();
    for (String name : missing) {
      // Beyond what is shown, the search for the nearest name would be long and for nobody.
      String hint =
          lacks.size() < SHOWN
              ? nearest(name, unexpected)
                  .map(near -> " (nearest in the file: " + near + ")")
                  .orElse("")
              : "";
      lacks.add(name + " " + Arrays.toString(expected.get(name)) + hint);
    }
    List<String> surplus =
        unexpected.stream().map(name -> name + " " + Arrays.toString(found.get(name))).toList();
    return new Difference(lacks, surplus, wrong);
  }

  /**
   * Insists that names and shapes are those expected.
   *
   * @param what the thing that does not fit, to begin the sentence with, such as {@code "The
   *     weights do not fit the U-Net"}
   * @throws IllegalArgumentException listing what is missing, unexpected and of another shape
   */
  public static void require(String what, Map<String, long[]> found, Map<String, long[]> expected) {
    Difference difference = compare(found, expected);
    if (!difference.isEmpty()) {
      throw new IllegalArgumentException(what + ": " + difference.describe());
    }
  }

  /** Shapes of raw tensors, for {@link #compare}. */
  public static Map<String, long[]> shapes(Map<String, RawTensor> tensors) {
    Map<String, long[]> shapes = new LinkedHashMap<>();
    tensors.forEach((name, tensor) -> shapes.put(name, tensor.shape()));
    return shapes;
  }

  /** The candidate with the longest common ending, ties by name; empty without candidates. */
  static Optional<String> nearest(String name, Collection<String> candidates) {
    return candidates.stream()
        .max(
            Comparator.<String>comparingInt(candidate -> commonEnding(name, candidate))
                .thenComparing(Comparator.reverseOrder()));
  }

  private static int commonEnding(String a, String b) {
    int n = 0;
    while (n < a.length()
        && n < b.length()
        && a.charAt(a.length() - 1 - n) == b.charAt(b.length() - 1 - n)) {
      n++;
    }
    return n;
  }
}
