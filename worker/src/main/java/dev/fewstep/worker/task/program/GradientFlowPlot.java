package dev.fewstep.worker.task.program;

import dev.fewstep.worker.data.ImageShape;
import dev.fewstep.worker.image.PngFile;
import dev.fewstep.worker.training.GradientFlow;
import java.util.Arrays;
import java.util.Locale;

/**
 * A bar for each layer: mean |g| dark, max |g| light, on a logarithmic axis whose decades are
 * marked. Letters are drawn from a table here, since a worker's machine may have no fonts.
 */
final class GradientFlowPlot {
  private static final int ROW = 8;
  private static final int LETTER = 4;
  private static final int BARS = 400;
  private static final int TOP = 24;
  private static final int MOST_LAYERS = 500;
  private static final int[] MEAN = {31, 78, 140};
  private static final int[] MAX = {158, 190, 226};
  private static final int[] LINE = {215, 215, 215};
  private static final int[] INK = {30, 30, 30};

  /** Five rows of three bits, an octal digit each, for a to z, 0 to 9 and a few signs. */
  private static final String SIGNS = "abcdefghijklmnopqrstuvwxyz0123456789._-+|,";

  private static final String GLYPHS =
      "25755 65656 34443 65556 74647 74644 34553 55755 72227 11152 55655 44447 57755 65555 25552"
          + " 65644 25563 65655 34216 72222 55557 55552 55775 55255 55222 71247 75557 26227 71747"
          + " 71717 55711 74717 74757 71111 75757 75717 00002 00007 00700 02720 22222 00022";

  private final int width;
  private final int height;
  private final byte[] pixels;

  private GradientFlowPlot(int width, int height) {
    this.width = width;
    this.height = height;
    pixels = new byte[3 * width * height];
    Arrays.fill(pixels, (byte) 255);
  }

  /** PNG bytes of a record; at most {@value #MOST_LAYERS} layers are shown. */
  static byte[] png(GradientFlowLog.Entry entry) {
    int shown = Math.min(MOST_LAYERS, entry.layers().size());
    int label =
        LETTER * entry.layers().stream().mapToInt(layer -> layer.name().length()).max().orElse(0);
    int left = Math.min(label, 60 * LETTER) + 6;
    GradientFlowPlot plot = new GradientFlowPlot(left + BARS + 10, TOP + shown * ROW + 6);
    double high =
        Math.ceil(
            log(entry.layers().stream().mapToDouble(GradientFlow.Layer::max).max().orElse(1)));
    double low = high - 8;
    plot.text(2, 2, "step " + entry.step() + "  mean |g| dark, max |g| light");
    for (int decade = 0; decade <= 8; decade++) {
      int x = left + decade * BARS / 8;
      plot.fill(x, TOP - 4, 1, shown * ROW + 4, LINE);
      plot.text(Math.min(x, left + BARS - 12), 12, "1e" + (int) (low + decade));
    }
    for (int i = 0; i < shown; i++) {
      GradientFlow.Layer layer = entry.layers().get(i);
      int y = TOP + i * ROW;
      plot.text(2, y, layer.name());
      plot.fill(left, y, length(layer.max(), low), 5, MAX);
      plot.fill(left, y, length(layer.mean(), low), 5, MEAN);
    }
    return PngFile.encode(new ImageShape(3, plot.height, plot.width), plot.pixels);
  }

  private static double log(double value) {
    return Math.log10(Math.max(value, 1e-30));
  }

  private static int length(double value, double low) {
    return (int) Math.round(Math.max(0, Math.min(8, log(value) - low)) * BARS / 8);
  }

  private void fill(int x, int y, int wide, int high, int[] colour) {
    for (int channel = 0; channel < 3; channel++) {
      for (int row = y; row < y + high; row++) {
        int from = (channel * height + row) * width + x;
        Arrays.fill(pixels, from, from + wide, (byte) colour[channel]);
      }
    }
  }

  private void text(int x, int y, String text) {
    String small = text.toLowerCase(Locale.ROOT);
    for (int i = 0; i < Math.min(small.length(), 60); i++) {
      int sign = SIGNS.indexOf(small.charAt(i));
      for (int row = 0; sign >= 0 && row < 5; row++) {
        int bits = GLYPHS.charAt(sign * 6 + row) - '0';
        for (int column = 0; column < 3; column++) {
          if ((bits >> (2 - column) & 1) == 1) {
            fill(x + i * LETTER + column, y + row, 1, 1, INK);
          }
        }
      }
    }
  }
}
