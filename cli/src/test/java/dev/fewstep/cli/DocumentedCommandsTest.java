package dev.fewstep.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;
import picocli.CommandLine.MissingParameterException;

/**
 * What README and docs tell people to type is what the program takes: every verb, option and value
 * is parsed, every file that they point to is there, every setting that they name is one.
 */
class DocumentedCommandsTest {
  private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
  private static final Pattern FENCE = Pattern.compile("```[^\\n]*\\n(.*?)```", Pattern.DOTALL);
  private static final Pattern SPAN = Pattern.compile("`((?:\\./)?fewstep\\s[^`]+)`");
  private static final Pattern LINE = Pattern.compile("(?:\\$ )?(?:\\./)?fewstep ([a-z].*)");
  private static final Pattern WORD = Pattern.compile("\"[^\"]*\"|'[^']*'|\\S+");
  private static final Pattern LINK = Pattern.compile("\\]\\(([^)#\\s]+)");
  private static final Pattern SETTING = Pattern.compile("\\b(?:FEWSTEP|AWS|KAFKA)_[A-Z0-9_]+\\b");
  private static final Pattern SCRIPT = Pattern.compile("\\b(?:deploy|models)/[\\w./-]+\\.\\w+\\b");

  /**
   * A command of a page.
   *
   * @param whole whether it is a line to type; one amid a sentence or among others may leave out
   *     what it needs
   */
  private record Told(Path page, String text, boolean whole) {
    @Override
    public String toString() {
      return ROOT.relativize(page) + ": " + text;
    }
  }

  private static List<Path> pages() throws IOException {
    try (Stream<Path> docs = Files.walk(ROOT.resolve("docs"))) {
      return Stream.concat(Stream.of(ROOT.resolve("README.md")), docs)
          .filter(file -> file.toString().endsWith(".md"))
          .sorted()
          .toList();
    }
  }

  static Stream<Told> commands() throws IOException {
    List<Told> all = new ArrayList<>();
    for (Path page : pages()) {
      String text = Files.readString(page);
      Matcher fences = FENCE.matcher(text);
      while (fences.find()) {
        for (String line : fences.group(1).split("\n")) {
          Matcher command = LINE.matcher(line.strip());
          if (command.matches() && !command.group(1).startsWith("CLI ")) {
            all.add(new Told(page, command.group(1), true));
          }
        }
      }
      Matcher spans = SPAN.matcher(FENCE.matcher(text).replaceAll(""));
      while (spans.find()) {
        Matcher command = LINE.matcher(spans.group(1).replaceAll("\\s+", " "));
        if (command.matches()) {
          all.add(new Told(page, command.group(1), false));
        }
      }
    }
    assertThat(all).as("the pages were read").hasSizeGreaterThan(80);
    return all.stream();
  }

  /** {@code a | b} is two commands; what is in brackets may be there; a comment ends a line. */
  private static List<String> alternatives(String text) {
    String line = text.replaceAll("\\s+#(\\s.*)?$", "").replaceAll("\\s+>\\s+\\S+$", "");
    Matcher choice = Pattern.compile("\\[([^\\[\\]]*?) \\| ([^\\[\\]]*?)\\]").matcher(line);
    if (choice.find()) {
      return Stream.of(choice.group(1), choice.group(2))
          .map(one -> line.substring(0, choice.start()) + one + line.substring(choice.end()))
          .flatMap(one -> alternatives(one).stream())
          .toList();
    }
    List<String> all = new ArrayList<>();
    for (String part : line.split("\\s+[|/]\\s+")) {
      all.add(
          part.replaceFirst("^(?:\\./)?fewstep ", "")
              .replaceAll("(^|\\s)\\[([^\\]]*)\\]", "$1$2")
              .replaceAll("(^|\\s)(\\+?)[NP](?=\\s|$)", "$1$21")
              .replaceAll("(\\w)\\|[\\w|]+", "$1"));
    }
    return all;
  }

  private static CommandLine program() {
    PrintStream nowhere = new PrintStream(PrintStream.nullOutputStream());
    CommandLine line = new CommandLine(new Main(Map.of(), nowhere, nowhere));
    line.setCaseInsensitiveEnumValuesAllowed(true);
    collect(line);
    return line;
  }

  private static void collect(CommandLine line) {
    line.getCommandSpec().parser().collectErrors(true);
    line.getSubcommands().values().forEach(DocumentedCommandsTest::collect);
  }

  @ParameterizedTest
  @MethodSource("commands")
  void isWhatTheProgramTakes(Told told) {
    List<String> texts = alternatives(told.text());
    String verb = texts.get(0).split(" ", 2)[0];
    for (String one : texts) {
      // 'token create NAME | list' is two verbs of the first's.
      boolean known = program().getSubcommands().containsKey(one.split(" ", 2)[0]);
      String text = known ? one : verb + " " + one;
      String[] words =
          WORD.matcher(text)
              .results()
              .map(found -> found.group().replaceAll("^([\"'])(.*)\\1$", "$2"))
              .toArray(String[]::new);
      CommandLine.ParseResult parsed = program().parseArgs(words);
      assertThat(parsed.hasSubcommand()).as("a verb in '" + text + "'").isTrue();
      CommandLine.ParseResult last = parsed;
      List<Exception> errors = new ArrayList<>(parsed.errors());
      while (last.hasSubcommand()) {
        last = last.subcommand();
        errors.addAll(last.errors());
      }
      if (!told.whole() || texts.size() > 1) {
        errors.removeIf(MissingParameterException.class::isInstance);
      }
      assertThat(errors).as(text).isEmpty();
    }
  }

  @Test
  void whatTheyPointToIsThere() throws IOException {
    Set<String> missing = new TreeSet<>();
    for (Path page : pages()) {
      String text = Files.readString(page);
      Matcher links = LINK.matcher(text);
      while (links.find()) {
        String target = links.group(1);
        if (!target.matches("[a-z]+:.*")
            && !Files.exists(page.resolveSibling(target).normalize())) {
          missing.add(ROOT.relativize(page) + " -> " + target);
        }
      }
      Matcher scripts = SCRIPT.matcher(text);
      while (scripts.find()) {
        if (!Files.exists(ROOT.resolve(scripts.group()))
            && !Files.exists(page.resolveSibling(scripts.group()))) {
          missing.add(ROOT.relativize(page) + " -> " + scripts.group());
        }
      }
    }
    assertThat(missing).isEmpty();
  }

  /** A name that no setting has must at least be read by a script or by other code. */
  @Test
  void theSettingsThatTheyNameAreSettings() throws IOException {
    Set<String> known =
        Stream.of(Setting.values()).map(Setting::variable).collect(Collectors.toSet());
    String code = code();
    Set<String> unknown = new TreeSet<>();
    for (Path page : pages()) {
      Matcher names = SETTING.matcher(Files.readString(page));
      while (names.find()) {
        if (!known.contains(names.group()) && !code.contains(names.group())) {
          unknown.add(ROOT.relativize(page) + ": " + names.group());
        }
      }
    }
    assertThat(unknown).isEmpty();
  }

  private static String code() throws IOException {
    StringBuilder all = new StringBuilder(Files.readString(ROOT.resolve("fewstep")));
    for (String folder : List.of("cli", "worker", "orchestrator", "store", "deploy")) {
      try (Stream<Path> files = Files.walk(ROOT.resolve(folder))) {
        for (Path file :
            files
                .filter(each -> each.toString().matches(".*\\.(java|sh|yml|yaml|mjs)"))
                .filter(each -> !each.toString().contains("/target/"))
                .toList()) {
          all.append(Files.readString(file));
        }
      }
    }
    return all.toString();
  }
}
