package dev.fewstep.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The addresses that README and docs have curl fetch from a server of this machine. */
final class DocumentedAddresses {
  private static final Path HOME = Path.of("..").toAbsolutePath().normalize();
  private static final Pattern CURL =
      Pattern.compile("curl (?:-[A-Za-z]+ )*'?http://127\\.0\\.0\\.1:8080(/[^ '#]*)");

  private DocumentedAddresses() {}

  /** As they are written, {@code ID} for an experiment's id. */
  static TreeSet<String> all() throws IOException {
    TreeSet<String> found = new TreeSet<>();
    try (Stream<Path> docs = Files.walk(HOME.resolve("docs"))) {
      for (Path file :
          Stream.concat(docs, Stream.of(HOME.resolve("README.md")))
              .filter(path -> path.toString().endsWith(".md"))
              .toList()) {
        Matcher curl = CURL.matcher(Files.readString(file));
        while (curl.find()) {
          found.add(curl.group(1).replace("\\", ""));
        }
      }
    }
    return found;
  }

  /** Fetches each of a server, about an experiment that has ended. */
  static void answer(URI server, String experiment) throws Exception {
    HttpClient http = HttpClient.newHttpClient();
    List<String> addresses = List.copyOf(all());
    assertThat(addresses).hasSizeGreaterThanOrEqualTo(3);
    for (String address : addresses) {
      HttpResponse<byte[]> answer =
          http.send(
              HttpRequest.newBuilder(
                      URI.create(
                          server.resolve("/").toString().replaceFirst("/$", "")
                              + address.replace("ID", experiment)))
                  .build(),
              BodyHandlers.ofByteArray());
      assertThat(answer.statusCode()).as(address).isEqualTo(200);
      assertThat(answer.body()).as(address).isNotEmpty();
    }
  }
}
