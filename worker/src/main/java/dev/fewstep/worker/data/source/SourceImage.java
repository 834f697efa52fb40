package dev.fewstep.worker.data.source;

import dev.fewstep.worker.data.DatasetException;
import dev.fewstep.worker.image.ImageDecoder;
import dev.fewstep.worker.image.ImageFormatException;
import dev.fewstep.worker.image.PixelImage;
import java.io.IOException;
import java.io.InputStream;

/**
 * One image of a source.
 *
 * @param name what a person calls it, for messages
 * @param label its class, or -1
 * @param content its pixels, or the file that holds them
 */
record SourceImage(String name, int label, Content content) {

  /** What an image is made of. */
  interface Content {
    /** Bytes of memory that making the pixels takes at most. */
    long memory();

    /** Makes the pixels. */
    PixelImage decode(ImageDecoder decoder) throws ImageFormatException;

    /** The bytes as they are in the source. */
    byte[] bytes();
  }

  /**
   * Reads a PNG, JPEG or WebP file to its end.
   *
   * @throws DatasetException when it is longer than {@link EntryNames#MAX_ENCODED}
   */
  static SourceImage read(String name, int label, InputStream in) throws IOException {
    byte[] file = in.readNBytes(EntryNames.MAX_ENCODED + 1);
    if (file.length > EntryNames.MAX_ENCODED) {
      throw new DatasetException(name, "an image file of more than 64 MiB");
    }
    return encoded(name, label, file);
  }

  /** The content of a PNG, JPEG or WebP file. */
  static SourceImage encoded(String name, int label, byte[] file) {
    return new SourceImage(
        name,
        label,
        new Content() {
          @Override
          public long memory() {
            return ImageDecoder.memory(file);
          }

          @Override
          public PixelImage decode(ImageDecoder decoder) throws ImageFormatException {
            return decoder.decode(file);
          }

          @Override
          public byte[] bytes() {
            return file;
          }
        });
  }

  /** Pixels that need no decoding. */
  static SourceImage decoded(String name, int label, PixelImage image) {
    return new SourceImage(
        name,
        label,
        new Content() {
          @Override
          public long memory() {
            return image.planes().length;
          }

          @Override
          public PixelImage decode(ImageDecoder decoder) {
            return image;
          }

          @Override
          public byte[] bytes() {
            return image.planes();
          }
        });
  }
}
