package dev.fewstep.cli;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.function.IntConsumer;

/**
 * SIGTERM and SIGINT as events. The JVM's own handling begins the shutdown at the first signal and
 * ignores every further one; a program that may take its time to stop has to hear both. The
 * interface that the JVM offers for this, {@code sun.misc.Signal}, is found by reflection: where it
 * is missing, or the JVM runs with {@code -Xrs}, nothing is installed.
 */
final class Signals {
  private static final int KILLED = 128;

  private Signals() {}

  /**
   * Calls {@code handler}, on a thread of the JVM, at every SIGTERM and SIGINT in place of what the
   * JVM would do, with the status that a shell sees of a process that the signal ends.
   *
   * @return whether both signals are handled so
   */
  static boolean onStop(IntConsumer handler) {
    try {
      Class<?> signal = Class.forName("sun.misc.Signal");
      Method number = signal.getMethod("getNumber");
      Class<?> type = Class.forName("sun.misc.SignalHandler");
      Object proxy =
          Proxy.newProxyInstance(
              Signals.class.getClassLoader(),
              new Class<?>[] {type},
              (self, method, arguments) -> {
                if (method.getName().equals("handle")) {
                  handler.accept(KILLED + (int) number.invoke(arguments[0]));
                }
                return switch (method.getName()) {
                  case "hashCode" -> System.identityHashCode(self);
                  case "equals" -> self == arguments[0];
                  case "toString" -> "fewstep's signal handler";
                  default -> null;
                };
              });
      Method handle = signal.getMethod("handle", signal, type);
      for (String name : new String[] {"TERM", "INT"}) {
        handle.invoke(null, signal.getConstructor(String.class).newInstance(name), proxy);
      }
      return true;
    } catch (InvocationTargetException e) {
      // The JVM keeps the signal for itself.
      return false;
    } catch (ReflectiveOperationException e) {
      return false;
    }
  }
}
