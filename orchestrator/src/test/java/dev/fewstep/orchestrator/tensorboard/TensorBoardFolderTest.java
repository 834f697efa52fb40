package dev.fewstep.orchestrator.tensorboard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.fewstep.schemas.Artifact;
import dev.fewstep.schemas.ArtifactKind;
import dev.fewstep.schemas.Digests;
import dev.fewstep.schemas.state.TaskResult;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.zip.CRC32C;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Event files as TensorBoard itself reads them, and frame by frame. */
class TensorBoardFolderTest {
  private static final String CURVE =
      """
      {"points":[{"name":"loss","step":0,"value":0.5},{"name":"loss","step":10,"value":0.25},
                 {"name":"gradient_norm","step":10,"value":"NaN"}]}
      """;
  private static final String READER =
      """
      import sys
      from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
      run = EventAccumulator(sys.argv[1], size_guidance={"scalars": 0, "images": 0})
      run.Reload()
      for tag in sorted(run.Tags()["scalars"]):
          for e in run.Scalars(tag):
              print("scalar", tag, e.step, e.value, int(e.wall_time))
      for tag in sorted(run.Tags()["images"]):
          for e in run.Images(tag):
              print("image", tag, e.step, e.width, e.height, len(e.encoded_image_string))
      """;

  @TempDir Path folder;

  private final Map<String, byte[]> stored = new HashMap<>();

  private Artifact file(ArtifactKind kind, String name, byte[] bytes) {
    String digest = Digests.sha256Hex(bytes);
    stored.put(digest, bytes);
    return new Artifact(kind, name, bytes.length, digest);
  }

  private static byte[] png() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try {
      ImageIO.write(new BufferedImage(7, 5, BufferedImage.TYPE_INT_RGB), "png", out);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }

  private TaskRun run() {
    List<Artifact> files =
        List.of(
            file(ArtifactKind.CURVE, "curve.json", CURVE.getBytes(StandardCharsets.UTF_8)),
            file(ArtifactKind.SHEET, "sheet.png", png()),
            file(ArtifactKind.SHEET, "broken.png", new byte[100]),
            new Artifact(ArtifactKind.SHEET, "gone.png", 9, "ab".repeat(32)));
    return new TaskRun(
        "0000,seed=1/finetune-01234567",
        Instant.ofEpochSecond(1_700_000_000),
        new TaskResult(1, UUID.randomUUID(), files, Map.of("final_loss", 0.25), Map.of(), 1));
  }

  private byte[] events() throws IOException {
    return new TensorBoardFolder(artifact -> Optional.ofNullable(stored.get(artifact.sha256())))
        .events(run());
  }

  @Test
  void theChecksumIsTheOneOfRfc3720AndTheMaskThatOfTfRecord() {
    byte[] ones = new byte[32];
    Arrays.fill(ones, (byte) 0xff);
    for (Map.Entry<byte[], Integer> vector :
        List.of(Map.entry(new byte[32], 0x8a9136aa), Map.entry(ones, 0x62a8ab43))) {
      CRC32C crc = new CRC32C();
      crc.update(vector.getKey());
      assertThat((int) crc.getValue()).isEqualTo(vector.getValue());
      int rotated = EventFile.masked(vector.getKey()) - 0xa282ead8;
      assertThat(Integer.rotateLeft(rotated, 15)).isEqualTo(vector.getValue());
    }
  }

  @Test
  void framesFollowOneAnotherToTheEnd() throws IOException {
    ByteBuffer file = ByteBuffer.wrap(events()).order(ByteOrder.LITTLE_ENDIAN);
    List<byte[]> messages = new ArrayList<>();
    while (file.hasRemaining()) {
      byte[] length = new byte[8];
      file.get(length);
      assertThat(file.getInt()).isEqualTo(EventFile.masked(length));
      byte[] message =
          new byte[(int) ByteBuffer.wrap(length).order(ByteOrder.LITTLE_ENDIAN).getLong()];
      file.get(message);
      assertThat(file.getInt()).isEqualTo(EventFile.masked(message));
      messages.add(message);
    }
    // The version, three points, a score, a picture; what is no picture is left out.
    assertThat(messages).hasSize(6);
    assertThat(new String(messages.get(0), StandardCharsets.ISO_8859_1)).contains("brain.Event:2");
  }

  @Test
  void tensorBoardReadsThem() throws Exception {
    boolean present = python("import tensorboard").exit() == 0;
    boolean required =
        Arrays.asList(System.getProperty("fewstep.require", "").split("\\s*,\\s*"))
            .contains("tensorboard");
    if (!present && !required) {
      System.err.println(
          "SKIPPED, part 'tensorboard' is absent: python3 cannot import it"
              + " (-Dfewstep.require=tensorboard makes this an error)");
    }
    assumeTrue(present || required);
    Files.write(folder.resolve("events.out.tfevents.1700000000.fewstep"), events());

    Run read = python(READER, folder.toString());

    assertThat(read.text().lines().filter(line -> line.matches("(scalar|image) .*")))
        .as(read.text())
        .containsExactly(
            "scalar gradient_norm 10 nan 1700000000",
            "scalar loss 0 0.5 1700000000",
            "scalar loss 10 0.25 1700000000",
            "scalar scores/final_loss 10 0.25 1700000000",
            "image sheet 10 7 5 " + png().length);
  }

  private record Run(int exit, String text) {}

  private static Run python(String script, String... arguments) throws Exception {
    List<String> command = new ArrayList<>(List.of("python3", "-c", script));
    command.addAll(List.of(arguments));
    try {
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      return new Run(process.waitFor(), text);
    } catch (IOException e) {
      return new Run(127, e.getMessage());
    }
  }
}
