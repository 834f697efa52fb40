package dev.fewstep.worker.tensor;

import ai.djl.Device;
import ai.djl.pytorch.jni.ScriptModule;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * Writes a TorchScript archive around methods given as text, without Python.
 *
 * <p>The archive holds one class {@code __torch__.Ops} without parameters; its methods take all
 * tensors as arguments, so one archive serves every device.
 */
public final class ScriptArchive {
  private static final String HEADER =
      """
      class Ops(Module):
        __parameters__ = []
        __buffers__ = []
        training : bool
      """;

  /** Pickle protocol 2 of an {@code Ops} object with the one attribute {@code training = False}. */
  private static final byte[] DATA =
      "\u0080\u0002c__torch__\nOps\nq\u0000)\u0081}X\u0008\u0000\u0000\u0000trainingq\u0001\u0089sb."
          .getBytes(StandardCharsets.ISO_8859_1);

  private static final byte[] EMPTY_TUPLE = "\u0080\u0002).".getBytes(StandardCharsets.ISO_8859_1);

  private ScriptArchive() {}

  /**
   * Compiles methods.
   *
   * @param methods method texts, indented by two spaces, whose first parameter is {@code self:
   *     __torch__.Ops}
   * @return the loaded module
   * @throws ai.djl.engine.EngineException naming the line that libtorch refuses
   */
  public static ScriptModule compile(String methods) {
    TorchEngine.start();
    return ScriptModule.load(write(methods), Device.cpu());
  }

  /**
   * Writes the archive.
   *
   * @param methods as for {@link #compile}
   * @return the bytes of a zip that {@code torch.jit.load} reads
   */
  public static byte[] write(String methods) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      put(zip, "archive/data.pkl", DATA);
      put(zip, "archive/code/__torch__.py", (HEADER + methods).getBytes(StandardCharsets.UTF_8));
      put(zip, "archive/constants.pkl", EMPTY_TUPLE);
      put(zip, "archive/version", "10\n".getBytes(StandardCharsets.US_ASCII));
    } catch (IOException e) {
      throw new UncheckedIOException("Writing a TorchScript archive to memory failed", e);
    }
    return bytes.toByteArray();
  }

  private static void put(ZipOutputStream zip, String name, byte[] content) throws IOException {
    ZipEntry entry = new ZipEntry(name);
    entry.setTime(0);
    zip.putNextEntry(entry);
    zip.write(content);
    zip.closeEntry();
  }
}
