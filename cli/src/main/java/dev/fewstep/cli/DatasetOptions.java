package dev.fewstep.cli;

import dev.fewstep.cli.local.ImportBar;
import dev.fewstep.worker.data.source.DatasetImport;
import dev.fewstep.worker.data.source.ImportedDataset;
import dev.fewstep.worker.data.source.Recipe;
import dev.fewstep.worker.data.source.Split;
import dev.fewstep.worker.image.PilResize;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import picocli.CommandLine.Option;

/** How a public dataset becomes the one form in which datasets travel. */
final class DatasetOptions {
  @Option(
      names = "--recipe",
      paramLabel = "NAME",
      description =
          "how a dataset is read: cifar10, cifar100, celeba64, lsun256, ffhq, imagenet64, or folder"
              + " for any folder, zip or tar of images (the default where a recipe is needed)")
  private String recipe;

  @Option(
      names = "--size",
      paramLabel = "N",
      description = "resize the short side to N and crop the centre to NxN, as torchvision does")
  private Integer size;

  @Option(
      names = "--crop",
      paramLabel = "TOP,LEFT,H,W",
      split = ",",
      description = "keep only this part of every image, before the resize")
  private int[] crop;

  @Option(
      names = "--split",
      paramLabel = "train|valid|test|all",
      description =
          "which part is taken, where the dataset has parts; it is recorded (default: train)")
  private Split split = Split.TRAIN;

  @Option(
      names = "--channels",
      paramLabel = "1|3",
      description = "grey or RGB (default: the recipe's, or the first image's)")
  private Integer channels;

  @Option(
      names = "--filter",
      paramLabel = "NAME",
      description = "box, bilinear, bicubic or lanczos, as Pillow has them (default: bilinear)")
  private String filter;

  @Option(
      names = "--to",
      paramLabel = "FILE",
      description = "write the .npz here and upload nothing")
  private Path to;

  /** Whether any option was given that only a conversion has a use for. */
  boolean any() {
    return recipe != null || size != null || crop != null || channels != null || to != null;
  }

  /** The file to write instead of uploading. */
  Optional<Path> to() {
    return Optional.ofNullable(to);
  }

  /** Converts, with a bar on a terminal. */
  ImportedDataset convert(Main main, Path source, Path target) throws IOException {
    Recipe chosen = recipe();
    try (ImportBar bar = new ImportBar(main, "import")) {
      return DatasetImport.convert(source, chosen, split, target, bar::at);
    }
  }

  private Recipe recipe() {
    try {
      Recipe chosen = Recipe.of(recipe == null ? "folder" : recipe);
      if (size != null) {
        chosen = chosen.withSize(size);
      }
      if (crop != null && crop.length != 4) {
        throw CliException.usage("--crop takes four numbers: TOP,LEFT,HEIGHT,WIDTH");
      }
      if (crop != null) {
        chosen = chosen.withCrop(new Recipe.Crop(crop[0], crop[1], crop[2], crop[3]));
      }
      if (channels != null) {
        chosen = chosen.withChannels(channels);
      }
      if (filter != null) {
        chosen = chosen.withFilter(filter());
      }
      return chosen;
    } catch (IllegalArgumentException e) {
      throw CliException.usage(e.getMessage());
    }
  }

  private PilResize.Filter filter() {
    for (PilResize.Filter known : PilResize.Filter.values()) {
      if (known.name().toLowerCase(Locale.ROOT).equals(filter)) {
        return known;
      }
    }
    throw CliException.usage(
        "no filter '" + filter + "'; there are box, bilinear, bicubic, lanczos");
  }
}
