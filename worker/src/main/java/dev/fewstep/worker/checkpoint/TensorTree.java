package dev.fewstep.worker.checkpoint;

import dev.fewstep.worker.checkpoint.TensorUnpickler.Storage;
import dev.fewstep.worker.checkpoint.TensorUnpickler.View;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Function;
import net.razorvine.pickle.PickleException;

/** Walks what a pickle built, with bounds: lists may contain themselves, storages be shared. */
final class TensorTree {
  private static final int MAX_DEPTH = 64;
  private static final int MAX_NODES = 2_000_000;
  private static final long FREE_BYTES = 64L << 20;
  private static final int MAX_SHARING = 8;

  private final long maxBytes;
  private long bytes;
  private int nodes;

  /** A tree from a file of that size: its tensors may share storages, but only so often. */
  TensorTree(long fileSize) {
    this.maxBytes = FREE_BYTES + MAX_SHARING * fileSize;
  }

  /** Every tensor by its path, in the order of the file. */
  Map<String, RawTensor> flatten(Object tree, Function<Storage, ByteBuffer> storages) {
    Map<String, RawTensor> tensors = new LinkedHashMap<>();
    walk(
        tree,
        "",
        0,
        (path, view) -> {
          bytes +=
              RawTensor.byteSize(
                  view.storage().type(),
                  view.shape().stream().mapToLong(Long::longValue).toArray());
          if (bytes > maxBytes) {
            throw new PickleException("its tensors share storages beyond belief");
          }
          tensors.put(path, PthFile.tensor(view, storages.apply(view.storage())));
        });
    return tensors;
  }

  /** Every storage that a tensor of the tree is in, by key. */
  static Map<String, Storage> storages(Object tree) {
    Map<String, Storage> storages = new LinkedHashMap<>();
    new TensorTree(0)
        .walk(
            tree,
            "",
            0,
            (path, view) -> {
              Storage known = storages.putIfAbsent(view.storage().key(), view.storage());
              if (known != null && !known.equals(view.storage())) {
                throw new PickleException("storage '" + known.key() + "' has two descriptions");
              }
            });
    return storages;
  }

  private void walk(Object node, String path, int depth, BiConsumer<String, View> visit) {
    if (depth > MAX_DEPTH || ++nodes > MAX_NODES) {
      throw new PickleException("its objects are nested too deeply, or there are too many");
    }
    if (node instanceof View view) {
      visit.accept(path.isEmpty() ? "tensor" : path, view);
    } else if (node instanceof Map<?, ?> map) {
      map.forEach((key, value) -> walk(value, join(path, key), depth + 1, visit));
    } else if (node instanceof List<?> list) {
      for (int i = 0; i < list.size(); i++) {
        walk(list.get(i), join(path, i), depth + 1, visit);
      }
    } else if (node instanceof Object[] tuple) {
      for (int i = 0; i < tuple.length; i++) {
        walk(tuple[i], join(path, i), depth + 1, visit);
      }
    }
  }

  private static String join(String path, Object key) {
    return path.isEmpty() ? String.valueOf(key) : path + "." + key;
  }
}
