package dev.fewstep.orchestrator.api;

import dev.fewstep.orchestrator.access.Caller;
import dev.fewstep.orchestrator.log.StateView;
import dev.fewstep.orchestrator.ops.OrchestratorMetrics;
import dev.fewstep.schemas.Json;
import dev.fewstep.schemas.spec.SpecReader;
import dev.fewstep.schemas.spec.SpecSchema;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.BodyHandler;
import io.vertx.ext.web.openapi.router.RouterBuilder;
import io.vertx.openapi.contract.OpenAPIContract;
import io.vertx.openapi.validation.RequestUtils;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The HTTP server: API, health, meters, dashboard. */
public final class HttpApi implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(HttpApi.class);
  private static final int EVENT_LOOPS = 2;
  private static final int WORKERS = 16;
  private static final int IMPORTS = 2;

  private final Vertx vertx;
  private final HttpServer server;
  private final EventHub events;
  private final ArtifactStreams artifacts;
  private final StateView.Subscription watching;
  private final Path uploads;
  private final String host;
  private final String scheme;

  private HttpApi(
      Vertx vertx,
      HttpServer server,
      EventHub events,
      ArtifactStreams artifacts,
      StateView.Subscription watching,
      Path uploads,
      HttpSettings settings) {
    this.vertx = vertx;
    this.server = server;
    this.events = events;
    this.artifacts = artifacts;
    this.watching = watching;
    this.uploads = uploads;
    this.host = settings.host();
    this.scheme = settings.tls().isPresent() ? "https" : "http";
  }

  /**
   * Starts to listen; answers when this returns.
   *
   * @throws IllegalStateException when the port is taken or the host is not this machine's
   */
  public static HttpApi start(HttpSettings settings, ApiParts parts) {
    Vertx vertx =
        Vertx.vertx(
            new VertxOptions()
                .setEventLoopPoolSize(EVENT_LOOPS)
                .setWorkerPoolSize(WORKERS)
                .setMaxWorkerExecuteTime(2)
                .setMaxWorkerExecuteTimeUnit(TimeUnit.MINUTES));
    boolean started = false;
    try {
      HttpApi api = start(vertx, settings, parts);
      started = true;
      LOG.info("Serving at {}", api.address());
      return api;
    } finally {
      if (!started) {
        await(vertx.close());
      }
    }
  }

  private static HttpApi start(Vertx vertx, HttpSettings settings, ApiParts parts) {
    ApiContract contract = new ApiContract();
    Path directory = uploadDirectory();
    ArtifactStreams artifacts = new ArtifactStreams(vertx, parts.store());
    EventHub events = new EventHub(vertx, parts.state(), parts.curves(), parts.metrics());
    Replies replies = new Replies(vertx, parts.state());
    Commands commands = new Commands(replies, parts.gateway());
    AuditTrail audit = new AuditTrail(parts.audit(), settings.access().limits(), parts.clock());
    AccessGate gate =
        new AccessGate(settings.access(), vertx, replies, parts.state(), audit, parts.clock());

    RouterBuilder builder = builder(vertx, await(contract.load(vertx)));
    Operations operations = new Operations(builder, contract.verbs(), gate);
    ArchiveRoutes archives = new ArchiveRoutes(replies, commands, parts.state(), parts.archivist());
    archives.mount(operations);
    KnownResults known = new KnownResults();
    StateView.Subscription watching = parts.state().subscribe(known::changed);
    new ExperimentRoutes(replies, commands, archives, parts.clock(), known).mount(operations);
    new ResultRoutes(replies, parts.state(), parts.curves(), archives, known, artifacts)
        .mount(operations);
    new RecipeRoutes(replies).mount(operations);
    new SteeringRoutes(commands, parts.clock()).mount(operations);
    new DerivedRoutes(replies, commands, archives, parts.clock()).mount(operations);
    new TaskRoutes(replies, archives, parts.state(), parts.curves(), artifacts).mount(operations);
    new FleetRoutes(replies, commands, parts.state(), parts.decisions(), parts.clock())
        .mount(operations);
    new ScheduleRoutes(replies, commands, parts.clock(), parts.webhooks()).mount(operations);
    new NightlyRoutes(replies, commands, parts.clock()).mount(operations);
    Uploads uploads = new Uploads(vertx, directory, settings.maxUploadBytes());
    new InputRoutes(replies, commands, parts.store(), uploads, parts.clock()).mount(operations);
    new TransferRoutes(
            replies,
            archives,
            parts,
            new TransferRoutes.Streaming(
                artifacts,
                uploads,
                vertx.createSharedWorkerExecutor("fewstep-imports", IMPORTS, 1, TimeUnit.HOURS)))
        .mount(operations);
    new CareRoutes(replies, parts.care()).mount(operations);
    new PanelRoutes(replies, parts.panels()).mount(operations);
    new TokenRoutes(replies, commands, parts.state(), gate, parts.clock()).mount(operations);
    audit.mount(operations, replies);
    operations.on("streamEvents", context -> stream(context, events, gate));
    documents(operations, contract);
    operations.requireComplete();

    Router router = Router.router(vertx);
    router.route().handler(context -> measure(context, parts.metrics()));
    router.route().handler(new HostGuard(settings.host()));
    router.route(ApiContract.PREFIX + "/*").handler(replies::stamp);
    router.route(ApiContract.PREFIX + "/*").handler(gate::authenticate);
    router.route(ApiContract.PREFIX + "/*").handler(new TracedRequests(parts.traces()));
    router.route(ApiContract.PREFIX + "/*").subRouter(builder.createRouter());
    router
        .route(ApiContract.PREFIX + "/*")
        .handler(context -> context.fail(ApiException.notFound("The API has no such path.")));
    new OperationRoutes(
            replies, parts.state(), parts.metrics(), parts.readiness(), known, settings.access())
        .mount(router);
    new Dashboard(vertx).mount(router);
    router.route().failureHandler(Problems::handle);
    for (int status : new int[] {400, 401, 403, 404, 405, 406, 413, 415, 429, 500, 501}) {
      router.errorHandler(status, Problems::handle);
    }
    HttpServer server =
        await(
            vertx
                .createHttpServer(options(settings))
                .requestHandler(router)
                .listen()
                .recover(e -> Future.failedFuture(named(e, settings))));
    return new HttpApi(vertx, server, events, artifacts, watching, directory, settings);
  }

  private static HttpServerOptions options(HttpSettings settings) {
    HttpServerOptions options = options().setHost(settings.host()).setPort(settings.port());
    settings
        .tls()
        .ifPresent(
            tls ->
                options
                    .setSsl(true)
                    .setEnabledSecureTransportProtocols(Set.of("TLSv1.3", "TLSv1.2"))
                    .setKeyCertOptions(
                        new PemKeyCertOptions()
                            .setCertPath(tls.certificate().toString())
                            .setKeyPath(tls.key().toString())));
    return options;
  }

  /**
   * Without HTTP/2 in clear text: no browser speaks it, and a client that changes over to it with
   * its first request (Java's does) sometimes found that request's answer outside any frame.
   */
  static HttpServerOptions options() {
    return new HttpServerOptions()
        .setHttp2ClearTextEnabled(false)
        .setHandle100ContinueAutomatically(true)
        .setTcpNoDelay(true);
  }

  private static RouterBuilder builder(Vertx vertx, OpenAPIContract contract) {
    RouterBuilder builder =
        RouterBuilder.create(
            vertx,
            contract,
            (context, operation) ->
                RequestUtils.extract(
                    context.request(),
                    operation,
                    () -> Future.succeededFuture(context.body().buffer())));
    BodyHandler bodies = BodyHandler.create(false).setBodyLimit(SpecReader.MAX_BYTES);
    builder.rootHandler(
        context -> {
          if (isUpload(context)) {
            // Its body is streamed once its parameters are known to be right.
            context.request().pause();
            context.next();
          } else {
            bodies.handle(context);
          }
        });
    return builder;
  }

  private static boolean isUpload(RoutingContext context) {
    HttpMethod method = context.request().method();
    String path = context.normalizedPath();
    return (HttpMethod.PUT.equals(method) && path.endsWith("/content"))
        || (HttpMethod.POST.equals(method) && path.endsWith("/imports"));
  }

  private static void documents(Operations operations, ApiContract contract) {
    operations.on("getOpenApiYaml", Replies.document("application/yaml", contract.yaml()));
    operations.on("getOpenApiJson", Replies.document("application/json", contract.json()));
    operations.on(
        "getSpecSchema", Replies.document("application/json", Json.toText(SpecSchema.tree())));
  }

  private static void stream(RoutingContext context, EventHub events, AccessGate gate) {
    HttpServerResponse response = context.response();
    response
        .setChunked(true)
        .putHeader("Content-Type", "text/event-stream")
        .putHeader("Cache-Control", "no-store")
        .putHeader("X-Accel-Buffering", "no");
    Optional<String> experiment = Replies.query(context, "experiment");
    Caller caller = AccessGate.caller(context);
    events.add(
        new EventClient(response, new Audience(experiment, caller, () -> gate.still(caller))),
        lastSeen(context));
  }

  private static OptionalLong lastSeen(RoutingContext context) {
    String id = context.request().getHeader("Last-Event-ID");
    try {
      return id == null ? OptionalLong.empty() : OptionalLong.of(Long.parseLong(id.trim()));
    } catch (NumberFormatException e) {
      return OptionalLong.of(-1);
    }
  }

  private static void measure(RoutingContext context, OrchestratorMetrics metrics) {
    long began = System.nanoTime();
    context.addEndHandler(
        ended -> {
          String operation = context.get(Operations.OPERATION, "other");
          if (!operation.equals("streamEvents")) {
            metrics.answered(
                context.request().method().name(),
                operation,
                context.response().getStatusCode(),
                Duration.ofNanos(System.nanoTime() - began));
          }
        });
    context.next();
  }

  private static Path uploadDirectory() {
    try {
      return Files.createTempDirectory("fewstep-uploads");
    } catch (IOException e) {
      throw new UncheckedIOException("no directory for uploads can be made", e);
    }
  }

  private static Throwable named(Throwable error, HttpSettings settings) {
    return error instanceof BindException
        ? new BindException(settings.host() + ":" + settings.port() + ", " + error.getMessage())
        : error;
  }

  private static <T> T await(Future<T> future) {
    try {
      return future.toCompletionStage().toCompletableFuture().join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof BindException bind) {
        throw new IllegalStateException(
            "the API's address cannot be listened on (choose another port): " + bind.getMessage(),
            bind);
      }
      throw new IllegalStateException(
          "the HTTP server failed: " + e.getCause().getMessage(), e.getCause());
    }
  }

  /** Port it listens on. */
  public int port() {
    return server.actualPort();
  }

  /** Address for clients of this machine. */
  public URI address() {
    boolean any = host.equals("0.0.0.0") || host.equals("::");
    return URI.create(scheme + "://" + (any ? "localhost" : host) + ":" + port());
  }

  @Override
  public void close() {
    events.close();
    watching.close();
    artifacts.close();
    try {
      await(vertx.close());
      Files.deleteIfExists(uploads);
    } catch (IllegalStateException | IOException e) {
      LOG.warn("The HTTP server did not stop cleanly", e);
    }
  }
}
