package dev.fewstep.worker.testing;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.platform.commons.support.AnnotationSupport;

/**
 * A test that needs something beside Java. Where {@link #probe} does not succeed the test is
 * skipped with a line on standard error, or fails when {@code -Dfewstep.require} names the part.
 */
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(RequiresPart.Condition.class)
public @interface RequiresPart {
  /** Name of the part, such as {@code python}. */
  String value();

  /** A command that exits with 0 where the part is present. */
  String[] probe();

  /** Runs the probe. */
  final class Condition implements ExecutionCondition {
    @Override
    public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
      RequiresPart part =
          AnnotationSupport.findAnnotation(context.getElement(), RequiresPart.class).orElseThrow();
      List<String> required =
          Arrays.asList(System.getProperty("fewstep.require", "").split("\\s*,\\s*"));
      if (required.contains(part.value()) || present(part.probe())) {
        return ConditionEvaluationResult.enabled(part.value() + " is present or required");
      }
      String reason =
          "SKIPPED, part '%s' is absent: `%s` failed (-Dfewstep.require=%s makes this an error)"
              .formatted(part.value(), String.join(" ", part.probe()), part.value());
      System.err.println(context.getDisplayName() + ": " + reason);
      return ConditionEvaluationResult.disabled(reason);
    }

    private static boolean present(String[] probe) {
      try {
        Process process =
            new ProcessBuilder(probe)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        return process.waitFor(60, TimeUnit.SECONDS) && process.exitValue() == 0;
      } catch (java.io.IOException e) {
        return false;
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return false;
      }
    }
  }
}
