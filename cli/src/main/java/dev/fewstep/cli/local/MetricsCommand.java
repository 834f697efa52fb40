package dev.fewstep.cli.local;

import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fewstep.cli.CliException;
import dev.fewstep.cli.Main;
import dev.fewstep.cli.OutputOptions;
import dev.fewstep.schemas.Json;
import dev.fewstep.worker.data.ImageShape;
import dev.fewstep.schemas.task.EvaluationProtocol;
import dev.fewstep.schemas.task.EvaluationProtocol.Metric;
import dev.fewstep.worker.evaluation.FrechetDistance;
import dev.fewstep.worker.evaluation.KernelDistance;
import dev.fewstep.worker.evaluation.PrecisionRecall;
import dev.fewstep.worker.features.FeatureExtractor;
import dev.fewstep.worker.tensor.TorchEngine;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

/** Distances between two sets of images. */
@Command(
    name = "metrics",
    mixinStandardHelpOptions = true,
    description = {
      "Compares generated images with real ones: Fréchet distance (FD) and unbiased kernel distance",
      "with the cubic kernel (KD), here and without a server. Either side is a folder of images, a",
      "dataset (.npz or IDX), features (.npz of 'fewstep features extract'), or, for FD alone,",
      "statistics (.npz with mu, sigma and count)."
    })
public final class MetricsCommand implements Callable<Integer> {
  @ParentCommand private Main main;
  @Mixin private OutputOptions output;

  @Option(names = "--real", paramLabel = "A", required = true, description = "real images")
  private Path real;

  @Option(
      names = "--generated",
      paramLabel = "B",
      required = true,
      description = "generated images")
  private Path generated;

  @Option(
      names = "--extractor",
      paramLabel = "FILE[/MODE]",
      description = {
        "what turns images into features: fewstep's .safetensors with a mode (penultimate, multi,",
        "multi-std), or a TorchScript module (.pt), which is code: use none that you do not trust"
      })
  private Path extractor;

  @Option(
      names = "--shape",
      paramLabel = "C,H,W",
      split = ",",
      description = "shape of a folder's images where the extractor does not say it")
  private int[] shape;

  @Option(
      names = "--precision-recall",
      description = "also improved precision and recall (3 neighbours)")
  private boolean precisionRecall;

  @Option(
      names = "--batch",
      paramLabel = "N",
      defaultValue = "250",
      description = "images at once (default: ${DEFAULT-VALUE})")
  private int batch;

  private record Score(String metric, double value, String protocol) {}

  @Override
  public Integer call() throws IOException {
    if (batch < 1) {
      throw CliException.usage("--batch must be at least 1, not " + batch);
    }
    Optional<ExtractorFile> file = Optional.ofNullable(extractor).map(ExtractorFile::parse);
    Optional<ImageShape> wanted =
        file.isPresent() ? file.get().image() : Optional.<ImageShape>empty();
    wanted = wanted.or(() -> ImageSource.shape(shape));
    LocalRun.Device.configure(main);
    TorchEngine.setThreads(LocalRun.Device.shards(main));
    try (NDManager manager = TorchEngine.newManager(LocalRun.Device.device(main))) {
      MetricsSide a = MetricsSide.open(real, file, wanted, manager);
      MetricsSide b = MetricsSide.open(generated, file, wanted, manager);
      String space = space(a.measured(), b.measured());
      if (a.images().isPresent() || b.images().isPresent()) {
        ImageShape image = a.images().or(b::images).orElseThrow().shape();
        try (FeatureExtractor network = file.orElseThrow().load(manager, image)) {
          space = network.name();
          a.requireSpace(space);
          b.requireSpace(space);
          a.requireEnough(network.dimensions());
          b.requireEnough(network.dimensions());
          a = a.measure(manager, network, batch, main);
          b = b.measure(manager, network, batch, main);
        }
      }
      print(a, b, space, scores(manager, a, b, space));
    }
    return 0;
  }

  private String space(Optional<String> a, Optional<String> b) {
    if (a.isPresent() && b.isPresent() && !a.get().equals(b.get())) {
      throw CliException.usage(
          "%s holds features of '%s' and %s of '%s': they cannot be compared"
              .formatted(real, a.get(), generated, b.get()));
    }
    return a.or(() -> b).orElse("features");
  }

  private List<Score> scores(NDManager manager, MetricsSide a, MetricsSide b, String space) {
    a.requireEnough(a.dimensions());
    b.requireEnough(a.dimensions());
    List<Score> scores = new ArrayList<>();
    scores.add(
        new Score(
            "fd",
            FrechetDistance.between(manager, a.statistics(), b.statistics()),
            protocol(Metric.FRECHET, space, b)));
    if (a.features().isPresent() && b.features().isPresent()) {
      FeatureSet x = a.features().get();
      FeatureSet y = b.features().get();
      String name = protocol(Metric.KERNEL, space, b);
      scores.add(new Score("kd", KernelDistance.unbiased(x.features(), y.features()), name));
      if (precisionRecall) {
        PrecisionRecall both =
            PrecisionRecall.between(x.features(), y.features(), PrecisionRecall.NEIGHBOURS);
        String suffix = name.substring(name.indexOf('-')) + " k=" + PrecisionRecall.NEIGHBOURS;
        scores.add(new Score("precision", both.precision(), "P" + suffix));
        scores.add(new Score("recall", both.recall(), "R" + suffix));
      }
    } else if (precisionRecall) {
      throw CliException.usage(
          "precision and recall need features or images on both sides, not statistics");
    }
    return scores;
  }

  private String protocol(Metric metric, String space, MetricsSide b) {
    String file = real.toAbsolutePath().normalize().getFileName().toString();
    int dot = file.lastIndexOf('.');
    return new EvaluationProtocol(
            metric,
            space,
            dot > 0 ? file.substring(0, dot) : file,
            Math.toIntExact(b.count()),
            Optional.empty(),
            b.eightBit())
        .name();
  }

  private void print(MetricsSide a, MetricsSide b, String space, List<Score> scores) {
    ObjectNode whole = Json.messages().createObjectNode();
    whole.putObject("real").put("path", a.path().toString()).put("count", a.count());
    whole.putObject("generated").put("path", b.path().toString()).put("count", b.count());
    whole.put("space", space).put("dimensions", a.dimensions());
    ObjectNode values = whole.putObject("scores");
    List<Map<String, String>> rows = new ArrayList<>();
    for (Score score : scores) {
      values
          .putObject(score.metric())
          .put("value", score.value())
          .put("protocol", score.protocol());
      rows.add(
          Map.of(
              "metric",
                  score.metric().length() == 2
                      ? score.metric().toUpperCase(Locale.ROOT)
                      : score.metric(),
              "value", String.format(Locale.ROOT, "%.6g", score.value()),
              "protocol", score.protocol(),
              "real", Long.toString(a.count()),
              "generated", Long.toString(b.count())));
    }
    output
        .output(main)
        .rows(List.of("metric", "value", "protocol", "real", "generated"), rows, whole);
  }
}
