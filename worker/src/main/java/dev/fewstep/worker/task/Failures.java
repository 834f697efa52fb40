package dev.fewstep.worker.task;

import ai.djl.engine.EngineException;
import dev.fewstep.schemas.message.FailureCode;
import dev.fewstep.worker.artifact.StoreException;
import dev.fewstep.worker.checkpoint.TensorFormatException;
import dev.fewstep.worker.data.DatasetException;
import dev.fewstep.worker.task.program.TaskFailure;
import java.io.IOException;
import java.util.Locale;

/** What an error that ended a task means to the leader and to people. */
final class Failures {
  private static final int MAX_MESSAGE = 1000;

  private Failures() {}

  /** The code and one sentence for an error of any kind. */
  static Outcome.Failure explain(Throwable error) {
    for (Throwable at = error; at != null; at = at.getCause()) {
      FailureCode code = codeOf(at);
      if (code != FailureCode.INTERNAL) {
        return new Outcome.Failure(code, sentence(code, at));
      }
    }
    return new Outcome.Failure(FailureCode.INTERNAL, sentence(FailureCode.INTERNAL, error));
  }

  private static FailureCode codeOf(Throwable error) {
    String text = String.valueOf(error.getMessage()).toLowerCase(Locale.ROOT);
    if (error instanceof TaskFailure failure) {
      return failure.code();
    }
    if (error instanceof OutOfMemoryError) {
      return FailureCode.OUT_OF_MEMORY;
    }
    if (error instanceof EngineException) {
      return text.contains("out of memory")
              || text.contains("not enough memory")
              || text.contains("can't allocate memory")
          ? FailureCode.OUT_OF_MEMORY
          : FailureCode.INTERNAL;
    }
    if (error instanceof StoreException store) {
      return switch (store.reason()) {
        case MISSING, CORRUPT -> FailureCode.BAD_INPUT;
        case UNAVAILABLE, DENIED -> FailureCode.STORE_UNAVAILABLE;
      };
    }
    if (error instanceof DatasetException || error instanceof TensorFormatException) {
      return FailureCode.BAD_INPUT;
    }
    if (error instanceof IOException) {
      return text.contains("no space left") || text.contains("not enough space")
          ? FailureCode.DISK_FULL
          : FailureCode.INTERNAL;
    }
    return FailureCode.INTERNAL;
  }

  private static String sentence(FailureCode code, Throwable error) {
    String text = error.getMessage() == null ? "" : error.getMessage().strip();
    int end = text.indexOf('\n');
    String line = end < 0 ? text : text.substring(0, end);
    String detail = line.isBlank() ? error.getClass().getSimpleName() : line;
    String sentence =
        switch (code) {
          case OUT_OF_MEMORY -> "The worker ran out of memory: " + detail;
          case DISK_FULL -> "The worker's disk is full: " + detail;
          case INTERNAL -> error.getClass().getSimpleName() + ": " + detail;
          case INVALID_SPEC, BAD_INPUT, NOT_FINITE, STORE_UNAVAILABLE -> detail;
        };
    return sentence.length() > MAX_MESSAGE ? sentence.substring(0, MAX_MESSAGE) + "…" : sentence;
  }
}
