package dev.fewstep.orchestrator.transfer;

import static dev.fewstep.schemas.spec.Checks.require;
import static java.util.Objects.requireNonNull;

import dev.fewstep.schemas.Artifact;
import dev.fewstep.schemas.Digests;
import dev.fewstep.schemas.state.StateCodec;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * What a package holds: its first entry, {@value #FILE}. The entries that follow are those of
 * {@code files}, in that order, and no others.
 *
 * @param format always {@value #FORMAT}
 * @param version version of this format
 * @param schemaVersion version of the state's schema that the records were written in
 * @param fewstepVersion version of the writer
 * @param experimentId the experiment
 * @param origin the installation, as whoever exported calls it
 * @param exportedAt wall clock of the writer
 * @param contents which files of tasks were asked for
 * @param inputs whether the files of inputs were asked for
 * @param files every other entry
 * @param absent artifacts that were asked for and that the store did not have, such as logs that a
 *     garbage collection has freed
 */
public record PackageManifest(
    String format,
    int version,
    int schemaVersion,
    String fewstepVersion,
    String experimentId,
    String origin,
    Instant exportedAt,
    PackageContents contents,
    boolean inputs,
    List<Entry> files,
    List<Artifact> absent) {
  static final String FORMAT = "fewstep-experiment";
  static final int VERSION = 1;
  static final String FILE = "manifest.json";
  static final String RECORDS = "records.jsonl.gz";
  static final String SPEC = "spec.json";
  static final String ARTIFACTS = "artifacts/";

  public PackageManifest {
    require(FORMAT.equals(format), "its format is '%s', not '%s'", format, FORMAT);
    require(
        version >= 1 && version <= VERSION,
        "it has version %s of the format and this release reads up to %s: use a newer release",
        version,
        VERSION);
    require(
        schemaVersion >= 1 && schemaVersion <= StateCodec.SCHEMA_VERSION,
        "its records have schema version %s and this release reads up to %s: use a newer release",
        schemaVersion,
        StateCodec.SCHEMA_VERSION);
    requireNonNull(fewstepVersion, "fewstepVersion");
    requireNonNull(experimentId, "experimentId");
    requireNonNull(origin, "origin");
    requireNonNull(exportedAt, "exportedAt");
    requireNonNull(contents, "contents");
    files = List.copyOf(files);
    absent = List.copyOf(absent);
    Set<String> paths = new HashSet<>();
    for (Entry entry : files) {
      require(paths.add(entry.path()), "it lists %s twice", entry.path());
    }
    require(
        !files.isEmpty() && files.get(0).path().equals(RECORDS),
        "the first file that it lists is not %s",
        RECORDS);
  }

  /**
   * An entry.
   *
   * @param path name of the entry, made of what it is or of its digest
   * @param kind what an artifact is for, or RECORDS or SPEC
   * @param name name of an artifact within its task
   * @param bytes size
   * @param sha256 digest of the content
   */
  public record Entry(String path, String kind, String name, long bytes, String sha256) {
    public Entry {
      requireNonNull(path, "path");
      requireNonNull(kind, "kind");
      requireNonNull(name, "name");
      Digests.requireSha256(sha256, "sha256");
      require(bytes >= 0, "the size of %s is %s", path, bytes);
      require(
          path.equals(RECORDS) || path.equals(SPEC) || path.equals(ARTIFACTS + sha256),
          "'%s' is no entry of a package",
          path);
    }

    static Entry of(Artifact artifact) {
      return new Entry(
          ARTIFACTS + artifact.sha256(),
          artifact.kind().name(),
          artifact.name(),
          artifact.bytes(),
          artifact.sha256());
    }

    /** Whether it is an artifact. */
    boolean artifact() {
      return path.startsWith(ARTIFACTS);
    }
  }
}
