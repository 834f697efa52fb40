package dev.fewstep.worker.tensor;

import java.io.IOException;
import java.nio.file.Path;

/** A TorchScript file in a process that does not run such code. */
public final class UntrustedScriptException extends IOException {
  private static final long serialVersionUID = 1L;

  /** Says which file, and what to set. */
  public UntrustedScriptException(Path file) {
    super(
        file
            + ": it is a TorchScript file, which is code, and this process runs none: set "
            + ScriptTrust.VARIABLE
            + "=allow where it runs if you trust whoever can import files, or use a .pth or"
            + " .safetensors of the same network");
  }
}
