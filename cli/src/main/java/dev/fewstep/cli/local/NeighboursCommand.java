package dev.fewstep.cli.local;

import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fewstep.cli.CliException;
import dev.fewstep.cli.Main;
import dev.fewstep.cli.OutputOptions;
import dev.fewstep.schemas.Json;
import dev.fewstep.worker.data.ByteImages;
import dev.fewstep.worker.data.ImageShape;
import dev.fewstep.worker.evaluation.NearestNeighbours;
import dev.fewstep.worker.evaluation.NearestNeighbours.Distance;
import dev.fewstep.worker.evaluation.NearestNeighbours.Neighbour;
import dev.fewstep.worker.features.FeatureExtractor;
import dev.fewstep.worker.image.ImageGrid;
import dev.fewstep.worker.image.Picture;
import dev.fewstep.worker.tensor.Autograd;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

/** Finds the training images nearest to generated ones. */
@Command(
    name = "neighbours",
    aliases = "neighbors",
    mixinStandardHelpOptions = true,
    description = {
      "Finds the training images nearest to generated ones in a feature space.",
      "Were any learnt by heart? Distances say little alone, so those of held-out real "
          + "images (--test) to their nearest training images are measured too: 'quantile' is "
          + "the part of these that are nearer than the sample, and 'nearer' the probability "
          + "that a sample is nearer than a held-out image, about 0.5 or less when nothing was "
          + "copied and 1 when everything was. Nothing here needs a server."
    })
public final class NeighboursCommand implements Callable<Integer> {
  @ParentCommand private Main main;
  @Mixin private OutputOptions output;

  @Option(
      names = "--samples",
      paramLabel = "PATH",
      required = true,
      description = "generated images: a folder, or a dataset, of 'fewstep sample --images'")
  private Path samples;

  @Option(
      names = "--train",
      paramLabel = "PATH",
      required = true,
      description = "training images: a folder, a dataset .npz, or IDX")
  private Path train;

  @Option(
      names = "--test",
      paramLabel = "PATH",
      description = "real images that were not trained on; without them nothing is compared")
  private Path test;

  @Option(
      names = "--extractor",
      paramLabel = "FILE[/MODE]",
      required = true,
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
      names = {"-k", "--neighbours"},
      paramLabel = "K",
      defaultValue = "5",
      description = "training images for each sample, 1 to 64 (default: ${DEFAULT-VALUE})")
  private int k;

  @Option(
      names = "--distance",
      paramLabel = "NAME",
      defaultValue = "l2",
      description = "l2 or cosine (default: ${DEFAULT-VALUE})")
  private Distance distance;

  @Option(
      names = "--count",
      paramLabel = "N",
      defaultValue = "20",
      description = "samples that are looked at, from the first (default: ${DEFAULT-VALUE})")
  private int count;

  @Option(
      names = "--test-count",
      paramLabel = "N",
      defaultValue = "1000",
      description =
          "held-out images that are looked at, from the first (default: ${DEFAULT-VALUE})")
  private int testCount;

  @Option(
      names = "--batch",
      paramLabel = "N",
      defaultValue = "250",
      description = "images at once (default: ${DEFAULT-VALUE})")
  private int batch;

  @Option(
      names = "--sheet",
      paramLabel = "FILE.png",
      description = "a row for each sample: the sample, then its neighbours, nearest first")
  private Path sheet;

  @Option(
      names = "--images",
      paramLabel = "DIR",
      description =
          "also every image, in a new folder: SAMPLE.png and SAMPLE_0.png, SAMPLE_1.png, ... beside it")
  private Path images;

  @Override
  public Integer call() throws IOException {
    check();
    ExtractorFile file = ExtractorFile.parse(extractor);
    Optional<ImageShape> wanted = file.image().or(() -> ImageSource.shape(shape));
    ByteImages real = ImageSource.read(train, wanted);
    ByteImages made = first(ImageSource.read(samples, Optional.of(real.shape())), count);
    Optional<ByteImages> held =
        test == null
            ? Optional.empty()
            : Optional.of(first(ImageSource.read(test, Optional.of(real.shape())), testCount));
    SamplingOptions.Check.require(
        k <= real.size(), "%s holds %s images, fewer than -k %s", train, real.size(), k);
    try (NDManager manager = LocalRun.Device.open(main);
        FeatureExtractor network = file.load(manager, real.shape())) {
      List<List<Neighbour>> found = search(manager, network, made, held, real);
      List<List<Neighbour>> ofSamples = found.subList(0, made.size());
      Optional<Nearness> nearness =
          held.map(
              some ->
                  new Nearness(
                      nearest(ofSamples), nearest(found.subList(made.size(), found.size()))));
      draw(made, real, ofSamples);
      print(network.name(), real, ofSamples, nearness);
    }
    return 0;
  }

  private void check() throws IOException {
    SamplingOptions.Check.require(k >= 1 && k <= 64, "-k must be 1 to 64, not %s", k);
    SamplingOptions.Check.require(count >= 1, "--count must be at least 1, not %s", count);
    SamplingOptions.Check.require(
        testCount >= 1, "--test-count must be at least 1, not %s", testCount);
    SamplingOptions.Check.require(batch >= 1, "--batch must be at least 1, not %s", batch);
    if (sheet != null) {
      SheetOptions.requirePng(sheet);
    }
    if (images != null) {
      ImageExport.check(images);
    }
  }

  private static ByteImages first(ByteImages all, int count) {
    return count >= all.size() ? all : all.slice(0, count);
  }

  /** Neighbours of the samples, then of the held-out images. */
  private List<List<Neighbour>> search(
      NDManager manager,
      FeatureExtractor network,
      ByteImages made,
      Optional<ByteImages> held,
      ByteImages real) {
    long total = made.size() + held.map(ByteImages::size).orElse(0) + (long) real.size();
    int dimensions = network.dimensions();
    try (LocalRun.Bar bar = new LocalRun.Bar(main, "neighbours")) {
      int queries = (int) (total - real.size());
      float[] vectors = new float[Math.multiplyExact(queries, dimensions)];
      int done = features(manager, network, made, samples, vectors, 0, bar, total);
      if (held.isPresent()) {
        features(manager, network, held.get(), test, vectors, done, bar, total);
      }
      try (NearestNeighbours search =
          new NearestNeighbours(manager, distance, vectors, dimensions, k)) {
        for (int from = 0; from < real.size(); from += batch) {
          int size = Math.min(batch, real.size() - from);
          search.add(features(manager, network, real, train, from, size));
          bar.progress(queries + (long) from + size, total);
        }
        return search.neighbours();
      } catch (IllegalArgumentException e) {
        throw CliException.failed(
            "%s distance in %s: %s".formatted(distance.text(), network.name(), e.getMessage()), e);
      }
    }
  }

  private int features(
      NDManager manager,
      FeatureExtractor network,
      ByteImages set,
      Path path,
      float[] out,
      int at,
      LocalRun.Bar bar,
      long total) {
    for (int from = 0; from < set.size(); from += batch) {
      int size = Math.min(batch, set.size() - from);
      float[] block = features(manager, network, set, path, from, size);
      System.arraycopy(block, 0, out, (at + from) * network.dimensions(), block.length);
      bar.progress(at + (long) from + size, total);
    }
    return at + set.size();
  }

  private static float[] features(
      NDManager manager, FeatureExtractor network, ByteImages set, Path path, int from, int size) {
    float[] vectors =
        Autograd.off(
            () -> {
              try (NDManager scope = manager.newSubManager()) {
                int[] indices = IntStream.range(from, from + size).toArray();
                return network.features(set.batch(scope, indices)).toFloatArray();
              }
            });
    for (int i = 0; i < vectors.length; i++) {
      if (!Float.isFinite(vectors[i])) {
        throw CliException.failed(
            "%s: feature %d of image %d is not finite"
                .formatted(path, i % network.dimensions(), from + i / network.dimensions()));
      }
    }
    return vectors;
  }

  private static double[] nearest(List<List<Neighbour>> found) {
    return found.stream().mapToDouble(list -> list.get(0).distance()).toArray();
  }

  private void draw(ByteImages made, ByteImages real, List<List<Neighbour>> found)
      throws IOException {
    List<Picture> rows = new ArrayList<>();
    for (int i = 0; i < made.size(); i++) {
      rows.add(new Picture(made.shape(), made.image(i)));
      for (Neighbour one : found.get(i)) {
        rows.add(new Picture(real.shape(), real.image((int) one.index())));
      }
    }
    if (sheet != null) {
      int scale = Math.max(real.shape().height(), real.shape().width()) <= 32 ? 2 : 1;
      new ImageGrid(k + 1, 2, 0, scale).of(rows).write(sheet);
    }
    if (images != null) {
      try (ImageExport export = ImageExport.open(images)) {
        for (int i = 0; i < rows.size(); i++) {
          int place = i % (k + 1);
          String name = Integer.toString(i / (k + 1));
          export.add(place == 0 ? name : name + "_" + (place - 1), rows.get(i));
        }
        export.commit();
      }
    }
  }

  private void print(
      String space, ByteImages real, List<List<Neighbour>> found, Optional<Nearness> nearness) {
    ObjectNode whole = Json.messages().createObjectNode();
    whole.put("space", space).put("distance", distance.text()).put("trainImages", real.size());
    whole.put("samples", found.size()).put("median", Nearness.median(nearest(found)));
    nearness.ifPresent(
        some ->
            whole
                .put("testImages", some.heldCount())
                .put("testMedian", some.heldMedian())
                .put("nearer", some.nearer())
                .put("nearerThanEveryTestImage", some.nearest()));
    ArrayNode items = whole.putArray("items");
    List<Map<String, String>> rows = new ArrayList<>();
    for (int i = 0; i < found.size(); i++) {
      List<Neighbour> list = found.get(i);
      double near = list.get(0).distance();
      ObjectNode item = items.addObject().put("sample", i);
      nearness.ifPresent(some -> item.put("quantile", some.quantile(near)));
      ArrayNode ofItem = item.putArray("neighbours");
      list.forEach(
          one -> ofItem.addObject().put("index", one.index()).put("distance", one.distance()));
      Map<String, String> row = new LinkedHashMap<>();
      row.put("sample", Integer.toString(i));
      row.put("nearest", Long.toString(list.get(0).index()));
      row.put("distance", number(near));
      row.put("quantile", nearness.map(some -> number(some.quantile(near))).orElse("-"));
      row.put(
          "others",
          String.join(" ", list.stream().skip(1).map(one -> Long.toString(one.index())).toList()));
      rows.add(row);
    }
    output
        .output(main)
        .rows(List.of("sample", "nearest", "distance", "quantile", "others"), rows, whole);
    main.err().println(sentence(space, found, nearness));
  }

  private String sentence(String space, List<List<Neighbour>> found, Optional<Nearness> nearness) {
    String median = number(Nearness.median(nearest(found)));
    String head =
        "median %s distance of %d samples to the nearest training image in %s: %s"
            .formatted(distance.text(), found.size(), space, median);
    return nearness
        .map(
            some ->
                "%s; of %d held-out images: %s; a sample is nearer than a held-out image with probability %s (%d of %d nearer than all of them)"
                    .formatted(
                        head,
                        some.heldCount(),
                        number(some.heldMedian()),
                        number(some.nearer()),
                        some.nearest(),
                        found.size()))
        .orElse(head + "; name held-out images with --test to compare with");
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, "%.4g", value);
  }
}
