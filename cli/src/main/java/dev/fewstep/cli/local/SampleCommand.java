package dev.fewstep.cli.local;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.fewstep.cli.CliException;
import dev.fewstep.cli.Main;
import dev.fewstep.schemas.spec.NetworkSpec;
import dev.fewstep.schemas.spec.SamplingSpec;
import dev.fewstep.schemas.spec.TimestepSpacing;
import dev.fewstep.worker.data.ByteImages;
import dev.fewstep.worker.data.ImageShape;
import dev.fewstep.worker.data.NpzImages;
import dev.fewstep.worker.diffusion.DdimSampler;
import dev.fewstep.worker.evaluation.EightBit;
import dev.fewstep.worker.image.PngFile;
import dev.fewstep.worker.image.SampleSheet;
import dev.fewstep.worker.task.program.Networks;
import dev.fewstep.worker.task.program.TaskFailure;
import dev.fewstep.worker.tensor.TorchEngine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

/** Samples images from weights. */
@Command(
    name = "sample",
    mixinStandardHelpOptions = true,
    description = {
      "Samples images from fewstep's weights, here and without a server, and draws them on one sheet.",
      "Image i depends on the seed and i alone, so equal seeds compare models on equal noise."
    })
public final class SampleCommand implements Callable<Integer> {
  private static final int SHEET_IMAGES = 256;
  private static final int SHEET_COLUMNS = 12;

  @ParentCommand private Main main;

  @Option(
      names = "--weights",
      paramLabel = "FILE",
      required = true,
      description = ".safetensors of fewstep's")
  private Path weights;

  @Option(
      names = "--steps",
      paramLabel = "N",
      required = true,
      description = "sampling steps, 1 to 1000")
  private int steps;

  @Option(
      names = "--spacing",
      paramLabel = "NAME",
      defaultValue = "uniform",
      description =
          "uniform, quadratic, or published (may make more evaluations than asked; default: ${DEFAULT-VALUE})")
  private TimestepSpacing spacing;

  @Option(
      names = "--eta",
      paramLabel = "E",
      defaultValue = "0",
      description = "0 deterministic to 1 DDPM-like (default: ${DEFAULT-VALUE})")
  private double eta;

  @Option(
      names = "--count",
      paramLabel = "N",
      defaultValue = "96",
      description = "images (default: ${DEFAULT-VALUE}); the sheet shows the first 256")
  private int count;

  @Option(
      names = "--seed",
      paramLabel = "S",
      defaultValue = "0",
      description = "seed of the noise (default: ${DEFAULT-VALUE})")
  private long seed;

  @Option(
      names = "--batch",
      paramLabel = "N",
      defaultValue = "64",
      description = "images at once; changes no image (default: ${DEFAULT-VALUE})")
  private int batch;

  @Option(
      names = {"-o", "--out"},
      paramLabel = "FILE",
      required = true,
      description = "the sheet, a PNG")
  private Path out;

  @Option(
      names = "--images",
      paramLabel = "DIR|FILE.npz",
      description = "also every image: as 8-bit PNGs in a new folder, or as one dataset")
  private Path images;

  @Override
  public Integer call() throws IOException {
    SamplingSpec sampling = new SamplingSpec(steps, spacing, eta);
    require(count >= 1, "--count must be at least 1, not " + count);
    require(batch >= 1, "--batch must be at least 1, not " + batch);
    require(out.getFileName() != null && suffix(out, ".png"), "--out must name a .png, not " + out);
    refuseUsedFolder();
    LocalRun.Device.configure(main);
    TorchEngine.setThreads(LocalRun.Device.shards(main));
    try (NDManager manager = TorchEngine.newManager(LocalRun.Device.device(main));
        Networks.Loaded network = load(manager)) {
      DdimSampler sampler = Networks.sampler(network.unet(), network.schedule(), sampling);
      NetworkSpec spec = network.spec();
      draw(manager, sampler, new ImageShape(spec.channels(), spec.imageSize(), spec.imageSize()));
      main.out()
          .printf(
              Locale.ROOT,
              "%d images, %d sampling steps (%s, eta %s), NFE %d, seed %d: %s%n",
              count,
              sampling.steps(),
              sampling.spacing().name().toLowerCase(Locale.ROOT),
              sampling.eta(),
              sampler.nfe(),
              seed,
              out);
    }
    return 0;
  }

  private Networks.Loaded load(NDManager manager) throws IOException {
    try {
      return Networks.load(weights, manager);
    } catch (TaskFailure e) {
      throw CliException.usage(weights + ": " + e.getMessage(), e);
    }
  }

  private static void require(boolean holds, String complaint) {
    if (!holds) {
      throw CliException.usage(complaint);
    }
  }

  private static boolean suffix(Path file, String suffix) {
    return file.toString().toLowerCase(Locale.ROOT).endsWith(suffix);
  }

  private void refuseUsedFolder() throws IOException {
    if (images == null || !Files.isDirectory(images)) {
      return;
    }
    try (Stream<Path> files = Files.list(images)) {
      require(
          files.findAny().isEmpty(),
          images
              + " is not empty: its images would be scored together with the new ones;"
              + " name a new folder");
    }
  }

  private void draw(NDManager manager, DdimSampler sampler, ImageShape image) throws IOException {
    require(
        image.channels() == 1 || image.channels() == 3,
        "images of %d channels cannot be drawn: a PNG has 1 (grey) or 3 (RGB)"
            .formatted(image.channels()));
    boolean dataset = images != null && suffix(images, ".npz");
    int kept = dataset ? count : Math.min(count, SHEET_IMAGES);
    require(
        (long) kept * image.elements() <= Integer.MAX_VALUE - 64,
        "%d images of %s are more than the 2 GiB that one .npz may hold; name a folder"
            .formatted(count, image));
    byte[] pixels = new byte[kept * image.elements()];
    Optional<Path> part = images == null || dataset ? Optional.empty() : Optional.of(partFolder());
    try (LocalRun.Bar bar = new LocalRun.Bar(main, "sample")) {
      for (int from = 0, size; from < count; from += size) {
        size = Math.min(batch, count - from);
        byte[] bytes = bytes(manager, sampler, from, size);
        if (from < kept) {
          int at = from * image.elements();
          System.arraycopy(bytes, 0, pixels, at, Math.min(bytes.length, pixels.length - at));
        }
        if (part.isPresent()) {
          singles(part.get(), image, bytes, from);
        }
        bar.progress(from + size, count);
      }
      ByteImages all = new ByteImages(image, pixels, Optional.empty());
      sheet(manager, all);
      if (dataset) {
        NpzImages.write(images, all);
      }
      if (part.isPresent()) {
        Files.deleteIfExists(images);
        Files.move(part.get(), images);
      }
    } finally {
      if (part.isPresent() && Files.exists(part.get())) {
        LocalRun.delete(part.get());
      }
    }
  }

  private void sheet(NDManager manager, ByteImages all) throws IOException {
    int shown = Math.min(count, SHEET_IMAGES);
    int columns = Math.max(SHEET_COLUMNS, (int) Math.ceil(Math.sqrt(shown)));
    try (NDManager scope = manager.newSubManager()) {
      new SampleSheet(columns, 1, 2)
          .write(out, all.batch(scope, IntStream.range(0, shown).toArray()));
    }
  }

  private static void singles(Path folder, ImageShape image, byte[] bytes, int from)
      throws IOException {
    for (int i = 0; i < bytes.length / image.elements(); i++) {
      byte[] one = Arrays.copyOfRange(bytes, i * image.elements(), (i + 1) * image.elements());
      Files.write(folder.resolve("%06d.png".formatted(from + i)), PngFile.encode(image, one));
    }
  }

  private Path partFolder() throws IOException {
    Path parent = images.toAbsolutePath().getParent();
    require(parent != null, "--images must name a folder, not " + images);
    Files.createDirectories(parent);
    // Files.createTempDirectory would make a folder that only its owner may read.
    Path part = parent.resolve("." + images.getFileName() + "." + ProcessHandle.current().pid());
    return Files.createDirectory(part);
  }

  private byte[] bytes(NDManager manager, DdimSampler sampler, int from, int size) {
    try (NDManager scope = manager.newSubManager()) {
      NDArray sampled = sampler.images(scope, seed, from, size);
      return EightBit.toBytes(sampled);
    } catch (IllegalArgumentException e) {
      throw CliException.failed(
          "images %d to %d: %s".formatted(from, from + size - 1, e.getMessage()), e);
    }
  }
}
