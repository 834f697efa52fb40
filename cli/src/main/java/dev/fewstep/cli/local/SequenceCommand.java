package dev.fewstep.cli.local;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.fewstep.cli.Main;
import dev.fewstep.schemas.spec.SamplingSpec;
import dev.fewstep.worker.diffusion.DdimSampler;
import dev.fewstep.worker.diffusion.DenoisingPath;
import dev.fewstep.worker.diffusion.ImageNoise;
import dev.fewstep.worker.image.ImageGrid;
import dev.fewstep.worker.image.Picture;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

/** Shows how images come out of noise. */
@Command(
    name = "sequence",
    mixinStandardHelpOptions = true,
    description = {
      "Shows how images come out of noise step by step, here and without a server.",
      "The clean image as predicted at every timestep (x0), the states (xt), or both in "
          + "rows under each other. The last column is the image that 'fewstep sample' makes of "
          + "the same seed."
    })
public final class SequenceCommand implements Callable<Integer> {
  /** What a row shows. */
  enum Shown {
    x0,
    xt,
    both
  }

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
      names = "--show",
      paramLabel = "WHAT",
      defaultValue = "both",
      description = "${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE})")
  private Shown show;

  @Option(
      names = "--count",
      paramLabel = "N",
      defaultValue = "8",
      description = "images, 1 to 64 (default: ${DEFAULT-VALUE})")
  private int count;

  @Option(
      names = "--columns",
      paramLabel = "N",
      defaultValue = "20",
      description =
          "steps on the sheet, evenly chosen with the last among them (default: ${DEFAULT-VALUE})")
  private int columns;

  @Option(
      names = "--frames",
      paramLabel = "DIR",
      description = {
        "also every frame, in a new folder: IMAGE_STEP.png, the x0 predicted in that step as the DDIM",
        "repository names them, and xt_IMAGE_STEP.png, the state after it"
      })
  private Path frames;

  /** One step of the chain. */
  private record Frame(int t, List<Picture> states, List<Picture> clean) {}

  @Override
  public Integer call() throws IOException {
    SamplingSpec spec = sampling.spec();
    SamplingOptions.Check.require(
        count >= 1 && count <= 64, "--count must be 1 to 64, not %s", count);
    SamplingOptions.Check.require(
        columns >= 1 && columns <= 256, "--columns must be 1 to 256, not %s", columns);
    Path out = sheet.out();
    if (frames != null) {
      ImageExport.check(frames);
    }
    try (NDManager manager = LocalRun.Device.open(main);
        LocalModel model = LocalModel.load(weights, manager)) {
      DdimSampler sampler = model.sampler(spec);
      List<Frame> chain = chain(manager, model, sampler);
      List<Integer> chosen = chosen(chain.size(), columns);
      new ImageGrid(chosen.size(), 2, 0, sheet.scale(model.image()))
          .of(rows(chain, chosen))
          .write(out);
      if (frames != null) {
        export(chain);
      }
      main.out()
          .printf(
              "%d images, %s, columns at t = %s: %s%n",
              count,
              sampling.describe(sampler),
              chosen.stream()
                  .map(step -> Integer.toString(chain.get(step).t()))
                  .collect(Collectors.joining(" ")),
              out);
    }
    return 0;
  }

  private List<Frame> chain(NDManager manager, LocalModel model, DdimSampler sampler) {
    long[] indices = LongStream.range(0, count).toArray();
    ImageNoise noise = model.noise(sampling.seed());
    List<Frame> chain = new ArrayList<>();
    try (NDManager scope = manager.newSubManager();
        LocalRun.Bar bar = new LocalRun.Bar(main, "sequence")) {
      NDArray start = noise.start(scope, indices);
      DenoisingPath.walk(
          sampler,
          // As the images of a run are labelled.
          sampler.labels().label(model.network().denoiser(), sampling.seed(), 0, 0, count),
          model.network().schedule(),
          start,
          (shape, update) -> noise.update(scope, update, indices),
          (update, step, x, clean) -> {
            chain.add(new Frame(step.t(), model.draw(x), model.draw(clean)));
            bar.progress(update + 1L, sampler.nfe());
          });
    }
    return chain;
  }

  /** At most {@code columns} of the steps, evenly spread, the last always. */
  static List<Integer> chosen(int steps, int columns) {
    if (columns >= steps) {
      return LongStream.range(0, steps).mapToObj(step -> (int) step).toList();
    }
    List<Integer> chosen = new ArrayList<>();
    for (int i = 1; i <= columns; i++) {
      chosen.add((int) ((long) i * steps / columns) - 1);
    }
    return chosen;
  }

  private List<Picture> rows(List<Frame> chain, List<Integer> chosen) {
    List<Picture> rows = new ArrayList<>();
    for (int image = 0; image < count; image++) {
      if (show != Shown.xt) {
        for (int step : chosen) {
          rows.add(chain.get(step).clean().get(image));
        }
      }
      if (show != Shown.x0) {
        for (int step : chosen) {
          rows.add(chain.get(step).states().get(image));
        }
      }
    }
    return rows;
  }

  private void export(List<Frame> chain) throws IOException {
    try (ImageExport export = ImageExport.open(frames)) {
      for (int step = 0; step < chain.size(); step++) {
        for (int image = 0; image < count; image++) {
          if (show != Shown.xt) {
            export.add(image + "_" + step, chain.get(step).clean().get(image));
          }
          if (show != Shown.x0) {
            export.add("xt_" + image + "_" + step, chain.get(step).states().get(image));
          }
        }
      }
      export.commit();
    }
  }
}
