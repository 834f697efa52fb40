package dev.fewstep.orchestrator.tensorboard;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fewstep.schemas.Artifact;
import dev.fewstep.schemas.ArtifactKind;
import dev.fewstep.schemas.Json;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Date;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;

/**
 * A tar of event files, one folder a run, written run by run. Curves become scalars at their steps,
 * scores scalars at the last step, sheets of samples images. The wall time of all of a run is when
 * its task succeeded: curves do not keep the times of their points.
 */
public final class TensorBoardFolder {
  /** A picture or a curve that is larger is left out. */
  private static final long LARGEST = 64L << 20;

  private final Files files;

  /** Where artifacts are read. */
  @FunctionalInterface
  public interface Files {
    /** All of a file; empty when the store does not have it any more. */
    Optional<byte[]> read(Artifact artifact) throws IOException;
  }

  /** With artifacts from there. */
  public TensorBoardFolder(Files files) {
    this.files = requireNonNull(files, "files");
  }

  /**
   * Writes runs; does not close the stream.
   *
   * @param folder name of the folder that they are in
   */
  public void write(String folder, List<TaskRun> runs, OutputStream out) throws IOException {
    TarArchiveOutputStream tar = new TarArchiveOutputStream(out, "UTF-8");
    tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
    for (TaskRun run : runs) {
      byte[] events = events(run);
      long seconds = run.finishedAt().getEpochSecond();
      TarArchiveEntry entry =
          new TarArchiveEntry(
              folder + "/" + run.name() + "/events.out.tfevents." + seconds + ".fewstep");
      entry.setSize(events.length);
      entry.setModTime(Date.from(run.finishedAt()));
      tar.putArchiveEntry(entry);
      tar.write(events);
      tar.closeArchiveEntry();
    }
    tar.finish();
    tar.flush();
  }

  /** The event file of a run. */
  byte[] events(TaskRun run) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    EventFile file = new EventFile(bytes, run.finishedAt().toEpochMilli() / 1000.0);
    long last = 0;
    for (Artifact artifact : run.result().artifacts()) {
      if (artifact.kind() == ArtifactKind.CURVE && artifact.name().endsWith(".json")) {
        for (JsonNode point : Json.messages().readTree(read(artifact)).path("points")) {
          long step = point.path("step").asLong();
          file.scalar(point.path("name").asText(), step, point.path("value").asDouble(Double.NaN));
          last = Math.max(last, step);
        }
      }
    }
    for (var score : new TreeMap<>(run.result().scores()).entrySet()) {
      file.scalar("scores/" + score.getKey(), last, score.getValue());
    }
    for (Artifact artifact : run.result().artifacts()) {
      if (artifact.name().endsWith(".png")) {
        String tag = artifact.name().replaceAll("(-\\d{1,9})?\\.png$", "");
        file.image(tag, TaskRun.step(artifact.name()).orElse((int) last), read(artifact));
      }
    }
    return bytes.toByteArray();
  }

  private byte[] read(Artifact artifact) throws IOException {
    return artifact.bytes() > LARGEST ? new byte[0] : files.read(artifact).orElse(new byte[0]);
  }
}
