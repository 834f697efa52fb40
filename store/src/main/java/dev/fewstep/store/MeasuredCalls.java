package dev.fewstep.store;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.time.Duration;
import okhttp3.Interceptor;
import okhttp3.Response;

/** Tells a listener of every call, its repetitions included. */
final class MeasuredCalls implements Interceptor {
  private final StoreListener listener;

  MeasuredCalls(StoreListener listener) {
    this.listener = requireNonNull(listener, "listener");
  }

  @Override
  public Response intercept(Chain chain) throws IOException {
    String method = chain.request().method();
    long began = System.nanoTime();
    try {
      Response response = chain.proceed(chain.request());
      listener.answered(method, outcome(response.code()), since(began));
      return response;
    } catch (IOException e) {
      listener.answered(method, "unreachable", since(began));
      throw e;
    }
  }

  private static Duration since(long began) {
    return Duration.ofNanos(System.nanoTime() - began);
  }

  private static String outcome(int status) {
    if (status < 400) {
      return "success";
    }
    if (status == 404) {
      return "absent";
    }
    return status < 500 ? "refused" : "failed";
  }
}
