package dev.fewstep.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;
import org.junit.jupiter.api.Test;

class MeasuredCallsTest {
  private final List<String> heard = new ArrayList<>();
  private final OkHttpClient client =
      new OkHttpClient.Builder()
          .addInterceptor(
              new MeasuredCalls(
                  (method, outcome, took) -> {
                    assertThat(took).isPositive();
                    heard.add(method + " " + outcome);
                  }))
          .build();

  @Test
  void every_end_of_a_request_is_told() throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          String path = exchange.getRequestURI().getPath();
          exchange.sendResponseHeaders(Integer.parseInt(path.substring(1)), -1);
          exchange.close();
        });
    server.start();
    String address = "http://127.0.0.1:" + server.getAddress().getPort() + "/";
    try {
      for (String status : List.of("200", "404", "403", "503")) {
        call(address + status);
      }
    } finally {
      server.stop(0);
    }
    assertThatThrownBy(() -> call(address + "200")).isInstanceOf(IOException.class);
    assertThat(heard)
        .containsExactly(
            "GET success", "GET absent", "GET refused", "GET failed", "GET unreachable");
  }

  private void call(String address) throws IOException {
    try (Response response = client.newCall(new Request.Builder().url(address).build()).execute()) {
      assertThat(response.code()).isPositive();
    }
  }
}
