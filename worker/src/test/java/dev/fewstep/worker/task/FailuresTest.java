package dev.fewstep.worker.task;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.engine.EngineException;
import dev.fewstep.schemas.message.FailureCode;
import dev.fewstep.worker.artifact.StoreException;
import dev.fewstep.worker.checkpoint.TensorFormatException;
import dev.fewstep.worker.data.DatasetException;
import dev.fewstep.worker.task.program.TaskFailure;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class FailuresTest {
  private static FailureCode code(Throwable error) {
    return Failures.explain(error).code();
  }

  private static StoreException store(StoreException.Reason reason) {
    return new StoreException(reason, "the store said so");
  }

  @Test
  void tellsErrorsApart() {
    assertThat(code(new TaskFailure(FailureCode.NOT_FINITE, "x")))
        .isEqualTo(FailureCode.NOT_FINITE);
    assertThat(code(new OutOfMemoryError("Java heap space"))).isEqualTo(FailureCode.OUT_OF_MEMORY);
    assertThat(code(new EngineException("CUDA out of memory. Tried to allocate 2 GiB")))
        .isEqualTo(FailureCode.OUT_OF_MEMORY);
    assertThat(
            code(
                new EngineException(
                    "[enforce fail at alloc_cpu.cpp:117] DefaultCPUAllocator: can't allocate"
                        + " memory: you tried to allocate 8 bytes")))
        .isEqualTo(FailureCode.OUT_OF_MEMORY);
    assertThat(code(new EngineException("size mismatch"))).isEqualTo(FailureCode.INTERNAL);
    assertThat(code(new FileSystemException("/x", null, "No space left on device")))
        .isEqualTo(FailureCode.DISK_FULL);
    assertThat(code(new IOException("broken"))).isEqualTo(FailureCode.INTERNAL);
    assertThat(code(store(StoreException.Reason.UNAVAILABLE)))
        .isEqualTo(FailureCode.STORE_UNAVAILABLE);
    assertThat(code(store(StoreException.Reason.DENIED))).isEqualTo(FailureCode.STORE_UNAVAILABLE);
    assertThat(code(store(StoreException.Reason.MISSING))).isEqualTo(FailureCode.BAD_INPUT);
    assertThat(code(store(StoreException.Reason.CORRUPT))).isEqualTo(FailureCode.BAD_INPUT);
    assertThat(code(new DatasetException(Path.of("d.npz"), "no images")))
        .isEqualTo(FailureCode.BAD_INPUT);
    assertThat(code(new TensorFormatException(Path.of("w"), "no tensors")))
        .isEqualTo(FailureCode.BAD_INPUT);
    assertThat(code(new StackOverflowError())).isEqualTo(FailureCode.INTERNAL);
  }

  @Test
  void looksThroughWrappers() {
    IOException full = new IOException("No space left on device");
    assertThat(code(new IllegalStateException("a shard failed", new UncheckedIOException(full))))
        .isEqualTo(FailureCode.DISK_FULL);
  }

  @Test
  void saysOneSentence() {
    assertThat(Failures.explain(new IllegalStateException("first line\nsecond")).message())
        .isEqualTo("IllegalStateException: first line");
    assertThat(Failures.explain(new NullPointerException()).message()).isNotBlank();
    assertThat(Failures.explain(new IllegalStateException("x".repeat(5000))).message())
        .hasSizeLessThan(1100);
  }
}
