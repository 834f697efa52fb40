package dev.fewstep.worker.task.program;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import dev.fewstep.schemas.spec.SamplingSpec;
import dev.fewstep.worker.checkpoint.RawTensor;
import dev.fewstep.worker.tensor.TorchEngine;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What a finetune looks like on its way: the first rows of its sheet, of the same noise, at five
 * fixed fractions of its iterations. They are of the weights as trained, neither averaged nor the
 * best of a validation; they draw from no generator of the training and change nothing. They travel
 * in checkpoints, so that a training that goes on elsewhere keeps them.
 */
final class Previews {
  /** Names of their tensors in a checkpoint begin with this. */
  private static final String PREFIX = "fewstep.preview.";

  private static final int TAKEN = 5;

  /** Those of several trainings that extend each other; the oldest go first. */
  private static final int KEPT = 16;

  private static final int ROWS = 2;

  private final Networks.Loaded network;
  private final SamplingSpec sampling;
  private final long seed;
  private final TaskContext context;
  private final TreeSet<Integer> due;
  private final TreeMap<Integer, byte[]> taken = new TreeMap<>();

  /**
   * None yet.
   *
   * @param network that is trained
   * @param sampling of the trained chain
   * @param seed of the sheets' noise
   * @param iterations of the whole training, at least 1
   */
  Previews(
      Networks.Loaded network,
      SamplingSpec sampling,
      long seed,
      int iterations,
      TaskContext context) {
    this.network = network;
    this.sampling = sampling;
    this.seed = seed;
    this.context = context;
    this.due = due(iterations);
  }

  /** After which iterations a preview is made: at 1/6 to 5/6 of them, none at the ends. */
  static TreeSet<Integer> due(int iterations) {
    TreeSet<Integer> due = new TreeSet<>();
    for (int i = 1; i <= TAKEN; i++) {
      due.add((int) Math.round((double) iterations * i / (TAKEN + 1)));
    }
    due.removeIf(at -> at < 1 || at >= iterations);
    return due;
  }

  /** Makes one, when one is due. An image that is not finite leaves it out. */
  void after(int iteration) {
    if (!due.contains(iteration) || taken.containsKey(iteration) || !Sheets.shown(network.spec())) {
      return;
    }
    int side = Sheets.side(network.spec());
    int rows = Math.min(ROWS, side);
    Sheets.Pixels pixels = new Sheets.Pixels(network.spec(), rows * side);
    try (NDManager manager = TorchEngine.newManager(context.device())) {
      for (int row = 0; row < rows; row++) {
        pixels.add(Sheets.row(network, sampling, seed, row, manager));
      }
    } catch (TaskFailure e) {
      context.listener().log("no preview after step " + iteration + ": " + e.getMessage());
      return;
    }
    pixels.png(side).ifPresent(png -> keep(iteration, png));
  }

  private void keep(int iteration, byte[] png) {
    taken.put(iteration, png);
    while (taken.size() > KEPT) {
      taken.pollFirstEntry();
    }
  }

  /** Them as bytes for a checkpoint. */
  Map<String, RawTensor> state() {
    Map<String, RawTensor> state = new LinkedHashMap<>();
    taken.forEach(
        (iteration, png) ->
            state.put(
                PREFIX + iteration,
                new RawTensor(DataType.UINT8, new long[] {png.length}, ByteBuffer.wrap(png))));
    return state;
  }

  /** Whether a tensor of a checkpoint is one of them. */
  static boolean isOne(String name) {
    return name.startsWith(PREFIX);
  }

  /** Takes over those of a checkpoint; what is none of them is left alone. */
  void restore(Map<String, RawTensor> checkpoint) {
    checkpoint.forEach(
        (name, tensor) ->
            iteration(name)
                .ifPresent(
                    iteration -> {
                      byte[] png = new byte[tensor.bytes().remaining()];
                      tensor.bytes().get(png);
                      keep(iteration, png);
                    }));
  }

  private static Optional<Integer> iteration(String name) {
    if (!isOne(name) || !name.substring(PREFIX.length()).matches("[0-9]{1,9}")) {
      return Optional.empty();
    }
    return Optional.of(Integer.parseInt(name.substring(PREFIX.length())));
  }

  /** Writes {@code sheet-<iteration>.png} for each. */
  List<OutputFile> write() throws IOException {
    List<OutputFile> files = new ArrayList<>();
    for (Map.Entry<Integer, byte[]> one : taken.entrySet()) {
      files.add(Sheets.file("sheet-" + one.getKey() + ".png", one.getValue(), context));
    }
    return files;
  }
}
