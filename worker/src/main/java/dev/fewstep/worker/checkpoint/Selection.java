package dev.fewstep.worker.checkpoint;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The parameters of one network among those of a file, such as the EMA in a training checkpoint.
 *
 * @param path where they are in the file, such as {@code /4}; empty for the whole file
 * @param names name in the file to name in the network, in the order of the file: without the path
 *     and without the {@code module.} of DataParallel or {@code _orig_mod.} of torch.compile
 */
public record Selection(String path, Map<String, String> names) {
  /** What {@code ema} means in a dictionary, and what is taken by default, the best first. */
  private static final List<String> EMA =
      List.of(
          "ema_state_dict",
          "state_dict_ema",
          "model_ema",
          "ema_model",
          "ema_params",
          "params_ema",
          "ema");

  /** What {@code model} means in a dictionary. */
  private static final List<String> MODEL =
      List.of("model_state_dict", "state_dict", "model", "net", "unet", "params");

  private static final List<String> WRAPPERS = List.of("module.", "_orig_mod.");
  private static final String DDIM_EMA = "/4";
  private static final String DDIM_MODEL = "/0";
  private static final int SHOWN = 12;

  /** Copies. */
  public Selection {
    names = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(names));
  }

  /** The selected tensors of an archive under their names in the network. */
  public Map<String, RawTensor> read(TensorArchive archive) throws java.io.IOException {
    Map<String, RawTensor> tensors = new LinkedHashMap<>();
    for (Map.Entry<String, String> name : names.entrySet()) {
      tensors.put(name.getValue(), archive.read(name.getKey()));
    }
    return tensors;
  }

  /** The selected tensors' shapes under their names in the network. */
  public Map<String, long[]> shapes(TensorArchive archive) {
    Map<String, long[]> shapes = new LinkedHashMap<>();
    names.forEach((from, to) -> shapes.put(to, archive.tensors().get(from).dimensions()));
    return shapes;
  }

  /**
   * Chooses.
   *
   * @param selector {@code ema}; {@code model}; an index of a list such as {@code 4}; a path such
   *     as {@code /state_dict/unet}; {@code all}. Without one the EMA, else the model, else
   *     everything. A list is taken to be DDIM's: the model at index 0, the EMA at index 4.
   * @throws IllegalArgumentException when there is nothing there; the message says what is
   */
  public static Selection of(TensorArchive archive, Optional<String> selector) {
    Map<String, TensorInfo> tensors = archive.tensors();
    if (selector.isEmpty()) {
      return ema(tensors)
          .or(() -> model(tensors))
          .orElseGet(() -> at(tensors, "").orElseThrow(() -> nothing(archive, "")));
    }
    String wanted = selector.get();
    Optional<Selection> found =
        switch (wanted) {
          case "ema" -> ema(tensors);
          case "model" -> model(tensors);
          case "all", "/" -> at(tensors, "");
          default -> at(tensors, wanted.startsWith("/") ? wanted : "/" + wanted);
        };
    return found.orElseThrow(() -> nothing(archive, wanted));
  }

  /**
   * Paths at which a file has tensors, with how many are there or below; the outermost is {@code
   * /}.
   */
  public static Map<String, Integer> subtrees(TensorArchive archive) {
    Map<String, Integer> counts = new LinkedHashMap<>();
    for (TensorInfo info : archive.tensors().values()) {
      Set<String> paths = new LinkedHashSet<>(List.of("/"));
      String container = info.container();
      for (int at = container.indexOf('/', 1); at >= 0; at = container.indexOf('/', at + 1)) {
        paths.add(container.substring(0, at));
      }
      if (!container.isEmpty()) {
        paths.add(container);
      }
      paths.forEach(path -> counts.merge(path, 1, Integer::sum));
    }
    return counts;
  }

  private static IllegalArgumentException nothing(TensorArchive archive, String selector) {
    List<String> places = new ArrayList<>();
    subtrees(archive)
        .forEach(
            (path, count) -> {
              if (places.size() < SHOWN) {
                places.add(path + " (" + count + " tensors)");
              }
            });
    return new IllegalArgumentException(
        archive.file()
            + " has no tensors "
            + (selector.isEmpty() ? "at all" : "at '" + selector + "'")
            + (places.isEmpty() ? "" : "; it has them at " + String.join(", ", places)));
  }

  private static boolean isList(Map<String, TensorInfo> tensors) {
    return !tensors.isEmpty()
        && tensors.entrySet().stream()
            .allMatch(
                e ->
                    (e.getValue().container().isEmpty() ? e.getKey() : e.getValue().container())
                        .matches("/?[0-9]+(/.*)?"));
  }

  private static Optional<Selection> ema(Map<String, TensorInfo> tensors) {
    return isList(tensors) ? at(tensors, DDIM_EMA) : first(tensors, EMA);
  }

  private static Optional<Selection> model(Map<String, TensorInfo> tensors) {
    if (isList(tensors)) {
      return at(tensors, DDIM_MODEL);
    }
    Optional<Selection> section = first(tensors, MODEL);
    boolean outermost = tensors.values().stream().anyMatch(info -> info.container().isEmpty());
    return section.isEmpty() && outermost ? at(tensors, "") : section;
  }

  private static Optional<Selection> first(Map<String, TensorInfo> tensors, List<String> names) {
    return names.stream().flatMap(name -> inside(tensors, "/" + name).stream()).findFirst();
  }

  /** By the structure of the file, else, where it has none, by the beginning of the names. */
  private static Optional<Selection> at(Map<String, TensorInfo> tensors, String path) {
    if (path.isEmpty()) {
      return tensors.isEmpty() ? Optional.empty() : Optional.of(selection("", tensors.keySet()));
    }
    return inside(tensors, path)
        .or(
            () -> {
              String prefix = path.substring(1).replace('/', '.') + ".";
              List<String> names =
                  tensors.keySet().stream().filter(name -> name.startsWith(prefix)).toList();
              return names.isEmpty() ? Optional.empty() : Optional.of(selection(path, names));
            });
  }

  private static Optional<Selection> inside(Map<String, TensorInfo> tensors, String path) {
    List<String> names = new ArrayList<>();
    tensors.forEach(
        (name, info) -> {
          if (info.container().equals(path) || info.container().startsWith(path + "/")) {
            names.add(name);
          }
        });
    return names.isEmpty() ? Optional.empty() : Optional.of(selection(path, names));
  }

  private static Selection selection(String path, Iterable<String> sources) {
    int skip = path.length(); // the path without its first slash, and a dot
    Map<String, String> names = new LinkedHashMap<>();
    sources.forEach(name -> names.put(name, name.substring(skip)));
    boolean again = true;
    while (again) {
      again = false;
      for (String wrapper : WRAPPERS) {
        if (names.values().stream().allMatch(name -> name.startsWith(wrapper))) {
          names.replaceAll((from, to) -> to.substring(wrapper.length()));
          again = true;
        }
      }
    }
    return new Selection(path, names);
  }
}
