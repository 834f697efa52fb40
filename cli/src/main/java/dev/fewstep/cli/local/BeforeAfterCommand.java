package dev.fewstep.cli.local;

import ai.djl.ndarray.NDManager;
import dev.fewstep.cli.Main;
import dev.fewstep.schemas.spec.SamplingSpec;
import dev.fewstep.worker.diffusion.DdimSampler;
import dev.fewstep.worker.image.ImageGrid;
import dev.fewstep.worker.image.Picture;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

/** Draws two models' images of the same noise side by side. */
@Command(
    name = "before-after",
    mixinStandardHelpOptions = true,
    description = {
      "Draws what two weights make of the same noise, side by side on one sheet.",
      "On the left before (the base model), on the right after (the finetuned one), "
          + "images in the same places. With --ideal N a third block shows the base model at N "
          + "steps, also of the same noise."
    })
public final class BeforeAfterCommand implements Callable<Integer> {
  private static final int GAP = 12;

  @ParentCommand private Main main;
  @Mixin private SamplingOptions sampling;
  @Mixin private SheetOptions sheet;

  @Option(
      names = "--before",
      paramLabel = "FILE",
      required = true,
      description = "weights of the base model")
  private Path before;

  @Option(
      names = "--after",
      paramLabel = "FILE",
      required = true,
      description = "weights of the finetuned model")
  private Path after;

  @Option(
      names = "--ideal",
      paramLabel = "N",
      description = "also the base model at N sampling steps, 1 to 1000")
  private Integer ideal;

  @Option(
      names = "--count",
      paramLabel = "N",
      defaultValue = "64",
      description = "images in each block, 1 to 256 (default: ${DEFAULT-VALUE})")
  private int count;

  @Option(
      names = "--nrow",
      paramLabel = "N",
      defaultValue = "8",
      description = "images in a row of a block (default: ${DEFAULT-VALUE})")
  private int nrow;

  /** One block of the sheet. */
  private record Block(String name, List<Picture> images, int nfe) {}

  @Override
  public Integer call() throws IOException {
    SamplingSpec spec = sampling.spec();
    SamplingOptions.Check.require(
        count >= 1 && count <= 256, "--count must be 1 to 256, not %s", count);
    SamplingOptions.Check.require(
        nrow >= 1 && nrow <= 256, "--nrow must be 1 to 256, not %s", nrow);
    SamplingOptions.Check.require(
        ideal == null || (ideal >= 1 && ideal <= 1000), "--ideal must be 1 to 1000, not %s", ideal);
    Path out = sheet.out();
    try (NDManager manager = LocalRun.Device.open(main);
        LocalModel base = LocalModel.load(before, manager);
        LocalModel tuned = LocalModel.load(after, manager)) {
      SamplingOptions.Check.require(
          base.image().equals(tuned.image()),
          "%s makes %s images and %s makes %s images: there is no noise that both take",
          before,
          base.image(),
          after,
          tuned.image());
      List<Block> blocks = new ArrayList<>();
      blocks.add(block(manager, base, spec, "before"));
      blocks.add(block(manager, tuned, spec, "after"));
      if (ideal != null) {
        blocks.add(block(manager, base, sampling.at(ideal), "ideal"));
      }
      ImageGrid grid = new ImageGrid(nrow, 2, 0, sheet.scale(base.image()));
      Picture.beside(blocks.stream().map(one -> grid.of(one.images())).toList(), GAP).write(out);
      tell(blocks, base.sampler(spec), out);
    }
    return 0;
  }

  private Block block(NDManager manager, LocalModel model, SamplingSpec spec, String name) {
    DdimSampler sampler = model.sampler(spec);
    try (LocalRun.Bar bar = new LocalRun.Bar(main, name)) {
      List<Picture> images =
          model.pictures(manager, sampler, sampling, 0, count, done -> bar.progress(done, count));
      return new Block(name, images, sampler.nfe());
    }
  }

  private void tell(List<Block> blocks, DdimSampler sampler, Path out) {
    main.out().printf("%d images, %s: %s%n", count, sampling.describe(sampler), out);
    for (Block one : blocks.subList(1, blocks.size())) {
      main.out()
          .printf(
              Locale.ROOT,
              "%s (NFE %d) differs from before by %.1f of 255 a value on average%n",
              one.name(),
              one.nfe(),
              difference(blocks.get(0).images(), one.images()));
    }
  }

  /** Mean absolute difference of 8-bit values. */
  static double difference(List<Picture> a, List<Picture> b) {
    long sum = 0;
    long values = 0;
    for (int i = 0; i < a.size(); i++) {
      byte[] x = a.get(i).pixels();
      byte[] y = b.get(i).pixels();
      for (int p = 0; p < x.length; p++) {
        sum += Math.abs(Byte.toUnsignedInt(x[p]) - Byte.toUnsignedInt(y[p]));
      }
      values += x.length;
    }
    return (double) sum / values;
  }
}
