package ai.djl.pytorch.jni;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.engine.PtSymbolBlock;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;

/**
 * A loaded TorchScript module whose methods can be called with gradients.
 *
 * <p>DJL's public {@code IValueUtils.runMethod} switches the graph off whatever the thread's grad
 * mode says; this class leaves the decision to the thread ({@code JniUtils.setGradMode}). Calls are
 * thread-safe; a module that it loads is never freed before the process ends, because libtorch
 * keeps compiled code for it anyway.
 */
public final class ScriptModule {
  private final long module;

  private ScriptModule(long module) {
    this.module = module;
  }

  /**
   * Loads a TorchScript archive.
   *
   * @param archive the zip that {@code torch.jit.load} would read
   * @param device where the module's tensors go
   * @return the module
   * @throws ai.djl.engine.EngineException when libtorch refuses the archive or its code
   */
  public static ScriptModule load(byte[] archive, Device device) {
    try {
      return new ScriptModule(
          JniUtils.loadModuleHandle(new ByteArrayInputStream(archive), device, true, false));
    } catch (IOException e) {
      throw new UncheckedIOException("Reading an archive from memory failed", e);
    }
  }

  /**
   * The methods of a module that DJL loaded, which frees it.
   *
   * @param block open for as long as the result is used
   */
  public static ScriptModule of(PtSymbolBlock block) {
    return new ScriptModule(block.getHandle());
  }

  /** Names of its methods. */
  public List<String> methods() {
    return List.of(PyTorchLibrary.LIB.moduleGetMethodNames(module));
  }

  /**
   * Runs a method that returns one tensor.
   *
   * @param manager owner of the result
   * @param method name of the method
   * @param args {@link NDArray}, {@code Long}, {@code Integer}, {@code Double}, {@code Boolean},
   *     {@code String}, {@code long[]}, {@code double[]} or a {@code List<NDArray>}
   * @return the tensor, on the graph when the thread's grad mode is on
   */
  public NDArray tensor(NDManager manager, String method, Object... args) {
    try (IValue result = run(method, args)) {
      return result.toTensor((PtNDManager) manager);
    }
  }

  /**
   * Runs a method that returns a {@code List[Tensor]} or a tuple of tensors.
   *
   * @param manager owner of the results
   * @param method name of the method
   * @param args as for {@link #tensor}
   * @return the tensors in order
   */
  public List<NDArray> tensors(NDManager manager, String method, Object... args) {
    try (IValue result = run(method, args)) {
      return List.copyOf(result.toNDList((PtNDManager) manager));
    }
  }

  private IValue run(String method, Object... args) {
    IValue[] values = new IValue[args.length];
    try {
      long[] handles = new long[args.length];
      for (int i = 0; i < args.length; i++) {
        values[i] = toIValue(args[i]);
        handles[i] = values[i].getHandle();
      }
      return new IValue(PyTorchLibrary.LIB.moduleRunMethod(module, method, handles, true, false));
    } finally {
      for (IValue value : values) {
        if (value != null) {
          value.close();
        }
      }
    }
  }

  private static IValue toIValue(Object arg) {
    if (arg instanceof PtNDArray tensor) {
      return IValue.from(tensor);
    } else if (arg instanceof Integer number) {
      return IValue.from(number.longValue());
    } else if (arg instanceof Long number) {
      return IValue.from(number.longValue());
    } else if (arg instanceof Double number) {
      return IValue.from(number.doubleValue());
    } else if (arg instanceof Boolean flag) {
      return IValue.from(flag.booleanValue());
    } else if (arg instanceof String text) {
      return IValue.from(text);
    } else if (arg instanceof long[] numbers) {
      return IValue.listFrom(numbers);
    } else if (arg instanceof double[] numbers) {
      return IValue.listFrom(numbers);
    } else if (arg instanceof List<?> tensors) {
      return IValue.listFrom(tensors.stream().map(PtNDArray.class::cast).toArray(PtNDArray[]::new));
    }
    throw new IllegalArgumentException(
        "No TorchScript value for an argument of type " + (arg == null ? "null" : arg.getClass()));
  }
}
