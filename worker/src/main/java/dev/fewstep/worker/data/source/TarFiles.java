package dev.fewstep.worker.data.source;

import dev.fewstep.worker.data.DatasetException;
import java.io.BufferedInputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;

/** The files of one tar or of several (the shards of a webdataset), each plain or gzipped. */
final class TarFiles implements Closeable {
  private final Iterator<Path> archives;
  private Path archive;
  private TarArchiveInputStream tar;
  private TarArchiveEntry entry;

  TarFiles(List<Path> archives) {
    this.archives = archives.iterator();
  }

  /** The name of the next regular file; empty after the last. */
  Optional<String> next() throws IOException {
    while (true) {
      if (tar == null) {
        if (!archives.hasNext()) {
          return Optional.empty();
        }
        archive = archives.next();
        tar = open(archive);
      }
      try {
        entry = tar.getNextEntry();
      } catch (IOException | IllegalArgumentException e) {
        throw damaged(e);
      }
      if (entry == null) {
        tar.close();
        tar = null;
        continue;
      }
      EntryNames.check(archive, entry.getName());
      if (entry.isFile() && !entry.isSymbolicLink() && !entry.isLink()) {
        return Optional.of(entry.getName());
      }
      if (EntryNames.isImage(entry.getName()) && (entry.isSymbolicLink() || entry.isLink())) {
        throw new DatasetException(
            shown(), "a link; a dataset's archive holds its files themselves");
      }
    }
  }

  /** The present file, for messages. */
  String shown() {
    return EntryNames.shown(archive, entry.getName());
  }

  /** The present file's bytes; more than {@code limit} are refused. */
  byte[] read(int limit) throws IOException {
    if (entry.getSize() > limit) {
      throw new DatasetException(shown(), "a file of more than " + (limit >> 20) + " MiB");
    }
    try {
      byte[] bytes = tar.readNBytes(limit);
      if (bytes.length != entry.getSize()) {
        throw new DatasetException(shown(), "the archive ends within it");
      }
      return bytes;
    } catch (DatasetException e) {
      throw e;
    } catch (IOException | IllegalArgumentException e) {
      throw damaged(e);
    }
  }

  private static TarArchiveInputStream open(Path archive) throws IOException {
    InputStream raw = new BufferedInputStream(Files.newInputStream(archive), 1 << 16);
    try {
      raw.mark(6);
      byte[] magic = raw.readNBytes(6);
      raw.reset();
      boolean gzip = magic.length > 1 && (magic[0] & 0xff) == 0x1f && (magic[1] & 0xff) == 0x8b;
      boolean zstd = magic.length > 3 && (magic[0] & 0xff) == 0x28 && (magic[1] & 0xff) == 0xb5;
      if (zstd || (magic.length > 2 && magic[0] == 'B' && magic[1] == 'Z')) {
        throw new DatasetException(archive, "only plain and gzipped tar archives are read");
      }
      return new TarArchiveInputStream(gzip ? new GZIPInputStream(raw, 1 << 16) : raw, "UTF-8");
    } catch (IOException e) {
      raw.close();
      if (e instanceof DatasetException) {
        throw e;
      }
      throw new DatasetException(archive, "not a readable archive (" + e.getMessage() + ")", e);
    }
  }

  private DatasetException damaged(Exception e) {
    return new DatasetException(archive, "a damaged or cut archive (" + e.getMessage() + ")", e);
  }

  @Override
  public void close() throws IOException {
    if (tar != null) {
      tar.close();
    }
  }
}
