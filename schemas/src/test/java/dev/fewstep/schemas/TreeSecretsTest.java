package dev.fewstep.schemas;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** No file of the tree holds what would let somebody in somewhere. */
class TreeSecretsTest {
  private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
  private static final Set<String> NOT_OURS =
      Set.of(".git", ".shared", "shared", "target", "node_modules");
  private static final long MOST_BYTES = 8L << 20;

  private static final Map<String, Pattern> SECRETS =
      Map.of(
          "a private key",
              Pattern.compile("-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----\\s+[A-Za-z0-9+/]"),
          "an AWS access key",
              Pattern.compile("\\b(?:AKIA|ASIA)(?!IOSFODNN7EXAMPLE)[0-9A-Z]{16}\\b"),
          "a token of fewstep", Pattern.compile("\\bfst_[0-9a-f]{12}_[A-Za-z0-9_-]{43}"),
          "a token of GitHub",
              Pattern.compile("\\b(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_\\w{60})"),
          "a token of GitLab", Pattern.compile("\\bglpat-[A-Za-z0-9_-]{20}"),
          "a token of Slack", Pattern.compile("\\bxox[abprs]-[0-9A-Za-z-]{10,}"),
          "a key of Google", Pattern.compile("\\bAIza[0-9A-Za-z_-]{35}\\b"),
          "a password in an address",
              Pattern.compile(
                  "\\b[a-z][a-z0-9]{1,9}://[^\\s/:@\"'<>{}$]+:[^\\s/:@\"'<>{}$*]{6,}(?<!:secret|:password)@[a-z0-9.-]+\\.[a-z]{2,}"));

  private static List<String> found(Path folder) throws IOException {
    List<String> found = new ArrayList<>();
    Files.walkFileTree(
        folder,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes facts) {
            return NOT_OURS.contains(String.valueOf(directory.getFileName()))
                ? FileVisitResult.SKIP_SUBTREE
                : FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes facts)
              throws IOException {
            if (facts.isRegularFile() && facts.size() <= MOST_BYTES) {
              String text = Files.readString(file, StandardCharsets.ISO_8859_1);
              SECRETS.forEach(
                  (what, pattern) -> {
                    Matcher matcher = pattern.matcher(text);
                    if (matcher.find()) {
                      long line =
                          1
                              + text.substring(0, matcher.start())
                                  .chars()
                                  .filter(c -> c == '\n')
                                  .count();
                      found.add(folder.relativize(file) + ", line " + line + ": " + what);
                    }
                  });
            }
            return FileVisitResult.CONTINUE;
          }
        });
    return found;
  }

  @Test
  void theTreeHoldsNoSecret() throws IOException {
    assertThat(ROOT.resolve("pom.xml")).exists();
    assertThat(found(ROOT)).isEmpty();
  }

  /** Put together here, so that this file is none of them. */
  @Test
  void whatIsPlantedIsFound(@TempDir Path folder) throws IOException {
    List<String> planted =
        List.of(
            "-----BEGIN " + "PRIVATE KEY-----\nMIIB",
            "-----BEGIN RSA " + "PRIVATE KEY-----\nMIIB",
            "key: AK" + "IA0123456789ABCDEF",
            "fst" + "_0123456789ab_" + "A".repeat(43),
            "ghp" + "_" + "a".repeat(36),
            "glpat" + "-" + "a".repeat(20),
            "xoxb" + "-1234567890-abc",
            "AI" + "za" + "b".repeat(35),
            "s3" + "://someone:secret99" + "@store.example.org/bucket");
    for (int i = 0; i < planted.size(); i++) {
      Files.writeString(folder.resolve("file" + i), "first line\n" + planted.get(i) + "\n");
    }
    assertThat(found(folder)).hasSize(planted.size()).allMatch(line -> line.contains("line 2"));
  }
}
