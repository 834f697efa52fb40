package dev.fewstep.worker.training;

import java.util.ArrayList;
import java.util.List;

/** Runs work on the micro-batches of a batch; what they make comes in their order. */
final class MicroBatches {
  private final Shards shards;
  private final List<ChainReplay> chains;
  private final int size;

  /** Work on the rows {@code from} to {@code to}, exclusive, of a batch. */
  @FunctionalInterface
  interface Work<T> {
    T run(ChainReplay chain, int from, int to);
  }

  /**
   * Splits batches.
   *
   * @param chains one for each shard
   * @param size rows of a micro-batch but for the last, at least 1
   */
  MicroBatches(Shards shards, List<ChainReplay> chains, int size) {
    this.shards = shards;
    this.chains = List.copyOf(chains);
    this.size = size;
  }

  /** Micro-batches of so many rows. */
  static int count(int rows, int size) {
    return (rows + size - 1) / size;
  }

  /** The micro-batch that begins with a row. */
  int index(int from) {
    return from / size;
  }

  /** Runs work on every micro-batch; shard s takes the s-th, the (s+count)-th and so on. */
  <T> List<T> each(int rows, Work<T> work) {
    int count = count(rows, size);
    List<List<T>> byShard =
        shards.run(
            (shard, replica) -> {
              List<T> results = new ArrayList<>();
              for (int i = shard; i < count; i += shards.count()) {
                int from = i * size;
                results.add(work.run(chains.get(shard), from, Math.min(from + size, rows)));
              }
              return results;
            });
    List<T> results = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      results.add(byShard.get(i % shards.count()).get(i / shards.count()));
    }
    return results;
  }
}
