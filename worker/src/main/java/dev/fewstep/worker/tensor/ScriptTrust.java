package dev.fewstep.worker.tensor;

import dev.fewstep.schemas.spec.Checks;
import java.nio.file.Path;

/**
 * Whether this process may run TorchScript files of users. A TorchScript file is code: whoever can
 * import one can run it on every worker that allows it. Nothing is allowed until somebody says so;
 * the setting belongs to the process because the code would run in all of it.
 */
public final class ScriptTrust {
  /** Name of the environment variable that people set, to {@code allow} or {@code deny}. */
  public static final String VARIABLE = "FEWSTEP_TORCHSCRIPT";

  private static volatile boolean allowed;

  private ScriptTrust() {}

  /** Allows or forbids, for the whole process. */
  public static void set(boolean allow) {
    allowed = allow;
  }

  /** Whether TorchScript files may be loaded. */
  public static boolean allowed() {
    return allowed;
  }

  /**
   * Reads the setting.
   *
   * @return whether it is {@code allow}
   * @throws IllegalArgumentException when it is neither {@code allow} nor {@code deny}
   */
  public static boolean parse(String text) {
    boolean allow = text.equals("allow");
    Checks.require(
        allow || text.equals("deny"),
        "TorchScript files are either 'allow' or 'deny' (%s), not '%s'",
        VARIABLE,
        text);
    return allow;
  }

  /**
   * Refuses a TorchScript file unless they are allowed.
   *
   * @throws UntrustedScriptException saying what to do
   */
  public static void require(Path file) throws UntrustedScriptException {
    if (!allowed) {
      throw new UntrustedScriptException(file);
    }
  }
}
