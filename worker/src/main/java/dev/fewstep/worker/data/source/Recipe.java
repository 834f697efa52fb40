package dev.fewstep.worker.data.source;

import static dev.fewstep.schemas.spec.Checks.require;

import dev.fewstep.worker.image.ImageFormatException;
import dev.fewstep.worker.image.PilResize;
import dev.fewstep.worker.image.PixelImage;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What is done to every image of a source: first the crop, then the resize of the short side as
 * torchvision's {@code Resize(size)} on a PIL image, then the centre crop to a square as {@code
 * CenterCrop(size)}. Flips are no part of it: training flips.
 *
 * @param name {@code cifar10}, {@code cifar100}, {@code celeba64}, {@code lsun256}, {@code ffhq},
 *     {@code imagenet64} or {@code folder}
 * @param crop the part that is kept, when a part is
 * @param size pixels per side of the result; empty keeps sizes, which must then all be equal
 * @param filter kind of interpolation
 * @param channels 1 (grey) or 3 (RGB); empty takes those of the first image
 */
public record Recipe(
    String name,
    Optional<Crop> crop,
    OptionalInt size,
    PilResize.Filter filter,
    OptionalInt channels) {
  /** Names of the recipes. */
  public static final List<String> NAMES =
      List.of("cifar10", "cifar100", "celeba64", "lsun256", "ffhq", "imagenet64", "folder");

  public Recipe {
    require(NAMES.contains(name), "no recipe '%s'; there are %s", name, String.join(", ", NAMES));
    Objects.requireNonNull(crop, "crop");
    Objects.requireNonNull(filter, "filter");
    size.ifPresent(
        edge -> require(edge >= 1 && edge <= 4096, "a size must be 1 to 4096, not %s", edge));
    channels.ifPresent(
        count -> require(count == 1 || count == 3, "channels must be 1 or 3, not %s", count));
  }

  /**
   * A part of an image.
   *
   * @param top first row
   * @param left first column
   * @param height rows
   * @param width columns
   */
  public record Crop(int top, int left, int height, int width) {
    public Crop {
      require(top >= 0 && left >= 0, "a crop begins at row and column 0 or later");
      require(height >= 1 && width >= 1, "a crop has at least one pixel");
    }
  }

  /**
   * A recipe by its name.
   *
   * <ul>
   *   <li>{@code cifar10}, {@code cifar100}, {@code imagenet64}: the pixels as they are
   *   <li>{@code celeba64}: rows 57 to 184, columns 25 to 152, bilinear to 64 (DDIM, MMD-DDM)
   *   <li>{@code lsun256}: short side bilinear to 256, centre crop (DDIM, MMD-DDM)
   *   <li>{@code ffhq}: short side bilinear to 256, RGB
   *   <li>{@code folder}: nothing, unless a size, crop or number of channels is given
   * </ul>
   *
   * @throws IllegalArgumentException when there is no such recipe
   */
  public static Recipe of(String name) {
    Optional<Crop> none = Optional.empty();
    PilResize.Filter bilinear = PilResize.Filter.BILINEAR;
    OptionalInt rgb = OptionalInt.of(3);
    OptionalInt kept = OptionalInt.empty();
    return switch (name) {
      case "celeba64" ->
          new Recipe(
              name, Optional.of(new Crop(57, 25, 128, 128)), OptionalInt.of(64), bilinear, rgb);
      case "lsun256", "ffhq" -> new Recipe(name, none, OptionalInt.of(256), bilinear, rgb);
      case "folder" -> new Recipe(name, none, kept, bilinear, kept);
      default -> new Recipe(name, none, kept, bilinear, rgb);
    };
  }

  /** The same recipe for another size. */
  public Recipe withSize(int edge) {
    return new Recipe(name, crop, OptionalInt.of(edge), filter, channels);
  }

  /** The same recipe for another part of the image. */
  public Recipe withCrop(Crop part) {
    return new Recipe(name, Optional.of(part), size, filter, channels);
  }

  /** The same recipe with another interpolation. */
  public Recipe withFilter(PilResize.Filter other) {
    return new Recipe(name, crop, size, other, channels);
  }

  /** The same recipe for that many channels. */
  public Recipe withChannels(int count) {
    return new Recipe(name, crop, size, filter, OptionalInt.of(count));
  }

  /** What the recipe does, in order; two recipes with equal operations make equal pixels. */
  public List<String> operations() {
    List<String> operations = new ArrayList<>();
    channels.ifPresent(count -> operations.add(count == 1 ? "grey (ITU-R 601)" : "RGB"));
    crop.ifPresent(
        part ->
            operations.add(
                "crop rows %d to %d, columns %d to %d"
                    .formatted(
                        part.top,
                        part.top + part.height - 1,
                        part.left,
                        part.left + part.width - 1)));
    size.ifPresent(
        edge -> {
          operations.add(
              "short side to %d, %s, as Pillow 13"
                  .formatted(edge, filter.name().toLowerCase(Locale.ROOT)));
          operations.add("centre crop %dx%d".formatted(edge, edge));
        });
    return operations;
  }

  /**
   * Does it.
   *
   * @throws ImageFormatException when the image is smaller than the crop
   */
  PixelImage apply(PixelImage image) throws ImageFormatException {
    PixelImage result = channels.isPresent() ? image.withChannels(channels.getAsInt()) : image;
    if (crop.isPresent()) {
      Crop part = crop.get();
      try {
        result = result.crop(part.top, part.left, part.height, part.width);
      } catch (IllegalArgumentException e) {
        throw new ImageFormatException(e.getMessage(), e);
      }
    }
    return size.isPresent() ? squared(result, size.getAsInt(), filter) : result;
  }

  /** torchvision's Resize(edge) and CenterCrop(edge). */
  private static PixelImage squared(PixelImage image, int edge, PilResize.Filter filter)
      throws ImageFormatException {
    int shortSide = Math.min(image.height(), image.width());
    int longSide = Math.max(image.height(), image.width());
    // int(size * long / short): Python divides to a double, then truncates.
    double exact = (double) ((long) edge * longSide) / shortSide;
    if (exact > 65_536) {
      throw new ImageFormatException(
          "%d x %d pixels are too narrow for a square of %d"
              .formatted(image.width(), image.height(), edge));
    }
    int newLong = (int) exact;
    boolean upright = image.height() >= image.width();
    int newHeight = upright ? newLong : edge;
    int newWidth = upright ? edge : newLong;
    PixelImage resized = image.resize(newHeight, newWidth, filter);
    // round((height - crop) / 2.0): Python rounds halves to even.
    int top = (int) Math.rint((newHeight - edge) / 2.0);
    int left = (int) Math.rint((newWidth - edge) / 2.0);
    return resized.crop(top, left, edge, edge);
  }
}
