package dev.fewstep.orchestrator.api;

import dev.fewstep.schemas.ArtifactKind;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;

/** Recognises uploaded files by their first bytes, so that a wrong file is refused at once. */
final class InputFormats {
  private static final int HEAD = 9;
  private static final long MAX_SAFETENSORS_HEADER = 100_000_000;

  private InputFormats() {}

  /**
   * Checks that a file begins as one of its kind does.
   *
   * @throws IllegalArgumentException when it does not
   */
  static void check(ArtifactKind kind, Path file) throws IOException {
    byte[] head;
    try (InputStream in = Files.newInputStream(file)) {
      head = in.readNBytes(HEAD);
    }
    boolean known =
        switch (kind) {
          case DATASET, STATISTICS -> head.length == HEAD && head[0] == 'P' && head[1] == 'K';
          case WEIGHTS -> isSafetensors(head, Files.size(file));
          case EXTRACTOR -> isSafetensors(head, Files.size(file)) || isTorch(head);
          default -> false;
        };
    if (!known) {
      throw new IllegalArgumentException(
          "The file is no " + expected(kind) + ", as an input of kind " + kind + " must be.");
    }
  }

  private static String expected(ArtifactKind kind) {
    return switch (kind) {
      case DATASET, STATISTICS -> ".npz archive";
      case EXTRACTOR -> ".safetensors, .pth or TorchScript file";
      default -> ".safetensors file";
    };
  }

  /** A zip of {@code torch.save} or {@code torch.jit.save}, or a pickle of before PyTorch 1.6. */
  private static boolean isTorch(byte[] head) {
    boolean zip = head.length == HEAD && head[0] == 'P' && head[1] == 'K';
    return zip || (head.length == HEAD && head[0] == (byte) 0x80 && head[1] >= 2 && head[1] <= 5);
  }

  private static boolean isSafetensors(byte[] head, long bytes) {
    if (head.length < HEAD || head[HEAD - 1] != '{') {
      return false;
    }
    long header = ByteBuffer.wrap(head).order(ByteOrder.LITTLE_ENDIAN).getLong();
    return header > 1 && header <= MAX_SAFETENSORS_HEADER && header + 8 <= bytes;
  }
}
