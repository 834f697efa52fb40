package dev.fewstep.worker.image;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Set;
import java.util.zip.CRC32;

/**
 * The bytes of an image file, known by its signature and size, with everything taken out that does
 * not make pixels: colour profiles, EXIF and its orientation, comments, thumbnails. Pillow's pixels
 * do not depend on these either, and a reader need not parse what a stranger wrote there.
 *
 * @param format what the bytes are
 * @param width columns, at least 1
 * @param height rows, at least 1
 * @param components channels that the file claims; 4 in a JPEG is CMYK or YCCK
 * @param adobe Adobe's colour transform in a JPEG, or -1
 * @param bytes the image, or for WebP the frame's chunk
 */
@SuppressWarnings("ArrayRecordComponent") // Lives inside one decoding; nothing compares it.
record EncodedImage(Format format, int width, int height, int components, int adobe, byte[] bytes) {

  enum Format {
    JPEG,
    PNG,
    WEBP_LOSSY,
    WEBP_LOSSLESS
  }

  /** More pixels are refused before memory is asked for. */
  static final long MAX_PIXELS = 64L << 20;

  private static final byte[] PNG = {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
  private static final byte[] JFIF = {
    (byte) 0xff, (byte) 0xe0, 0, 16, 'J', 'F', 'I', 'F', 0, 1, 1, 0, 0, 1, 0, 1, 0, 0
  };
  private static final Set<String> PNG_CHUNKS = Set.of("IHDR", "PLTE", "tRNS", "IDAT", "IEND");

  /** Reads the frame of the file. */
  static EncodedImage of(byte[] file) throws ImageFormatException {
    EncodedImage image;
    if (starts(file, PNG)) {
      image = png(file);
    } else if (file.length > 3 && u8(file, 0) == 0xff && u8(file, 1) == 0xd8) {
      image = jpeg(file);
    } else if (file.length > 12 && text(file, 0).equals("RIFF") && text(file, 8).equals("WEBP")) {
      image = webp(file);
    } else {
      throw new ImageFormatException("neither PNG nor JPEG nor WebP" + kind(file));
    }
    if (image.width < 1 || image.height < 1) {
      throw new ImageFormatException(
          "it claims %s x %s pixels".formatted(image.width, image.height));
    }
    if ((long) image.width * image.height > MAX_PIXELS) {
      throw new ImageFormatException(
          "it claims %s x %s pixels; at most %s are read"
              .formatted(image.width, image.height, MAX_PIXELS));
    }
    return image;
  }

  /**
   * Pixels that a file claims, from a glance at its header: at most {@link #MAX_PIXELS}, and 0
   * where {@link #of} will refuse it.
   */
  static long pixels(byte[] file) {
    long width = 0;
    long height = 0;
    if (starts(file, PNG) && file.length >= 24) {
      width = ByteBuffer.wrap(file).getInt(16);
      height = ByteBuffer.wrap(file).getInt(20);
    } else if (file.length > 3 && u8(file, 0) == 0xff && u8(file, 1) == 0xd8) {
      int at = 2;
      while (at < file.length - 9 && u8(file, at) == 0xff) {
        int marker = u8(file, at + 1);
        boolean alone = marker == 0x01 || marker == 0xff || (marker >= 0xd0 && marker <= 0xd8);
        if (marker >= 0xc0
            && marker <= 0xcf
            && marker != 0xc4
            && marker != 0xc8
            && marker != 0xcc) {
          height = u16(file, at + 5);
          width = u16(file, at + 7);
          break;
        }
        at += marker == 0xff ? 1 : alone ? 2 : 2 + u16(file, at + 2);
      }
      // What libjpeg may skip between segments is not looked through: that counts as the most.
      if (at < file.length - 9 && width == 0) {
        return MAX_PIXELS;
      }
    } else {
      try {
        EncodedImage image = of(file);
        return (long) image.width * image.height;
      } catch (ImageFormatException e) {
        return 0;
      }
    }
    long pixels = width * height;
    return width < 1 || height < 1 || pixels > MAX_PIXELS ? 0 : pixels;
  }

  private static String kind(byte[] file) {
    if (file.length == 0) {
      return " (it is empty)";
    }
    if (file.length > 1 && file[0] == 'P' && file[1] == 'K') {
      return " (it is a zip archive)";
    }
    return file.length > 1 && u8(file, 0) == 0x1f && u8(file, 1) == 0x8b ? " (it is gzip)" : "";
  }

  private static EncodedImage png(byte[] file) throws ImageFormatException {
    ByteBuffer in = ByteBuffer.wrap(file);
    ByteArrayOutputStream kept = new ByteArrayOutputStream(file.length);
    kept.write(file, 0, PNG.length);
    int at = PNG.length;
    boolean first = true;
    while (true) {
      if (at > file.length - 12) {
        throw new ImageFormatException("the PNG ends too early");
      }
      long length = Integer.toUnsignedLong(in.getInt(at));
      String type = text(file, at + 4);
      if (length > file.length - at - 12) {
        throw new ImageFormatException(
            "the PNG ends too early: its chunk "
                + printable(type)
                + " claims "
                + length
                + " bytes");
      }
      if (first != type.equals("IHDR") || (first && length != 13)) {
        throw new ImageFormatException("the PNG does not begin with its header");
      }
      first = false;
      int total = (int) length + 12;
      if (PNG_CHUNKS.contains(type)) {
        CRC32 crc = new CRC32();
        crc.update(file, at + 4, (int) length + 4);
        if ((int) crc.getValue() != in.getInt(at + total - 4)) {
          throw new ImageFormatException(
              "the PNG is damaged: the checksum of its " + type + " fails");
        }
        kept.write(file, at, total);
      }
      at += total;
      if (type.equals("IEND")) {
        break;
      }
    }
    int bits = PNG.length + 8;
    return new EncodedImage(
        Format.PNG, in.getInt(bits), in.getInt(bits + 4), 0, -1, kept.toByteArray());
  }

  private static EncodedImage jpeg(byte[] file) throws ImageFormatException {
    ByteArrayOutputStream kept = new ByteArrayOutputStream(file.length + JFIF.length);
    ByteArrayOutputStream segments = new ByteArrayOutputStream();
    int width = 0;
    int height = 0;
    int components = 0;
    int adobe = -1;
    boolean jfif = false;
    boolean namedRgb = false;
    int at = 2;
    while (true) {
      while (at < file.length && u8(file, at) != 0xff) {
        at++; // libjpeg skips to the next marker.
      }
      while (at < file.length && u8(file, at) == 0xff) {
        at++;
      }
      if (at >= file.length - 2) {
        throw new ImageFormatException("the JPEG ends before its pixels");
      }
      int marker = u8(file, at++);
      if (marker == 0x01 || (marker >= 0xd0 && marker <= 0xd8)) {
        continue;
      }
      int length = u16(file, at);
      if (length < 2 || length > file.length - at) {
        throw new ImageFormatException("the JPEG ends before its pixels");
      }
      if (marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc) {
        if (length < 8 || length < 8 + 3 * u8(file, at + 7) || components != 0) {
          throw new ImageFormatException("the JPEG has a damaged frame header");
        }
        height = u16(file, at + 3);
        width = u16(file, at + 5);
        components = u8(file, at + 7);
        namedRgb =
            components == 3
                && u8(file, at + 8) == 'R'
                && u8(file, at + 11) == 'G'
                && u8(file, at + 14) == 'B';
      }
      boolean isJfif = marker == 0xe0 && length >= 7 && text(file, at + 2).equals("JFIF");
      boolean isAdobe = marker == 0xee && length >= 14 && text(file, at + 2).equals("Adob");
      jfif |= isJfif;
      if (isAdobe) {
        adobe = u8(file, at + 13);
      }
      boolean metadata = (marker >= 0xe0 && marker <= 0xef) || marker == 0xfe;
      if (!metadata || isAdobe) {
        segments.write(0xff);
        segments.write(marker);
        segments.write(file, at, length);
      }
      at += length;
      if (marker == 0xda) {
        break;
      }
    }
    if (!ended(file, at)) {
      throw new ImageFormatException("the JPEG ends too early");
    }
    kept.write(0xff);
    kept.write(0xd8);
    // Without JFIF or Adobe segment, libjpeg takes three components for YCbCr; Java does not
    // always.
    if (jfif || (adobe < 0 && !namedRgb && components != 4)) {
      kept.writeBytes(JFIF);
    }
    kept.writeBytes(segments.toByteArray());
    kept.write(file, at, file.length - at);
    return new EncodedImage(Format.JPEG, width, height, components, adobe, kept.toByteArray());
  }

  /** Whether the end marker follows; among pixels, a 0xff is never followed by its code. */
  private static boolean ended(byte[] file, int from) {
    for (int i = file.length - 2; i >= from; i--) {
      if (u8(file, i) == 0xff && u8(file, i + 1) == 0xd9) {
        return true;
      }
    }
    return false;
  }

  private static EncodedImage webp(byte[] file) throws ImageFormatException {
    ByteBuffer in = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
    int at = 12;
    while (at <= file.length - 8) {
      String type = text(file, at);
      long length = Integer.toUnsignedLong(in.getInt(at + 4));
      if (length > file.length - at - 8) {
        throw new ImageFormatException(
            "the WebP ends too early: its chunk "
                + printable(type)
                + " claims "
                + length
                + " bytes");
      }
      int body = at + 8;
      if (type.equals("ANIM") || type.equals("ANMF")) {
        throw new ImageFormatException("an animated WebP is no single image");
      }
      if (type.equals("VP8 ") && length >= 10) {
        byte[] frame = Arrays.copyOfRange(file, body, body + (int) length);
        if ((frame[0] & 1) != 0 || u8(file, body + 3) != 0x9d || u8(file, body + 4) != 1) {
          throw new ImageFormatException("the WebP does not begin with a key frame");
        }
        return new EncodedImage(
            Format.WEBP_LOSSY,
            in.getShort(body + 6) & 0x3fff,
            in.getShort(body + 8) & 0x3fff,
            3,
            -1,
            frame);
      }
      if (type.equals("VP8L") && length >= 5) {
        int bits = in.getInt(body + 1);
        return new EncodedImage(
            Format.WEBP_LOSSLESS,
            (bits & 0x3fff) + 1,
            (bits >>> 14 & 0x3fff) + 1,
            3,
            -1,
            riff(file, at, (int) length));
      }
      at = body + (int) Math.min(Integer.MAX_VALUE - body, length + (length & 1));
    }
    throw new ImageFormatException("the WebP holds no image");
  }

  /** A file with nothing but that chunk. */
  private static byte[] riff(byte[] file, int at, int length) {
    int padded = length + (length & 1);
    ByteBuffer out = ByteBuffer.allocate(12 + 8 + padded).order(ByteOrder.LITTLE_ENDIAN);
    out.put("RIFF".getBytes(StandardCharsets.US_ASCII)).putInt(12 + padded);
    out.put("WEBP".getBytes(StandardCharsets.US_ASCII)).put(file, at, 8 + length);
    return out.array();
  }

  private static boolean starts(byte[] file, byte[] signature) {
    return file.length >= signature.length
        && Arrays.equals(file, 0, signature.length, signature, 0, signature.length);
  }

  private static String text(byte[] file, int at) {
    return new String(file, at, 4, StandardCharsets.ISO_8859_1);
  }

  private static String printable(String type) {
    return "'" + type.replaceAll("[^ -~]", "?") + "'";
  }

  private static int u8(byte[] file, int at) {
    return file[at] & 0xff;
  }

  private static int u16(byte[] file, int at) {
    return u8(file, at) << 8 | u8(file, at + 1);
  }
}
