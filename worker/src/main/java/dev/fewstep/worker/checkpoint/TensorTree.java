package dev.fewstep.worker.checkpoint;

import dev.fewstep.worker.checkpoint.TensorUnpickler.View;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import net.razorvine.pickle.PickleException;

/** Walks what a pickle built, with bounds: lists may contain themselves, storages be shared. */
final class TensorTree {
  private static final int MAX_DEPTH = 64;
  private static final int MAX_NODES = 2_000_000;
  private static final int MAX_TENSORS = 100_000;
  private static final int MAX_PATH = 512;
  private static final long FREE_BYTES = 64L << 20;
  private static final int MAX_SHARING = 8;

  /** A tensor and the path of what holds it. */
  record Leaf(String container, View view) {
    TensorInfo info() {
      return new TensorInfo(view.storage().type(), view.shape(), container);
    }
  }

  private final long maxBytes;
  private final Map<String, Leaf> leaves = new LinkedHashMap<>();
  private long bytes;
  private int nodes;

  private TensorTree(long fileSize) {
    this.maxBytes = FREE_BYTES + MAX_SHARING * fileSize;
  }

  /**
   * Every tensor by the dotted path to it, in the order of the file.
   *
   * @param fileSize of the file that the tree is from: its tensors may share storages, but only so
   *     often
   */
  static Map<String, Leaf> leaves(Object tree, long fileSize) {
    TensorTree walk = new TensorTree(fileSize);
    walk.walk(tree, "", "", "tensor", 0);
    return walk.leaves;
  }

  private void walk(Object node, String container, String name, String key, int depth) {
    if (depth > MAX_DEPTH || ++nodes > MAX_NODES) {
      throw new PickleException("its objects are nested too deeply, or there are too many");
    }
    if (node instanceof View view) {
      add(container, name.isEmpty() ? key : name + "." + key, view);
    } else if (node instanceof Map<?, ?> || node instanceof List<?> || node instanceof Object[]) {
      String inner = depth == 0 ? "" : container + "/" + key;
      String path = depth == 0 ? "" : name.isEmpty() ? key : name + "." + key;
      if (inner.length() > MAX_PATH) {
        throw new PickleException("the path of a tensor is longer than " + MAX_PATH);
      }
      if (node instanceof Map<?, ?> map) {
        map.forEach((k, value) -> child(value, inner, path, k, depth));
      } else {
        Object[] items = node instanceof List<?> list ? list.toArray() : (Object[]) node;
        for (int i = 0; i < items.length; i++) {
          child(items[i], inner, path, i, depth);
        }
      }
    }
  }

  private void child(Object value, String container, String path, Object key, int depth) {
    if (value instanceof View
        || value instanceof Map<?, ?>
        || value instanceof List<?>
        || value instanceof Object[]) {
      walk(value, container, path, String.valueOf(key), depth + 1);
    } else if (++nodes > MAX_NODES) {
      throw new PickleException("it holds too many objects");
    }
  }

  private void add(String container, String name, View view) {
    if (name.length() > MAX_PATH || leaves.size() >= MAX_TENSORS) {
      throw new PickleException(
          "it holds more than %s tensors, or one with a name longer than %s"
              .formatted(MAX_TENSORS, MAX_PATH));
    }
    if (leaves.put(name, new Leaf(container, view)) != null) {
      throw new PickleException("two tensors are named " + ZipEntries.quoted(name));
    }
    Strided.check(
        TensorInfo.dimensions(view.shape()),
        TensorInfo.dimensions(view.strides()),
        view.offset(),
        view.storage().elements());
    bytes += view.bytes();
    if (bytes > maxBytes) {
      throw new PickleException("its tensors share storages beyond belief");
    }
  }
}
