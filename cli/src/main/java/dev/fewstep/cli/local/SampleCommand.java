package dev.fewstep.cli.local;

import ai.djl.ndarray.NDManager;
import dev.fewstep.cli.Main;
import dev.fewstep.schemas.spec.SamplingSpec;
import dev.fewstep.worker.data.ByteImages;
import dev.fewstep.worker.data.ImageShape;
import dev.fewstep.worker.data.NpzImages;
import dev.fewstep.worker.diffusion.DdimSampler;
import dev.fewstep.worker.image.ImageGrid;
import dev.fewstep.worker.image.Picture;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
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
  private static final int SHEET_COLUMNS = 8;

  @ParentCommand private Main main;
  @Mixin private SamplingOptions sampling;
  @Mixin private SheetOptions sheet;

  @Option(
      names = "--weights",
      paramLabel = "FILE",
      required = true,
      description = ".safetensors of fewstep's")
  private Path weights;

  @Option(
      names = "--count",
      paramLabel = "N",
      defaultValue = "96",
      description = "images (default: ${DEFAULT-VALUE}); the sheet shows the first 256")
  private int count;

  @Option(
      names = "--first",
      paramLabel = "I",
      defaultValue = "0",
      description = "index of the first image (default: ${DEFAULT-VALUE})")
  private long first;

  @Option(
      names = "--nrow",
      paramLabel = "N",
      description = "images in a row of the sheet (default: 8, or as many as make it square)")
  private Integer nrow;

  @Option(
      names = "--images",
      paramLabel = "DIR|FILE.npz",
      description = {
        "also every image: in a new folder as 0.png, 1.png, ..., 8-bit RGB as torchvision's save_image",
        "writes them (grey too), or as one dataset"
      })
  private Path images;

  @Override
  public Integer call() throws IOException {
    SamplingSpec spec = sampling.spec();
    SamplingOptions.Check.require(count >= 1, "--count must be at least 1, not %s", count);
    SamplingOptions.Check.require(first >= 0, "--first must be at least 0, not %s", first);
    SamplingOptions.Check.require(
        nrow == null || (nrow >= 1 && nrow <= 1024), "--nrow must be 1 to 1024, not %s", nrow);
    Path out = sheet.out();
    boolean dataset = images != null && images.toString().toLowerCase(Locale.ROOT).endsWith(".npz");
    if (images != null && !dataset) {
      ImageExport.check(images);
    }
    try (NDManager manager = LocalRun.Device.open(main);
        LocalModel model = LocalModel.load(weights, manager)) {
      DdimSampler sampler = model.sampler(spec);
      draw(manager, model, sampler, dataset);
      main.out().printf("%d images, %s: %s%n", count, sampling.describe(sampler), out);
    }
    return 0;
  }

  private void draw(NDManager manager, LocalModel model, DdimSampler sampler, boolean dataset)
      throws IOException {
    ImageShape image = model.image();
    int shown = Math.min(count, SHEET_IMAGES);
    int kept = dataset ? count : shown;
    SamplingOptions.Check.require(
        (long) kept * image.elements() <= Integer.MAX_VALUE - 64,
        "%d images of %s are more than the 2 GiB that one .npz may hold; name a folder",
        count,
        image);
    byte[] pixels = new byte[kept * image.elements()];
    Optional<ImageExport> export =
        images == null || dataset ? Optional.empty() : Optional.of(ImageExport.open(images));
    try (LocalRun.Bar bar = new LocalRun.Bar(main, "sample")) {
      for (int from = 0, size; from < count; from += size) {
        size = Math.min(sampling.batch(), count - from);
        byte[] bytes = model.bytes(manager, sampler, sampling.seed(), first + from, size);
        if (from < kept) {
          int at = from * image.elements();
          System.arraycopy(bytes, 0, pixels, at, Math.min(bytes.length, pixels.length - at));
        }
        if (export.isPresent()) {
          List<Picture> batch = Picture.all(image, bytes);
          for (int i = 0; i < batch.size(); i++) {
            export.get().add(Long.toString(first + from + i), batch.get(i));
          }
        }
        bar.progress(from + size, count);
      }
      List<Picture> all = Picture.all(image, pixels);
      int columns =
          nrow != null ? nrow : Math.max(SHEET_COLUMNS, (int) Math.ceil(Math.sqrt(shown)));
      new ImageGrid(columns, 2, 0, sheet.scale(image))
          .of(new ArrayList<>(all.subList(0, shown)))
          .write(sheet.out());
      if (dataset) {
        NpzImages.write(images, new ByteImages(image, pixels, Optional.empty()));
      }
      if (export.isPresent()) {
        export.get().commit();
      }
    } finally {
      if (export.isPresent()) {
        export.get().close();
      }
    }
  }
}
