package dev.fewstep.worker.checkpoint;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** Reads any tensor file by its content, and writes it by its suffix. */
public final class TensorFile {
  private TensorFile() {}

  /**
   * Reads every tensor in the file's order: {@code .safetensors}, {@code .npz}, {@code .pth}.
   * float16 and bfloat16 become float32, exactly.
   *
   * @throws TensorFormatException when the file is none of these, damaged or hostile
   */
  public static Map<String, NDArray> read(Path file, NDManager manager) throws IOException {
    Map<String, NDArray> arrays = new LinkedHashMap<>();
    readRaw(file).forEach((name, tensor) -> arrays.put(name, tensor.toArray(manager)));
    return arrays;
  }

  /** Reads every tensor as bytes, in the file's order and types. */
  public static Map<String, RawTensor> readRaw(Path file) throws IOException {
    try (TensorArchive archive = TensorArchive.open(file)) {
      return archive.read(archive.tensors().keySet());
    }
  }

  /** Metadata of a {@code .safetensors} file; see {@link SafetensorsFile#metadata}. */
  public static Map<String, String> metadata(Path file) throws IOException {
    return SafetensorsFile.metadata(file);
  }

  /**
   * Writes atomically, in the format of the file's suffix: {@code .safetensors}, {@code .npz}, or
   * {@code .pth} as a plain state dictionary. Equal content makes equal bytes.
   *
   * @param metadata free text; must be empty but for {@code .safetensors}: the others have no place
   *     for it
   * @throws IllegalArgumentException when the suffix is none of these
   */
  public static void write(Path file, Map<String, NDArray> arrays, Map<String, String> metadata)
      throws IOException {
    Map<String, RawTensor> tensors = new LinkedHashMap<>();
    arrays.forEach((name, array) -> tensors.put(name, RawTensor.of(array)));
    writeRaw(file, tensors, metadata);
  }

  /** {@link #write} of tensors as bytes. */
  public static void writeRaw(
      Path file, Map<String, RawTensor> tensors, Map<String, String> metadata) throws IOException {
    String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
    if (name.endsWith(".safetensors")) {
      SafetensorsFile.write(file, tensors, metadata);
    } else if (name.endsWith(".npz") && metadata.isEmpty()) {
      NpzFile.write(file, tensors);
    } else if ((name.endsWith(".pth") || name.endsWith(".pt")) && metadata.isEmpty()) {
      PthFile.write(file, tensors);
    } else {
      throw new IllegalArgumentException(
          "tensors are written to .safetensors, or without metadata to .npz or .pth, not to "
              + file);
    }
  }
}
