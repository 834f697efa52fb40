package dev.fewstep.telemetry;

import io.opentelemetry.api.common.AttributeKey;

/**
 * Attributes of spans: those of fewstep's own, and those of OpenTelemetry's semantic conventions
 * for HTTP and messaging that are used here.
 */
public final class TraceKeys {
  /** Id of an experiment. */
  public static final AttributeKey<String> EXPERIMENT =
      AttributeKey.stringKey("fewstep.experiment");

  /** Key of a task. */
  public static final AttributeKey<String> TASK = AttributeKey.stringKey("fewstep.task");

  /** Kind of a task. */
  public static final AttributeKey<String> TASK_KIND = AttributeKey.stringKey("fewstep.task.kind");

  /** Number of an attempt. */
  public static final AttributeKey<Long> ATTEMPT = AttributeKey.longKey("fewstep.attempt");

  /** Id of an execution. */
  public static final AttributeKey<String> EXECUTION = AttributeKey.stringKey("fewstep.execution");

  /** Id of a worker. */
  public static final AttributeKey<String> WORKER = AttributeKey.stringKey("fewstep.worker");

  /** How an execution ended. */
  public static final AttributeKey<String> OUTCOME = AttributeKey.stringKey("fewstep.outcome");

  /** Id of a command. */
  public static final AttributeKey<String> COMMAND = AttributeKey.stringKey("fewstep.command");

  /** {@code kafka}. */
  public static final AttributeKey<String> MESSAGING_SYSTEM =
      AttributeKey.stringKey("messaging.system");

  /** A topic. */
  public static final AttributeKey<String> MESSAGING_DESTINATION =
      AttributeKey.stringKey("messaging.destination.name");

  /** Method of a request. */
  public static final AttributeKey<String> HTTP_METHOD =
      AttributeKey.stringKey("http.request.method");

  /** Status of an answer. */
  public static final AttributeKey<Long> HTTP_STATUS =
      AttributeKey.longKey("http.response.status_code");

  /** Path of a request, without what it asks. */
  public static final AttributeKey<String> URL_PATH = AttributeKey.stringKey("url.path");

  /** Host of a server. */
  public static final AttributeKey<String> SERVER_ADDRESS =
      AttributeKey.stringKey("server.address");

  /** Port of a server. */
  public static final AttributeKey<Long> SERVER_PORT = AttributeKey.longKey("server.port");

  /** Class of an error. */
  public static final AttributeKey<String> ERROR_TYPE = AttributeKey.stringKey("error.type");

  private TraceKeys() {}
}
