package dev.fewstep.bench;

import dev.fewstep.worker.data.DatasetWriter;
import dev.fewstep.worker.data.ImageDataset;
import dev.fewstep.worker.data.ImageShape;
import dev.fewstep.worker.data.NpzImages;
import dev.fewstep.worker.data.source.DatasetImport;
import dev.fewstep.worker.data.source.Recipe;
import dev.fewstep.worker.data.source.Split;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Random;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import javax.imageio.ImageIO;

/**
 * Images per second of importing (decode, crop, resize, write; all cores) and of reading batches
 * from a mapped dataset (one thread), beside the images per second that a training step takes.
 * Arguments: a folder to work in, images per import, and the demand of the training.
 */
public final class DataBench {
  private static final int BATCH = 64;

  private DataBench() {}

  /** Prints the table. */
  public static void main(String[] arguments) throws IOException {
    final Path folder = Path.of(arguments[0]);
    final int count = Integer.parseInt(arguments[1]);
    final double demand = Double.parseDouble(arguments[2]);
    System.out.printf(Locale.ROOT, "%-44s %12s %14s%n", "", "images/s", "x training");
    row("training takes (CIFAR size, 5 steps)", demand, demand);
    Path faces = zip(folder.resolve("faces.zip"), count, 218, 178, "jpg");
    row("import JPEG 178x218, crop, resize to 64", convert(faces, Recipe.of("celeba64")), demand);
    Path small = zip(folder.resolve("small.zip"), 4 * count, 32, 32, "png");
    row("import PNG 32x32", convert(small, Recipe.of("folder")), demand);
    Path scenes = zip(folder.resolve("scenes.zip"), count / 8, 256, 341, "jpg");
    row("import JPEG 341x256, centre crop to 256", convert(scenes, Recipe.of("lsun256")), demand);
    row("batches of 64 of 50,000 mapped 32x32 images", batches(folder, 32, 50_000), demand);
    row("batches of 64 of 20,000 mapped 64x64 images", batches(folder, 64, 20_000), demand);
  }

  private static void row(String what, double rate, double demand) {
    System.out.printf(Locale.ROOT, "%-44s %12.1f %14.1f%n", what, rate, rate / demand);
  }

  /** The better of two: the first also warms the program. */
  private static double convert(Path source, Recipe recipe) throws IOException {
    double best = 0;
    Path target = source.resolveSibling("out.npz");
    for (int i = 0; i < 2; i++) {
      long start = System.nanoTime();
      int images =
          DatasetImport.convert(source, recipe, Split.ALL, target, (done, total) -> {}).images();
      best = Math.max(best, images * 1e9 / (System.nanoTime() - start));
    }
    Files.delete(target);
    return best;
  }

  private static double batches(Path folder, int edge, int count) throws IOException {
    Path file = folder.resolve("mapped.npz");
    ImageShape shape = new ImageShape(3, edge, edge);
    Random random = new Random(1);
    byte[] pixels = new byte[shape.elements()];
    try (DatasetWriter writer = new DatasetWriter(file, shape, count, false)) {
      for (int i = 0; i < count; i++) {
        random.nextBytes(pixels);
        writer.add(pixels, 0);
      }
      writer.finish(new byte[0]);
    }
    ImageDataset dataset = NpzImages.open(file);
    double best = 0;
    float sum = 0;
    for (int round = 0; round < 4; round++) {
      long start = System.nanoTime();
      for (int i = 0; i < 200; i++) {
        sum += dataset.values(random.ints(BATCH, 0, count).toArray())[0];
      }
      best = Math.max(best, 200 * BATCH * 1e9 / (System.nanoTime() - start));
    }
    if (Float.isNaN(sum)) {
      throw new IllegalStateException("a byte that is no number");
    }
    Files.delete(file);
    return best;
  }

  /** Pictures with edges and smooth parts, so that a JPEG has the size of a photograph's. */
  private static Path zip(Path file, int count, int height, int width, String format)
      throws IOException {
    Random random = new Random(2);
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(file))) {
      byte[][] encoded = new byte[16][];
      for (int i = 0; i < encoded.length; i++) {
        BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        double angle = random.nextDouble() * 3;
        for (int y = 0; y < height; y++) {
          for (int x = 0; x < width; x++) {
            double edge = x * y % 97 < 20 ? 0.4 : 0;
            double wave = Math.sin(angle + 0.05 * x + 0.03 * y * (i + 1)) + edge;
            int level = (int) Math.max(0, Math.min(255, 110 + 80 * wave + random.nextInt(16)));
            image.setRGB(x, y, (level << 16) | ((level / 2 + i * 4) << 8) | (255 - level));
          }
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        ImageIO.write(image, format, bytes);
        encoded[i] = bytes.toByteArray();
      }
      for (int i = 0; i < count; i++) {
        zip.putNextEntry(new ZipEntry("%06d.%s".formatted(i, format)));
        zip.write(encoded[i % encoded.length]);
      }
    }
    return file;
  }
}
