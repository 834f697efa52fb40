package dev.fewstep.chaos.load;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fewstep.chaos.check.Findings;
import dev.fewstep.chaos.check.HistoryChecker;
import dev.fewstep.chaos.check.Invariant;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Submits experiments so that workers always have tasks: mostly grids of very short finetunes and
 * their evaluations, now and then finetunes that last seconds and have checkpoints, pretraining,
 * submissions that are sent twice, and experiments that are cancelled.
 */
public final class Load {
  private static final Logger LOG = LoggerFactory.getLogger(Load.class);
  private static final int LONG_EVERY = 4;
  private static final int PRETRAIN_EVERY = 7;
  private static final int TWICE_EVERY = 3;
  private static final int CANCEL_EVERY = 13;

  private final Api api;
  private final HistoryChecker checker;
  private final Findings findings;
  private final int trials;
  private final List<Submitted> submitted = new ArrayList<>();

  /**
   * An experiment that was accepted.
   *
   * @param id its id
   * @param trials its trials
   * @param cancelled whether it was then cancelled
   */
  public record Submitted(String id, int trials, boolean cancelled) {
    public Submitted {
      requireNonNull(id, "id");
    }
  }

  /**
   * A load that has submitted nothing.
   *
   * @param trials trials of an experiment of short finetunes
   */
  public Load(Api api, HistoryChecker checker, Findings findings, int trials) {
    this.api = requireNonNull(api, "api");
    this.checker = requireNonNull(checker, "checker");
    this.findings = requireNonNull(findings, "findings");
    this.trials = trials;
  }

  /** Makes and uploads what the experiments need. */
  public void prepare(Path directory) throws IOException, InterruptedException {
    Files.createDirectories(directory);
    api.upload("images", "DATASET", TinyInputs.dataset(directory));
    api.upload("base", "WEIGHTS", TinyInputs.weights(directory));
    api.upload("a", "EXTRACTOR", TinyInputs.extractor(directory, "a", 1));
    api.upload("b", "EXTRACTOR", TinyInputs.extractor(directory, "b", 2));
  }

  /**
   * Submits whenever little is open.
   *
   * @param goOn asked before each submission
   */
  public void run(BooleanSupplier goOn) throws InterruptedException {
    for (int number = 1; goOn.getAsBoolean(); number++) {
      submit(number);
      while (goOn.getAsBoolean() && checker.open() > trials) {
        Thread.sleep(200);
      }
    }
  }

  private void submit(int number) throws InterruptedException {
    UUID key = UUID.randomUUID();
    String spec = spec(number);
    JsonNode answer = api.command("/api/v1/experiments", spec, key, number);
    String id = answer.path("id").asText();
    if (number % TWICE_EVERY == 0) {
      String again = api.command("/api/v1/experiments", spec, key, number + 1).path("id").asText();
      findings.check(
          again.equals(id),
          Invariant.NOTHING_DOUBLE,
          id,
          -1,
          "one submission sent twice made " + id + " and " + again);
    }
    boolean cancelled = number % CANCEL_EVERY == 0;
    if (cancelled) {
      api.command("/api/v1/experiments/" + id + ":cancel", "{}", number);
    }
    LOG.info("Submitted {}{}", id, cancelled ? ", then cancelled it" : "");
    synchronized (this) {
      submitted.add(new Submitted(id, answer.path("trials").asInt(), cancelled));
    }
  }

  /** What was accepted. */
  public synchronized List<Submitted> submitted() {
    return List.copyOf(submitted);
  }

  private String spec(int number) {
    boolean lasting = number % LONG_EVERY == 0;
    int count = lasting ? Math.max(2, trials / 8) : trials;
    String seeds =
        IntStream.range(0, count)
            .mapToObj(i -> Integer.toString(number * trials + i))
            .collect(Collectors.joining(", "));
    String model =
        number % PRETRAIN_EVERY == 0
            ? "{pretrain: {network: {imageSize: 8, channels: 1, width: 4, multipliers: [1],"
                + " resBlocks: 1, attention: [], groups: 4}, training: {iterations: 12, batch: 4,"
                + " warmup: 2, checkpointEvery: 3}, seed: "
                + number
                + "}}"
            : "{weights: base}";
    return """
        apiVersion: fewstep/v1
        kind: Experiment
        metadata: {name: %s-%d}
        spec:
          base:
            data: {train: images}
            model: %s
            sampling: {steps: 2}
            loss: {extractor: a, mmdBatch: 4}
            training: {iterations: %d, learningRate: 0.001, warmup: 1, ema: 0.9, checkpointEvery: %d}
          seeds: [%s]
          evaluation: {reference: images, extractors: [b], samples: 16, batch: 16, seed: %d, baseSteps: [%s]}
          policy: {retry: {maxAttempts: 100, backoff: PT1S}}
        """
        .formatted(
            lasting ? "lasting" : "short",
            number,
            model,
            lasting ? 100 : 4,
            lasting ? 5 : 2,
            seeds,
            number,
            IntStream.rangeClosed(1, Math.max(2, trials))
                .mapToObj(Integer::toString)
                .collect(Collectors.joining(", ")));
  }
}
