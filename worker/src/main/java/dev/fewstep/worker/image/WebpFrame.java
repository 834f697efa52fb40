package dev.fewstep.worker.image;

import com.twelvemonkeys.imageio.plugins.webp.vp8.VP8Frame;
import java.awt.Point;
import java.awt.image.BandedSampleModel;
import java.awt.image.DataBuffer;
import java.awt.image.WritableRaster;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.lang.reflect.Field;
import javax.imageio.stream.MemoryCacheImageInputStream;

/**
 * Lossy WebP. TwelveMonkeys decodes the frame to luma and chroma, but spreads each chroma value
 * over four pixels; libwebp, and so Pillow, interpolates it. So the planes are taken as they are
 * decoded, and interpolated and converted as libwebp does ("fancy upsampling", {@code
 * src/dsp/upsampling.c}, {@code yuv.h}).
 */
final class WebpFrame {
  private static final Field PIXEL = pixelField();

  private WebpFrame() {}

  private static Field pixelField() {
    try {
      Field field = VP8Frame.class.getDeclaredField("yuv");
      field.setAccessible(true);
      return field;
    } catch (NoSuchFieldException e) {
      throw new IllegalStateException(
          "This version of imageio-webp is not the one that is used", e);
    }
  }

  /** Takes the Y, U, V of each pixel at the moment at which the decoder hands over its RGB. */
  private static final class Planes extends WritableRaster {
    private final byte[] pixel;
    private final int stride;
    private final int chromaWidth;
    private final byte[] luma;
    private final byte[] u;
    private final byte[] v;

    Planes(byte[] pixel, int height, int width) {
      super(new BandedSampleModel(DataBuffer.TYPE_BYTE, width, height, 1), new Point(0, 0));
      this.pixel = pixel;
      stride = width;
      chromaWidth = (width + 1) / 2;
      luma = new byte[height * width];
      u = new byte[(height + 1) / 2 * chromaWidth];
      v = new byte[u.length];
    }

    @Override
    public void setDataElements(int x, int y, Object rgb) {
      luma[y * stride + x] = pixel[0];
      if (((x | y) & 1) == 0) {
        int at = y / 2 * chromaWidth + x / 2;
        u[at] = pixel[1];
        v[at] = pixel[2];
      }
    }
  }

  /** Decodes the content of a {@code VP8 } chunk of that size. */
  static PixelImage decode(byte[] chunk, int height, int width) throws IOException {
    Planes planes;
    try (MemoryCacheImageInputStream in =
        new MemoryCacheImageInputStream(new ByteArrayInputStream(chunk))) {
      VP8Frame frame = new VP8Frame(in, false);
      planes = new Planes((byte[]) PIXEL.get(frame), height, width);
      if (!frame.decode(planes, null)) {
        throw new ImageFormatException("a damaged WebP image");
      }
    } catch (IllegalAccessException e) {
      throw new IllegalStateException(e);
    }
    int plane = height * width;
    byte[] out = new byte[3 * plane];
    int[] u = new int[width];
    int[] v = new int[width];
    int lastChroma = (height - 1) / 2;
    for (int y = 0; y < height; y++) {
      // Rows 2k-1 and 2k lie between the chroma rows k-1 and k; each is nearer to one of them.
      int near = y / 2;
      int far = Math.min(lastChroma, Math.max(0, (y & 1) == 0 ? near - 1 : near + 1));
      upsample(planes.u, near * planes.chromaWidth, far * planes.chromaWidth, u);
      upsample(planes.v, near * planes.chromaWidth, far * planes.chromaWidth, v);
      for (int x = 0; x < width; x++) {
        int at = y * width + x;
        int luma = (19077 * (planes.luma[at] & 0xff)) >> 8;
        out[at] = clip(luma + ((26149 * v[x]) >> 8) - 14234);
        out[plane + at] = clip(luma - ((6419 * u[x]) >> 8) - ((13320 * v[x]) >> 8) + 8708);
        out[2 * plane + at] = clip(luma + ((33050 * u[x]) >> 8) - 17685);
      }
    }
    return new PixelImage(3, height, width, out);
  }

  /**
   * One row of chroma: 9/16, 3/16, 3/16 and 1/16 of the four nearest values, rounded in two steps.
   */
  private static void upsample(byte[] chroma, int near, int far, int[] out) {
    int width = out.length;
    int nearLeft = chroma[near] & 0xff;
    int farLeft = chroma[far] & 0xff;
    out[0] = (3 * nearLeft + farLeft + 2) >> 2;
    for (int i = 1; i <= (width - 1) / 2; i++) {
      int nearRight = chroma[near + i] & 0xff;
      int farRight = chroma[far + i] & 0xff;
      int sum = nearLeft + nearRight + farLeft + farRight + 8;
      int rising = (sum + 2 * (nearRight + farLeft)) >> 3;
      int falling = (sum + 2 * (nearLeft + farRight)) >> 3;
      out[2 * i - 1] = (rising + nearLeft) >> 1;
      out[2 * i] = (falling + nearRight) >> 1;
      nearLeft = nearRight;
      farLeft = farRight;
    }
    if ((width & 1) == 0) {
      out[width - 1] = (3 * nearLeft + farLeft + 2) >> 2;
    }
  }

  private static byte clip(int value) {
    return (byte) (value < 0 ? 0 : Math.min(255, value >> 6));
  }
}
