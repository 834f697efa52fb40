package dev.fewstep.cli.local;

import dev.fewstep.worker.data.ImageShape;
import java.nio.file.Path;
import java.util.Locale;
import picocli.CommandLine.Option;

/** Where a sheet goes: options of every verb that draws one. */
final class SheetOptions {
  private static final int SMALL = 32;

  @Option(
      names = {"-o", "--out"},
      paramLabel = "FILE",
      required = true,
      description = "the sheet, a PNG")
  private Path out;

  @Option(
      names = "--scale",
      paramLabel = "N",
      description =
          "edge of the square that a pixel becomes on the sheet, 1 to 16 (default: 2 for images up to 32 pixels, else 1)")
  private Integer scale;

  /** Where it goes; refuses what is no PNG. */
  Path out() {
    requirePng(out);
    return out;
  }

  int scale(ImageShape image) {
    int chosen = scale != null ? scale : Math.max(image.height(), image.width()) <= SMALL ? 2 : 1;
    SamplingOptions.Check.require(
        chosen >= 1 && chosen <= 16, "--scale must be 1 to 16, not %s", chosen);
    return chosen;
  }

  /** Refuses a name that does not end in .png. */
  static void requirePng(Path file) {
    SamplingOptions.Check.require(
        file.getFileName() != null && file.toString().toLowerCase(Locale.ROOT).endsWith(".png"),
        "--out must name a .png, not %s",
        file);
  }
}
