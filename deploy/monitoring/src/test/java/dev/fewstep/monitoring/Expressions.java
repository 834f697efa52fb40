package dev.fewstep.monitoring;

import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Names of metrics in PromQL. */
final class Expressions {
  private static final Pattern BESIDE =
      Pattern.compile(
          "\\{[^}]*}|\\[[^]]*]|\"[^\"]*\""
              + "|\\b(by|without|on|ignoring|group_left|group_right)\\s*\\([^)]*\\)");
  private static final Pattern NAME = Pattern.compile("[a-zA-Z_][\\w:]*(?!\\w*\\s*\\()");
  private static final Set<String> WORDS =
      Set.of("and", "or", "unless", "offset", "bool", "inf", "nan");

  private Expressions() {}

  static Set<String> names(String expression) {
    Set<String> names = new TreeSet<>();
    Matcher name = NAME.matcher(BESIDE.matcher(expression).replaceAll(" "));
    while (name.find()) {
      String found = name.group();
      boolean number = name.start() > 0 && expressionDigit(expression, found);
      if (!number && !WORDS.contains(found.toLowerCase(java.util.Locale.ROOT))) {
        names.add(base(found));
      }
    }
    return names;
  }

  /** {@code 15m} and {@code 1e3} are no names. */
  private static boolean expressionDigit(String expression, String found) {
    return found.length() <= 3 && expression.matches("(?s).*\\d" + Pattern.quote(found) + "\\b.*");
  }

  private static String base(String name) {
    return name.replaceFirst("_seconds_(bucket|sum|count|max)$", "_seconds");
  }
}
