package dev.fewstep.worker.tensor;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.jni.JniUtils;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.Phaser;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Starts libtorch once per process, offline unless the user asked otherwise.
 *
 * <p>The native library is unpacked into {@code DJL_CACHE_DIR} (environment or system property) on
 * the first start, by default below the user's home. A CUDA libtorch is used when {@code
 * PYTORCH_LIBRARY_PATH} points to one.
 */
public final class TorchEngine {
  private static final Logger LOG = LoggerFactory.getLogger(TorchEngine.class);

  /** Held for reading by native work, for writing by the JVM's shutdown. */
  private static final ReentrantReadWriteLock EXIT = new ReentrantReadWriteLock();

  private static final Duration EXIT_PATIENCE = Duration.ofSeconds(30);

  /** One party is the JVM's shutdown, each further one a {@link Hold}. */
  private static final Phaser HOLDS = new Phaser(1);

  private static final Duration HOLD_PATIENCE = Duration.ofSeconds(90);

  private static final Engine ENGINE = load();

  private TorchEngine() {}

  private static Engine load() {
    if (System.getProperty("ai.djl.offline") == null) {
      System.setProperty("ai.djl.offline", "true");
    }
    // The profiling executor would change code paths after the first calls of a method; results
    // must not depend on how
    // often a method was called before.
    if (System.getProperty("ai.djl.pytorch.graph_optimizer") == null) {
      System.setProperty("ai.djl.pytorch.graph_optimizer", "false");
    }
    Engine engine = Engine.getEngine("PyTorch");
    // The engine's start leaves the grad mode of this one thread off; every other thread begins
    // with it on.
    JniUtils.setGradMode(true);
    Runtime.getRuntime().addShutdownHook(new Thread(TorchEngine::awaitNativeWork, "fewstep-exit"));
    return engine;
  }

  /**
   * libtorch is torn down when the JVM exits; an operator that runs meanwhile would crash the
   * process.
   */
  private static void awaitNativeWork() {
    try {
      awaitHolds();
      if (!EXIT.writeLock().tryLock(EXIT_PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
        LOG.warn("Native work did not end within {}; exiting all the same", EXIT_PATIENCE);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void awaitHolds() throws InterruptedException {
    try {
      HOLDS.awaitAdvanceInterruptibly(
          HOLDS.arrive(), HOLD_PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      LOG.warn("A task did not hand itself back within {}; exiting all the same", HOLD_PATIENCE);
    }
  }

  /** Keeps the JVM's exit from stopping native work until it is closed. */
  public interface Hold extends AutoCloseable {
    @Override
    void close();
  }

  /**
   * Lets work that is asked to stop at the JVM's exit go on until it has saved itself. Without a
   * hold, native work stops between two operations as soon as the exit begins.
   *
   * @return to be closed once, by any thread, within 90 seconds of the exit's beginning
   */
  public static Hold hold() {
    HOLDS.register();
    return HOLDS::arriveAndDeregister;
  }

  /** Marks the beginning of native work that the JVM's exit must wait for. */
  static void enter() {
    start();
    EXIT.readLock().lock();
  }

  /** Marks the end of what {@link #enter} began, on the same thread. */
  static void leave() {
    EXIT.readLock().unlock();
  }

  /** Starts the engine when it is not running; returns at once otherwise. */
  public static void start() {
    if (ENGINE == null) {
      throw new IllegalStateException("The PyTorch engine is not available");
    }
    JniUtils.setGraphExecutorOptimize(false);
  }

  /**
   * Sets the number of threads inside one operator. Results are bit-equal only between runs with
   * the same number.
   *
   * @param threads at least 1
   */
  public static void setThreads(int threads) {
    if (threads < 1) {
      throw new IllegalArgumentException("threads must be at least 1 but is " + threads);
    }
    start();
    JniUtils.setNumThreads(threads);
  }

  /**
   * The number of threads inside one operator.
   *
   * @return at least 1
   */
  public static int threads() {
    start();
    return JniUtils.getNumThreads();
  }

  /**
   * The version of the loaded libtorch.
   *
   * @return for example {@code 2.7.1}
   */
  public static String version() {
    start();
    return ENGINE.getVersion();
  }

  /**
   * Opens a manager that owns tensors on a device; the caller closes it.
   *
   * @param device the device
   * @return a new root manager
   */
  public static NDManager newManager(Device device) {
    start();
    return NDManager.newBaseManager(device, "PyTorch");
  }

  /**
   * Reads a device name.
   *
   * @param name {@code cpu}, {@code cuda} (the first GPU) or {@code cuda:N}
   * @return the device
   * @throws IllegalArgumentException for another name, or a GPU that this machine does not offer
   */
  public static Device device(String name) {
    String text = name.trim().toLowerCase(Locale.ROOT);
    if (text.equals("cpu")) {
      return Device.cpu();
    }
    if (!text.matches("cuda(:\\d{1,3})?")) {
      throw new IllegalArgumentException(
          "Unknown device '" + name + "': expected cpu, cuda or cuda:N");
    }
    int index = text.length() == 4 ? 0 : Integer.parseInt(text.substring(5));
    start();
    if (index >= ENGINE.getGpuCount()) {
      throw new IllegalArgumentException(
          "Device '" + name + "' is not there: libtorch sees " + ENGINE.getGpuCount() + " GPUs");
    }
    return Device.gpu(index);
  }

  /**
   * The name by which libtorch knows a device.
   *
   * @param device a CPU or GPU
   * @return {@code cpu} or {@code cuda:N}
   */
  public static String torchName(Device device) {
    return device.isGpu() ? "cuda:" + device.getDeviceId() : "cpu";
  }
}
