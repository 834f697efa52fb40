package dev.fewstep.orchestrator.backup;

import static dev.fewstep.schemas.spec.Checks.require;
import static java.util.Objects.requireNonNull;

import dev.fewstep.schemas.Artifact;
import dev.fewstep.schemas.Digests;
import java.time.Instant;
import java.util.List;
import java.util.regex.Pattern;

/**
 * What a backup holds; its file {@code manifest.json}, written last.
 *
 * @param format always {@value #FORMAT}
 * @param version version of this format
 * @param schemaVersion version of the state's schema that the writer wrote
 * @param createdAt wall clock of the writer
 * @param stateOffset the state topic was read up to here
 * @param inboxPosition the state had decided the inbox up to here
 * @param state the state's records
 * @param inbox inbox records behind that position
 * @param artifacts list of the artifacts, which lie in {@code objects/}
 * @param artifactBytes bytes of all of them
 * @param missing artifacts that the state refers to but the store did not have
 */
record BackupManifest(
    String format,
    int version,
    int schemaVersion,
    Instant createdAt,
    long stateOffset,
    long inboxPosition,
    Part state,
    Part inbox,
    Part artifacts,
    long artifactBytes,
    List<Artifact> missing) {
  static final String FORMAT = "fewstep-backup";
  static final int VERSION = 1;
  static final String FILE = "manifest.json";

  BackupManifest {
    require(FORMAT.equals(format), "its format is '%s', not '%s'", format, FORMAT);
    require(
        version >= 1 && version <= VERSION,
        "it has version %s of the format and this release reads up to %s: use a newer release",
        version,
        VERSION);
    requireNonNull(createdAt, "createdAt");
    requireNonNull(state, "state");
    requireNonNull(inbox, "inbox");
    requireNonNull(artifacts, "artifacts");
    missing = List.copyOf(missing);
  }

  /**
   * A file of JSON lines, compressed with gzip.
   *
   * @param file plain name in the folder, made of what it is and its digest
   * @param records number of lines
   * @param sha256 digest of the compressed file
   */
  record Part(String file, long records, String sha256) {
    private static final Pattern NAME = Pattern.compile("(state|inbox|artifacts)-[0-9a-f]{16}");
    static final String ENDING = ".jsonl.gz";

    Part {
      requireNonNull(file, "file");
      Digests.requireSha256(sha256, "sha256");
      require(
          file.endsWith(ENDING)
              && NAME.matcher(file.substring(0, file.length() - ENDING.length())).matches(),
          "'%s' is no file of a backup",
          file);
      require(records >= 0, "records must not be negative, not %s", records);
    }
  }
}
