package dev.fewstep.cli;

import dev.fewstep.cli.weights.Catalogue;
import dev.fewstep.cli.weights.Download;
import dev.fewstep.schemas.Digests;
import io.minio.GetObjectArgs;
import io.minio.MinioClient;
import io.minio.StatObjectArgs;
import io.minio.errors.MinioException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import picocli.CommandLine.Option;

/** Options of verbs that take a file from where it is: a path, an address, an S3 object. */
final class SourceOptions {
  static final String CATALOGUE = "catalogue:";
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final int DIGITS = 16;

  @Option(names = "--md5", paramLabel = "HEX", description = "MD5 that the file must have")
  private String md5;

  @Option(names = "--sha256", paramLabel = "HEX", description = "SHA-256 that the file must have")
  private String sha256;

  @Option(
      names = "--max-size",
      paramLabel = "GIB",
      defaultValue = "16",
      description = "largest download, in GiB (default: ${DEFAULT-VALUE})")
  private double maxSize;

  private Optional<String> hex(String value, int digits, String option) {
    if (value == null) {
      return Optional.empty();
    }
    String hex = value.toLowerCase(Locale.ROOT);
    if (!hex.matches("[0-9a-f]{" + digits + "}")) {
      throw CliException.usage(option + " takes " + digits + " hexadecimal digits, not " + value);
    }
    return Optional.of(hex);
  }

  /** The catalogue's entry that a source names. */
  static Optional<Catalogue.Entry> entry(String source) {
    return source.startsWith(CATALOGUE)
        ? Optional.of(Catalogue.load().get(source.substring(CATALOGUE.length())))
        : Optional.empty();
  }

  /**
   * The file, downloaded into the cache where it is not local, its digests checked.
   *
   * @param source a path, {@code http(s)://…}, {@code s3://BUCKET/KEY} or {@code catalogue:NAME}
   */
  Path local(Main main, String source) throws IOException {
    Download.Expected said =
        new Download.Expected(hex(md5, 32, "--md5"), hex(sha256, 64, "--sha256"));
    Optional<Catalogue.Entry> entry = entry(source);
    if (entry.isPresent()) {
      Download.Expected known = entry.get().expected();
      return download(
          main,
          entry.get().url(),
          new Download.Expected(said.md5().or(known::md5), said.sha256().or(known::sha256)));
    }
    String scheme = source.replaceFirst("^([A-Za-z][A-Za-z0-9+.-]+)://.*", "$1");
    if (scheme.equals(source)) {
      Path file = Path.of(source);
      if (said.md5().isPresent() || said.sha256().isPresent()) {
        compare(file, said);
      }
      return file;
    }
    return switch (scheme.toLowerCase(Locale.ROOT)) {
      case "http", "https" -> download(main, uri(source), said);
      case "s3" -> s3(main, uri(source), said);
      default ->
          throw CliException.usage(
              "a source is a path, http://…, https://…, s3://BUCKET/KEY or catalogue:NAME, not "
                  + source);
    };
  }

  private static void compare(Path file, Download.Expected expected) throws IOException {
    Optional<String> mismatch = Download.mismatch(Download.sums(file), expected);
    if (mismatch.isPresent()) {
      throw CliException.usage(file + " is not the file expected: " + mismatch.get());
    }
  }

  private static URI uri(String source) {
    try {
      return URI.create(source);
    } catch (IllegalArgumentException e) {
      throw CliException.usage("not an address: " + source, e);
    }
  }

  private long maxBytes() {
    return (long) (maxSize * (1L << 30));
  }

  private static Path cached(Main main, URI uri) {
    String path = uri.getPath() == null ? "" : uri.getPath();
    String name = path.substring(path.lastIndexOf('/') + 1).replaceAll("[^A-Za-z0-9._-]", "_");
    String key = Digests.sha256Hex(uri.toString()).substring(0, DIGITS);
    return main.settings()
        .path(Setting.CACHE_DIR)
        .resolve("downloads")
        .resolve(key + (name.isEmpty() || name.startsWith(".") ? "" : "-" + name));
  }

  private Path download(Main main, URI uri, Download.Expected expected) throws IOException {
    Path target = cached(main, uri);
    try (DownloadProgress progress = new DownloadProgress(main)) {
      Download.Sums sums =
          new Download(maxBytes(), PATIENCE, progress).fetch(uri, target, expected);
      told(main, uri, sums, expected);
    }
    return target;
  }

  private static void told(Main main, URI uri, Download.Sums sums, Download.Expected expected) {
    boolean verified = expected.md5().isPresent() || expected.sha256().isPresent();
    main.err()
        .printf(
            "%s: %d bytes, MD5 %s, SHA-256 %s%s%n",
            uri,
            sums.bytes(),
            sums.md5(),
            sums.sha256(),
            verified ? ", as expected" : " (no digest was known to compare with)");
  }

  private Path s3(Main main, URI uri, Download.Expected expected) throws IOException {
    String key = uri.getPath() == null ? "" : uri.getPath().replaceFirst("^/", "");
    if (uri.getHost() == null || key.isEmpty()) {
      throw CliException.usage("an S3 object is s3://BUCKET/KEY, not " + uri);
    }
    Path target = cached(main, uri);
    Files.createDirectories(target.getParent());
    Path part = target.resolveSibling(target.getFileName() + ".part");
    MinioClient client = client(main.settings());
    try (DownloadProgress progress = new DownloadProgress(main)) {
      long size =
          client
              .statObject(StatObjectArgs.builder().bucket(uri.getHost()).object(key).build())
              .size();
      if (size > maxBytes()) {
        throw CliException.usage(uri + " is larger than --max-size allows: " + size + " bytes");
      }
      try (InputStream in =
              client.getObject(GetObjectArgs.builder().bucket(uri.getHost()).object(key).build());
          OutputStream out = Files.newOutputStream(part)) {
        byte[] chunk = new byte[1 << 16];
        long done = 0;
        for (int read = in.read(chunk); read >= 0; read = in.read(chunk)) {
          out.write(chunk, 0, read);
          done += read;
          progress.at(done, size);
        }
      }
    } catch (MinioException e) {
      throw CliException.failed(uri + " could not be read: " + e.getMessage(), e);
    }
    Download.Sums sums = Download.sums(part);
    compare(part, expected);
    Files.move(part, target, StandardCopyOption.REPLACE_EXISTING);
    told(main, uri, sums, expected);
    return target;
  }

  private static MinioClient client(Settings settings) {
    MinioClient.Builder builder =
        MinioClient.builder()
            .endpoint(settings.text(Setting.S3_ENDPOINT))
            .region(settings.text(Setting.S3_REGION));
    String access = settings.text(Setting.S3_ACCESS_KEY);
    return access.isEmpty()
        ? builder.build()
        : builder.credentials(access, settings.text(Setting.S3_SECRET_KEY)).build();
  }
}
