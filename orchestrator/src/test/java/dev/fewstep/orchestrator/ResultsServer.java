package dev.fewstep.orchestrator;

import dev.fewstep.orchestrator.log.LogRestore;
import dev.fewstep.schemas.state.StateCodec;
import dev.fewstep.schemas.state.StateRecord;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpClient.Version;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Serves a made-up state from a real broker, store and orchestrator, to measure the page and the
 * API: 500 finished experiments of 200 trials, and where asked for one finished and one waiting
 * experiment of many. Arguments: {@code serve} or {@code measure}. System properties: {@code port}
 * (8090), {@code experiments} (500), {@code large} (0; trials of the large one), {@code queued} (0;
 * trials that wait).
 */
public final class ResultsServer {
  private static final int TRIALS = 200;
  private static final int TIMES = 40;

  private ResultsServer() {}

  /** Runs it. */
  public static void main(String[] args) throws Exception {
    boolean measure = args.length > 0 && args[0].equals("measure");
    int experiments = Integer.getInteger("experiments", 500);
    int large = Integer.getInteger("large", 0);
    int queued = Integer.getInteger("queued", 0);
    long began = System.nanoTime();
    try (TestStack stack = new TestStack()) {
      Map<String, byte[]> state = new LinkedHashMap<>();
      StateCodec codec = new StateCodec();
      Consumer<StateRecord> keep =
          record -> codec.encode(record).ifPresent(bytes -> state.put(record.key(), bytes));
      ManyResults many = new ManyResults(keep);
      String small = many.finished(experiments, TRIALS);
      String one = large > 0 ? many.finished(1, large) : small;
      String waiting = queued > 0 ? many.queued(queued) : "";
      System.out.printf("%d records of state%n", state.size());
      try (LogRestore log = new LogRestore(stack.kafka())) {
        log.write(state, List.of(), () -> {});
      }
      state.clear();
      OrchestratorConfig config =
          OrchestratorConfig.of(
              stack.kafka(), stack.store(), "127.0.0.1", Integer.getInteger("port", 8090));
      try (Orchestrator orchestrator = Orchestrator.start(config)) {
        TestStack.await("a leader", orchestrator::ready);
        System.out.printf(
            "%s after %.0f s; bench data, nothing was trained: #/experiments/%s %s %s%n",
            orchestrator.address(), (System.nanoTime() - began) / 1e9, small, one, waiting);
        if (measure) {
          measure(orchestrator.address(), small, one, waiting);
        } else {
          Thread.currentThread().join();
        }
      }
    }
    System.exit(0);
  }

  private static void measure(URI address, String small, String large, String waiting)
      throws IOException, InterruptedException {
    Map<String, String> asked = new LinkedHashMap<>();
    for (String sort : List.of("-submittedAt", "best", "-deviceSeconds", "name")) {
      asked.put("50 experiments, " + sort, "/experiments?limit=50&sort=" + sort);
    }
    asked.put("search of experiments", "/experiments?limit=50&q=bench-000001");
    asked.put("none that fails", "/experiments?limit=50&state=FAILED");
    ofExperiment(asked, "", small, 100);
    if (!large.equals(small)) {
      ofExperiment(asked, "large: ", large, 60_000);
    }
    if (!waiting.isEmpty()) {
      asked.put("queued: the experiment", "/experiments/" + waiting);
      asked.put("queued: why it waits", "/experiments/" + waiting + "/explain");
    }
    asked.put("queue", "/queue");
    asked.put("panels", "/panels");
    asked.put("workers", "/workers");
    asked.put("recipes", "/recipes");
    asked.put("schema", "/schema");
    HttpClient http = HttpClient.newBuilder().version(Version.HTTP_1_1).build();
    System.out.println("| answer | status | first ms | p50 ms | p95 ms | most ms | kB sent |");
    System.out.println("|---|---|---|---|---|---|---|");
    for (Map.Entry<String, String> one : asked.entrySet()) {
      measure(http, one.getKey(), address.resolve("/api/v1" + one.getValue()));
    }
    measure(http, "metrics: a scrape", address.resolve("/metrics"));
  }

  private static void ofExperiment(Map<String, String> asked, String prefix, String id, int deep) {
    String at = "/experiments/" + id;
    asked.put(prefix + "one experiment", at);
    asked.put(prefix + "1,000 rows of columns", at + "/columns?from=" + deep + "&limit=1000");
    asked.put(prefix + "5,000 rows of columns", at + "/columns?from=" + deep + "&limit=5000");
    asked.put(prefix + "100 trials", at + "/trials?limit=100&after=" + (deep - 1));
    asked.put(prefix + "one trial", at + "/trials/" + deep);
    asked.put(prefix + "leaderboard", at + "/leaderboard?limit=100");
    asked.put(prefix + "base", at + "/base");
    asked.put(prefix + "100 tasks", "/tasks?limit=100&experiment=" + id);
    asked.put(prefix + "why it waits", at + "/explain");
  }

  private static void measure(HttpClient http, String what, URI address)
      throws IOException, InterruptedException {
    HttpRequest request = HttpRequest.newBuilder(address).header("Accept-Encoding", "gzip").build();
    List<Double> times = new ArrayList<>();
    double first = 0;
    int status = 0;
    int bytes = 0;
    for (int i = 0; i <= TIMES; i++) {
      long began = System.nanoTime();
      HttpResponse<byte[]> answer = http.send(request, BodyHandlers.ofByteArray());
      double took = (System.nanoTime() - began) / 1e6;
      status = answer.statusCode();
      bytes = answer.body().length;
      if (i == 0) {
        first = took;
      } else {
        times.add(took);
      }
    }
    Collections.sort(times);
    System.out.printf(
        "| %s | %d | %.0f | %.1f | %.1f | %.0f | %.1f |%n",
        what,
        status,
        first,
        times.get(TIMES / 2),
        times.get(TIMES * 95 / 100),
        times.get(TIMES - 1),
        bytes / 1e3);
  }
}
