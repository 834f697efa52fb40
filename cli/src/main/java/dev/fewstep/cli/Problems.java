package dev.fewstep.cli;

import dev.fewstep.schemas.spec.SpecException;
import dev.fewstep.worker.checkpoint.TensorFormatException;
import dev.fewstep.worker.data.DatasetException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;

/** Turns whatever went wrong into one sentence and an exit code: the program's one boundary. */
final class Problems {
  private Problems() {}

  static int exitCode(Throwable error) {
    if (error instanceof CliException problem) {
      return problem.exitCode();
    }
    if (error instanceof UncheckedIOException wrapped) {
      return exitCode(wrapped.getCause());
    }
    if (error instanceof IllegalArgumentException
        || error instanceof NoSuchFileException
        || error instanceof SpecException
        || error instanceof DatasetException
        || error instanceof TensorFormatException) {
      return ExitCodes.USAGE;
    }
    return ExitCodes.FAILED;
  }

  static String sentence(Throwable error) {
    if (error instanceof UncheckedIOException wrapped) {
      return sentence(wrapped.getCause());
    }
    if (error instanceof NoSuchFileException missing) {
      return missing.getFile() + " does not exist";
    }
    if (error instanceof AccessDeniedException denied) {
      return denied.getFile() + " may not be accessed";
    }
    if (error instanceof FileSystemException file) {
      return file.getFile() + ": " + file.getReason();
    }
    if (error instanceof OutOfMemoryError) {
      return "out of memory: give the program more with FEWSTEP_JAVA_OPTS=-Xmx…";
    }
    String message = error.getMessage();
    return message == null || message.isBlank()
        ? error.getClass().getSimpleName() + " (run again with --stack-trace to see where)"
        : message;
  }
}
