package dev.fewstep.worker.data.source;

import dev.fewstep.worker.data.DatasetException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Images that are the values of an LMDB file, in key order: LSUN's. Where a file holds several
 * resolutions under keys such as {@code 256-00017} (FFHQ as DDIM's code reads it), one is taken.
 */
final class LmdbSource implements ImageSource {
  private static final String COUNT_KEY = "length";

  private final Path file;
  private final String prefix;
  private final LmdbFile lmdb;
  private final LmdbFile.Cursor cursor;
  private final int count;

  /**
   * Counts the images.
   *
   * @param file {@code data.mdb}
   * @param prefix what the keys of the images begin with; empty for all
   */
  LmdbSource(Path file, String prefix) throws IOException {
    this.file = file;
    this.prefix = prefix;
    lmdb = new LmdbFile(file);
    boolean opened = false;
    try {
      long images = 0;
      LmdbFile.Cursor first = lmdb.cursor();
      while (first.next()) {
        if (isImage(first.key())) {
          images++;
        }
      }
      EntryNames.checkCount(file, images);
      if (images == 0) {
        throw new DatasetException(
            file,
            "none of its " + lmdb.entries() + " entries has a key beginning with '" + prefix + "'");
      }
      count = (int) images;
      cursor = lmdb.cursor();
      opened = true;
    } finally {
      if (!opened) {
        lmdb.close();
      }
    }
  }

  private boolean isImage(byte[] key) {
    String text = new String(key, StandardCharsets.ISO_8859_1);
    return text.startsWith(prefix) && !text.equals(COUNT_KEY);
  }

  @Override
  public String kind() {
    return "lmdb";
  }

  @Override
  public int count() {
    return count;
  }

  @Override
  public boolean labelled() {
    return false;
  }

  @Override
  public List<String> classes() {
    return List.of();
  }

  @Override
  public Optional<SourceImage> next() throws IOException {
    while (cursor.next()) {
      if (isImage(cursor.key())) {
        String key = new String(cursor.key(), StandardCharsets.ISO_8859_1);
        byte[] value = cursor.value(EntryNames.MAX_ENCODED);
        return Optional.of(SourceImage.encoded(EntryNames.shown(file, key), -1, value));
      }
    }
    return Optional.empty();
  }

  @Override
  public void close() throws IOException {
    lmdb.close();
  }
}
