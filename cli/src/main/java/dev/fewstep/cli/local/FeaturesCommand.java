package dev.fewstep.cli.local;

import ai.djl.ndarray.NDManager;
import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import dev.fewstep.cli.CliException;
import dev.fewstep.cli.Main;
import dev.fewstep.worker.data.ByteImages;
import dev.fewstep.worker.data.ImageDatasets;
import dev.fewstep.worker.data.ImageShape;
import dev.fewstep.worker.features.ExtractorSpec;
import dev.fewstep.worker.features.ExtractorTraining;
import dev.fewstep.worker.features.FeatureExtractor;
import dev.fewstep.worker.tensor.TorchEngine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** Feature extractors: their training and their use. */
@Command(
    name = "features",
    mixinStandardHelpOptions = true,
    description = "Trains feature extractors, or turns images into features.",
    subcommands = {FeaturesCommand.Extract.class, FeaturesCommand.Train.class})
public final class FeaturesCommand implements Runnable {
  @ParentCommand private Main main;
  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw new picocli.CommandLine.ParameterException(
        spec.commandLine(), "Missing required subcommand: extract or train");
  }

  @Command(
      name = "extract",
      mixinStandardHelpOptions = true,
      description =
          "Computes the features of images and writes them as .npz, for 'fewstep metrics'.")
  static final class Extract implements Callable<Integer> {
    @ParentCommand private FeaturesCommand parent;

    @Option(
        names = "--extractor",
        paramLabel = "FILE[/MODE]",
        required = true,
        description = {
          "fewstep's .safetensors with a mode (penultimate, multi, multi-std),",
          "or a TorchScript module (.pt), which is code: use none that you do not trust"
        })
    private Path extractor;

    @Option(
        names = "--images",
        paramLabel = "PATH",
        required = true,
        description = "folder of PNG or JPEG files, dataset .npz, or IDX file")
    private Path images;

    @Option(
        names = "--shape",
        paramLabel = "C,H,W",
        split = ",",
        description = {
          "shape of a folder's images where the extractor does not say it; without it, an extractor",
          "that resizes takes images of any sizes"
        })
    private int[] shape;

    @Option(
        names = "--batch",
        paramLabel = "N",
        defaultValue = "250",
        description = "images at once (default: ${DEFAULT-VALUE})")
    private int batch;

    @Option(
        names = "--out",
        paramLabel = "FILE.npz",
        required = true,
        description = "where the features go: array 'features', (N, D)")
    private Path out;

    @Override
    public Integer call() throws IOException {
      Main main = parent.main;
      if (batch < 1) {
        throw CliException.usage("--batch must be at least 1, not " + batch);
      }
      if (!out.toString().endsWith(".npz")) {
        throw CliException.usage("--out must name a .npz, not " + out);
      }
      ExtractorFile file = ExtractorFile.parse(extractor);
      Optional<ImageShape> wanted = file.image().or(() -> ImageSource.shape(shape));
      LocalRun.Device.configure(main);
      TorchEngine.setThreads(LocalRun.Device.shards(main));
      boolean odd = wanted.isEmpty() && Files.isDirectory(images);
      Optional<OddImages> folder =
          odd ? Optional.of(OddImages.in(images)) : Optional.<OddImages>empty();
      Optional<ByteImages> dataset =
          odd ? Optional.<ByteImages>empty() : Optional.of(ImageSource.read(images, wanted));
      ImageShape image = odd ? folder.get().first() : dataset.get().shape();
      try (NDManager manager = TorchEngine.newManager(LocalRun.Device.device(main));
          FeatureExtractor network = file.load(manager, image);
          LocalRun.Bar bar = new LocalRun.Bar(main, "features")) {
        FeatureSet features;
        if (odd) {
          int size = folder.get().size();
          features = folder.get().extract(manager, network, done -> bar.progress(done, size));
        } else {
          int size = dataset.get().size();
          features =
              FeatureSet.extract(
                  manager, network, dataset.get(), batch, done -> bar.progress(done, size));
        }
        features.save(out);
        main.out()
            .printf(
                "%d vectors of %d features (%s): %s%n",
                features.count(), features.dimensions(), network.name(), out);
      }
      return 0;
    }
  }

  @Command(
      name = "train",
      mixinStandardHelpOptions = true,
      description = {
        "Trains a small classifier on labelled images and keeps it as a feature extractor.",
        "See models/fashion-mnist/extractors for specifications."
      })
  static final class Train implements Callable<Integer> {
    @ParentCommand private FeaturesCommand parent;

    @Parameters(paramLabel = "SPEC.yaml", description = "network, data and schedule")
    private Path file;

    @Option(
        names = "--out",
        paramLabel = "DIR",
        required = true,
        description = "where weights.safetensors goes")
    private Path out;

    @Override
    public Integer call() throws IOException {
      Main main = parent.main;
      ExtractorSpec spec = ExtractorSpec.read(file);
      Path folder = file.toAbsolutePath().getParent();
      ByteImages train = ImageDatasets.read(folder.resolve(spec.data().train()).normalize());
      ByteImages test = ImageDatasets.read(folder.resolve(spec.data().test()).normalize());
      ExtractorTraining training = new ExtractorTraining(spec, train, test);
      LocalRun.Device.configure(main);
      TorchEngine.setThreads(LocalRun.Device.shards(main));
      Files.createDirectories(out);
      Path weights = out.resolve("weights.safetensors");
      // Its log lines are this verb's progress.
      ((Logger) LoggerFactory.getLogger(ExtractorTraining.class)).setLevel(Level.INFO);
      try (NDManager manager = TorchEngine.newManager(LocalRun.Device.device(main))) {
        ExtractorTraining.Result result = training.run(manager, weights);
        main.out()
            .printf(
                Locale.ROOT,
                "accuracy %.4f%nfinal_loss %.4f%nparameters %d%nweights %s%n",
                result.accuracy(),
                result.finalLoss(),
                result.parameters(),
                weights);
      }
      return 0;
    }
  }
}
