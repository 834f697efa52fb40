package dev.fewstep.cli.local;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import dev.fewstep.cli.CliException;
import dev.fewstep.schemas.Json;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Checkpoints of training, which may be too large to read for one number. */
final class CheckpointFile {
  private static final String ITERATION = "iteration";
  private static final int MAX_HEADER = 16 << 20;

  private CheckpointFile() {}

  /**
   * The iteration that a checkpoint is of; only its header and this number are read.
   *
   * @throws CliException when the file is no checkpoint of fewstep's
   */
  static int iteration(Path file) throws IOException {
    if (!Files.isRegularFile(file)) {
      throw CliException.usage("no checkpoint " + file);
    }
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      long length = bytes(channel, 0, 8).getLong(0);
      if (length >= 2 && length <= Math.min(MAX_HEADER, channel.size() - 8)) {
        byte[] header = bytes(channel, 8, (int) length).array();
        JsonNode place = Json.messages().readTree(header).path(ITERATION);
        long from = 8 + length + place.path("data_offsets").path(0).asLong(-1);
        if ("I64".equals(place.path("dtype").asText())
            && from >= 8 + length
            && from <= channel.size() - 8) {
          return Math.toIntExact(bytes(channel, from, 8).getLong(0));
        }
      }
    } catch (JsonProcessingException | ArithmeticException e) {
      throw CliException.usage(file + " is no checkpoint of a finetune", e);
    }
    throw CliException.usage(
        file + " is no checkpoint of a finetune: it does not say of which iteration it is");
  }

  private static ByteBuffer bytes(FileChannel channel, long from, int count) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(count).order(ByteOrder.LITTLE_ENDIAN);
    while (bytes.hasRemaining()) {
      int read = channel.read(bytes, from + bytes.position());
      if (read < 0) {
        break;
      }
    }
    return bytes;
  }
}
