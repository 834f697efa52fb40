package dev.fewstep.cli.local;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.fewstep.cli.CliException;
import dev.fewstep.cli.Main;
import dev.fewstep.schemas.spec.SamplingSpec;
import dev.fewstep.worker.diffusion.DdimSampler;
import dev.fewstep.worker.diffusion.ImageNoise;
import dev.fewstep.worker.diffusion.Slerp;
import dev.fewstep.worker.image.ImageGrid;
import dev.fewstep.worker.image.Picture;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

/** Samples along arcs between the noises of two images. */
@Command(
    name = "interpolate",
    mixinStandardHelpOptions = true,
    description = {
      "Samples along the arc between the noise of two images (slerp), here and without a server.",
      "The ends are the images that 'fewstep sample' makes of the same seed. Row r of the sheet goes",
      "from image FIRST+2r to image FIRST+2r+1. With eta above 0 the noise of the updates follows the",
      "same arc."
    })
public final class InterpolateCommand implements Callable<Integer> {
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
      names = "--frames",
      paramLabel = "N",
      defaultValue = "11",
      description = "images on each arc, ends included, 2 to 256 (default: ${DEFAULT-VALUE})")
  private int frames;

  @Option(
      names = "--rows",
      paramLabel = "N",
      defaultValue = "1",
      description = "pairs of images, 1 to 256 (default: ${DEFAULT-VALUE})")
  private int rows;

  @Option(
      names = "--first",
      paramLabel = "I",
      defaultValue = "0",
      description = "index of the first image (default: ${DEFAULT-VALUE})")
  private long first;

  @Option(
      names = "--images",
      paramLabel = "DIR",
      description = "also every frame, as 0.png, 1.png, ... row after row in a new folder")
  private Path images;

  @Override
  public Integer call() throws IOException {
    SamplingSpec spec = sampling.spec();
    SamplingOptions.Check.require(
        frames >= 2 && frames <= 256, "--frames must be 2 to 256, not %s", frames);
    SamplingOptions.Check.require(
        rows >= 1 && rows <= 256, "--rows must be 1 to 256, not %s", rows);
    SamplingOptions.Check.require(first >= 0, "--first must be at least 0, not %s", first);
    Path out = sheet.out();
    if (images != null) {
      ImageExport.check(images);
    }
    try (NDManager manager = LocalRun.Device.open(main);
        LocalModel model = LocalModel.load(weights, manager)) {
      DdimSampler sampler = model.sampler(spec);
      SamplingOptions.Check.require(
          sampler.labels().classes() == 0 || sampler.labels().fixed() >= 0,
          "%s makes images of %s classes, and there is nothing between two classes: name one with"
              + " --label",
          weights,
          sampler.labels().classes());
      List<Picture> pictures = new ArrayList<>();
      try (LocalRun.Bar bar = new LocalRun.Bar(main, "interpolate")) {
        for (int row = 0; row < rows; row++) {
          for (int from = 0; from < frames; from += sampling.batch()) {
            int to = Math.min(frames, from + sampling.batch());
            pictures.addAll(arc(manager, model, sampler, first + 2L * row, from, to));
            bar.progress(pictures.size(), (long) rows * frames);
          }
        }
      }
      new ImageGrid(frames, 2, 0, sheet.scale(model.image())).of(pictures).write(out);
      if (images != null) {
        try (ImageExport export = ImageExport.open(images)) {
          for (int i = 0; i < pictures.size(); i++) {
            export.add(Integer.toString(i), pictures.get(i));
          }
          export.commit();
        }
      }
      main.out().printf("%d x %d frames, %s: %s%n", rows, frames, sampling.describe(sampler), out);
    }
    return 0;
  }

  private List<Picture> arc(
      NDManager manager, LocalModel model, DdimSampler sampler, long image, int from, int to) {
    ImageNoise noise = model.noise(sampling.seed());
    try (NDManager scope = manager.newSubManager()) {
      NDArray start = between(scope, noise.start(scope, image, image + 1), from, to);
      NDArray end =
          sampler.sample(
              start,
              (shape, update) ->
                  between(scope, noise.update(scope, update, image, image + 1), from, to));
      return model.draw(end);
    }
  }

  /** Frames from (inclusive) to to (exclusive) of the arc between two rows. */
  private NDArray between(NDManager scope, NDArray pair, int from, int to) {
    float[] both = pair.toFloatArray();
    int values = both.length / 2;
    float[] a = java.util.Arrays.copyOfRange(both, 0, values);
    float[] b = java.util.Arrays.copyOfRange(both, values, both.length);
    float[] arc = new float[(to - from) * values];
    for (int frame = from; frame < to; frame++) {
      try {
        float[] one = Slerp.between(a, b, frame / (frames - 1.0));
        System.arraycopy(one, 0, arc, (frame - from) * values, values);
      } catch (IllegalArgumentException e) {
        throw CliException.failed(e.getMessage(), e);
      }
    }
    long[] shape = pair.getShape().getShape();
    shape[0] = (long) to - from;
    pair.close();
    return scope.create(arc, new Shape(shape));
  }
}
