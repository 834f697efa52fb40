package dev.fewstep.cli.local;

import ai.djl.ndarray.NDManager;
import dev.fewstep.cli.CliException;
import dev.fewstep.cli.Main;
import dev.fewstep.cli.OutputOptions;
import dev.fewstep.schemas.Json;
import dev.fewstep.schemas.spec.EvaluationSpec;
import dev.fewstep.schemas.spec.MetricKind;
import dev.fewstep.schemas.task.EvaluationProtocol.Family;
import dev.fewstep.worker.data.ImageShape;
import dev.fewstep.worker.evaluation.FeatureStatistics;
import dev.fewstep.worker.evaluation.FrechetInfinity;
import dev.fewstep.worker.evaluation.SpaceScoring;
import dev.fewstep.worker.features.FeatureExtractor;
import dev.fewstep.worker.task.program.ReferenceFeatures;
import dev.fewstep.worker.tensor.TorchEngine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
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
      "Compares generated images with real ones, here and without a server.",
      "Fréchet distance (FD), unbiased cubic kernel distance (KD), Inception Score, "
          + "precision and recall, density and coverage, each with the name of its protocol. "
          + "Either side is a folder of images, a dataset (.npz or IDX), features (.npz of "
          + "'fewstep features extract'), or, for FD alone, statistics (.npz with mu and sigma, "
          + "of fewstep, pytorch-fid or clean-fid)."
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
      names = "--metrics",
      paramLabel = "NAME",
      split = ",",
      description = {
        "which scores: fd, kd, kid, is, pr, dc, fd-infinity, or all (default: fd, and kd where both",
        "sides have features)"
      })
  private List<String> asked;

  @Option(
      names = "--precision-recall",
      description = "also improved precision and recall (3 neighbours), as --metrics fd,kd,pr")
  private boolean precisionRecall;

  @Option(
      names = "--features",
      paramLabel = "N",
      defaultValue = "2147483647",
      description = "feature vectors a side, at most, for kd, kid, pr and dc (default: all)")
  private int features;

  @Option(
      names = "--bootstrap",
      paramLabel = "N",
      defaultValue = "0",
      description = "resamples for an interval of fd and kd at 95 %% (default: none)")
  private int bootstrap;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "0",
      description = "seed of subsets and resamples (default: ${DEFAULT-VALUE})")
  private long seed;

  @Option(
      names = "--save-statistics",
      paramLabel = "FILE.npz",
      description = {
        "also write mean and covariance of the real images, as pytorch-fid and clean-fid read them",
        "and 'fewstep import --statistics' takes them"
      })
  private Path saveStatistics;

  @Option(
      names = "--batch",
      paramLabel = "N",
      defaultValue = "250",
      description = "images at once (default: ${DEFAULT-VALUE})")
  private int batch;

  @Override
  public Integer call() throws IOException {
    if (batch < 1) {
      throw CliException.usage("--batch must be at least 1, not " + batch);
    }
    if (features < 2) {
      throw CliException.usage("--features must be at least 2, not " + features);
    }
    if (bootstrap != 0 && bootstrap < 20) {
      throw CliException.usage("--bootstrap must be 0, or at least 20, not " + bootstrap);
    }
    Optional<Set<MetricKind>> named = metrics();
    Optional<ExtractorFile> file = Optional.ofNullable(extractor).map(ExtractorFile::parse);
    Optional<ImageShape> wanted =
        file.isPresent() ? file.get().image() : Optional.<ImageShape>empty();
    wanted = wanted.or(() -> ImageSource.shape(shape));
    LocalRun.Device.configure(main);
    TorchEngine.setThreads(LocalRun.Device.shards(main));
    Path directory = Files.createTempDirectory("fewstep-metrics");
    try (NDManager manager = TorchEngine.newManager(LocalRun.Device.device(main));
        MetricsSide a = MetricsSide.open(real, file, wanted, manager, directory);
        MetricsSide b = MetricsSide.open(generated, file, wanted, manager, directory)) {
      compare(manager, a, b, file, named, directory);
    } finally {
      Files.deleteIfExists(directory);
    }
    return 0;
  }

  private void compare(
      NDManager manager,
      MetricsSide a,
      MetricsSide b,
      Optional<ExtractorFile> file,
      Optional<Set<MetricKind>> named,
      Path directory)
      throws IOException {
    String space = space(a.space(), b.space());
    boolean covariance =
        named
            .map(n -> n.contains(MetricKind.FD) || n.contains(MetricKind.FD_INFINITY))
            .orElse(true);
    if (a.images().isEmpty() && b.images().isEmpty()) {
      SpaceScoring.Naming naming =
          new SpaceScoring.Naming(Family.named(space), space, reference(), "", b.eightBit());
      print(manager, a, b, named, naming, covariance);
      return;
    }
    ImageShape image = a.images().or(b::images).orElseThrow().shape();
    try (FeatureExtractor network = file.orElseThrow().load(manager, image)) {
      a.requireSpace(network.name());
      b.requireSpace(network.name());
      a.requireEnough(network.dimensions(), covariance);
      b.requireEnough(network.dimensions(), covariance);
      MetricsSide.Options options = new MetricsSide.Options(batch, directory, main);
      boolean classes = named.map(n -> n.contains(MetricKind.IS)).orElse(false);
      SpaceScoring.Naming naming = SpaceScoring.Naming.of(network, reference(), b.eightBit());
      try (MetricsSide x = a.measure(manager, network, options, false);
          MetricsSide y = b.measure(manager, network, options, classes)) {
        print(manager, x, y, named, naming, covariance);
      }
    }
  }

  /** The metrics that were named, if any were. */
  private Optional<Set<MetricKind>> metrics() {
    Set<MetricKind> named = new TreeSet<>();
    if (precisionRecall) {
      named.addAll(List.of(MetricKind.FD, MetricKind.KD, MetricKind.PR));
    }
    for (String name : asked == null ? List.<String>of() : asked) {
      if (name.equals("all")) {
        named.addAll(List.of(MetricKind.values()));
        continue;
      }
      try {
        named.add(Json.specs().convertValue(name, MetricKind.class));
      } catch (IllegalArgumentException e) {
        throw CliException.usage(
            "no metric '%s'; there are fd, kd, kid, is, pr, dc, fd-infinity and all"
                .formatted(name));
      }
    }
    return named.isEmpty() ? Optional.empty() : Optional.of(named);
  }

  private String space(Optional<String> a, Optional<String> b) {
    if (a.isPresent() && b.isPresent() && !a.get().equals(b.get())) {
      throw CliException.usage(
          "%s holds features of '%s' and %s of '%s': they cannot be compared"
              .formatted(real, a.get(), generated, b.get()));
    }
    return a.or(() -> b).orElse("features");
  }

  /** Name of the real images: their file's. */
  private String reference() {
    String file = real.toAbsolutePath().normalize().getFileName().toString();
    int dot = file.lastIndexOf('.');
    return dot > 0 ? file.substring(0, dot) : file;
  }

  private List<MetricKind> possible(
      Optional<Set<MetricKind>> named, MetricsSide a, MetricsSide b, SpaceScoring.Naming naming) {
    boolean vectors = a.rows().isPresent() && b.rows().isPresent();
    if (named.isEmpty()) {
      return vectors ? EvaluationSpec.METRICS : List.of(MetricKind.FD);
    }
    boolean all = asked != null && asked.contains("all");
    List<MetricKind> metrics = new ArrayList<>();
    for (MetricKind metric : named.get()) {
      String lack =
          switch (metric) {
            case FD -> "";
            case IS -> b.inception().isPresent() ? "" : classifierMissing(naming);
            case FD_INFINITY -> extrapolation(b);
            default ->
                vectors
                    ? ""
                    : name(metric) + " needs features or images on both sides, not statistics";
          };
      if (lack.isEmpty()) {
        metrics.add(metric);
      } else if (!all) {
        throw CliException.usage(lack);
      } else {
        main.err().println("fewstep: left out: " + lack);
      }
    }
    return metrics;
  }

  private static String classifierMissing(SpaceScoring.Naming naming) {
    return "is needs generated images and an extractor that classifies, which '%s' does not"
        .formatted(naming.extractor());
  }

  private static String extrapolation(MetricsSide b) {
    if (b.rows().isEmpty()) {
      return "fd-infinity needs features or images on the generated side, not statistics";
    }
    int least = Math.max(FrechetInfinity.LEAST, b.dimensions());
    return b.count() > least
        ? ""
        : "fd-infinity extrapolates from %d images on and needs more of them, not %d"
            .formatted(least, b.count());
  }

  private static String name(MetricKind metric) {
    return switch (metric) {
      case PR -> "precision and recall";
      case DC -> "density and coverage";
      default -> Json.specs().convertValue(metric, String.class);
    };
  }

  private void print(
      NDManager manager,
      MetricsSide a,
      MetricsSide b,
      Optional<Set<MetricKind>> named,
      SpaceScoring.Naming naming,
      boolean covariance)
      throws IOException {
    a.requireEnough(a.dimensions(), covariance);
    b.requireEnough(a.dimensions(), covariance);
    SpaceScoring.Side x = a.side(manager);
    SpaceScoring.Side y = b.side(manager);
    SpaceScoring.Settings settings =
        new SpaceScoring.Settings(possible(named, a, b, naming), features, bootstrap, seed);
    SpaceScoring.Result result;
    try {
      result = SpaceScoring.score(manager, settings, naming, x, y, b.inception());
    } catch (IllegalArgumentException e) {
      throw CliException.usage(e.getMessage());
    }
    if (saveStatistics != null) {
      save(a, x.statistics(), naming);
    }
    result.warnings().forEach(warning -> main.err().println("fewstep: warning: " + warning));
    MetricsTable table = new MetricsTable(a, b, naming.extractor(), result);
    output.output(main).rows(table.columns(), table.rows(), table.whole());
  }

  private void save(MetricsSide a, FeatureStatistics statistics, SpaceScoring.Naming naming)
      throws IOException {
    if (a.space().isEmpty()) {
      statistics.save(saveStatistics);
      return;
    }
    ReferenceFeatures.save(
        saveStatistics,
        statistics,
        new ReferenceFeatures.Provenance(reference(), naming.extractor(), false));
  }
}
