package dev.fewstep.store;

import java.io.IOException;
import java.util.regex.Pattern;
import okhttp3.Interceptor;
import okhttp3.Response;
import okhttp3.ResponseBody;

/**
 * Makes listings of unfinished uploads readable. MinIO leaves their storage class empty (seen in
 * its version of 2026-02-12), and the client, 9.0.4, refuses an answer with an empty one. Listings
 * hold a thousand uploads at most, so that the text fits in memory; nothing else is touched.
 */
final class EmptyStorageClass implements Interceptor {
  private static final Pattern EMPTY =
      Pattern.compile("<StorageClass\\s*(/>|>\\s*</StorageClass>)");

  @Override
  public Response intercept(Chain chain) throws IOException {
    Response response = chain.proceed(chain.request());
    if (!"GET".equals(chain.request().method())
        || !chain.request().url().queryParameterNames().contains("uploads")
        || !response.isSuccessful()) {
      return response;
    }
    try (ResponseBody body = response.body()) {
      String text =
          EMPTY.matcher(body.string()).replaceAll("<StorageClass>STANDARD</StorageClass>");
      return response.newBuilder().body(ResponseBody.create(text, body.contentType())).build();
    }
  }
}
