package dev.fewstep.schemas.state;

/** The entities of the state topic and the form of their keys. */
public enum StateEntity {
  /** {@code experiment/<id>}. */
  EXPERIMENT("experiment", ExperimentRecord.class),
  /** {@code plan/<experiment id>/<first index>}: task keys of a run of trials. */
  PLAN("plan", PlanChunk.class),
  /** {@code task/<task key>}. */
  TASK("task", TaskRecord.class),
  /** {@code lease/<task key>}: present while an execution holds the task. */
  LEASE("lease", LeaseRecord.class),
  /** {@code claim/<task key>}: present while a reported success waits for verification. */
  CLAIM("claim", ClaimRecord.class),
  /** {@code worker/<worker id>}. */
  WORKER("worker", WorkerRecord.class),
  /** {@code input/<name>}. */
  INPUT("input", InputRecord.class),
  /** {@code outcome/<command id>}. */
  OUTCOME("outcome", OutcomeRecord.class),
  /** {@code archived/<experiment id>}: an experiment whose state a file keeps. */
  ARCHIVED("archived", ArchivedRecord.class),
  /** {@code cached/<task key>}: a result that outlived its task. */
  CACHED("cached", CachedRecord.class),
  /** {@code project/<name>}: a project's share, when somebody set it. */
  PROJECT("project", ProjectRecord.class),
  /** {@code rung/<experiment id>/<trial>}: how far a trial that may be stopped early has come. */
  RUNG("rung", RungRecord.class),
  /** {@code schedule/<name>}: an experiment that comes again. */
  SCHEDULE("schedule", ScheduleRecord.class),
  /** {@code benchmark/<schedule>/<experiment id>}: the scores of a run and its verdict. */
  BENCHMARK("benchmark", BenchmarkRecord.class),
  /** {@code delivery/<id>}: something that a webhook is told. */
  DELIVERY("delivery", DeliveryRecord.class),
  /** {@code token/<id>}: a token of the API, by its digest. */
  TOKEN("token", TokenRecord.class),
  /** {@code class/<name>}: a device class whose topic exists. */
  CLASS("class", DeviceClassRecord.class),
  /** {@code position}: where reading of the inbox goes on. */
  POSITION("position", InboxPosition.class),
  /** {@code leader}: who leads since when. */
  LEADER("leader", LeaderRecord.class);

  private final String prefix;
  private final Class<? extends StateValue> type;

  StateEntity(String prefix, Class<? extends StateValue> type) {
    this.prefix = prefix;
    this.type = type;
  }

  /** The first part of the key. */
  public String prefix() {
    return prefix;
  }

  /** The record type of its values. */
  public Class<? extends StateValue> type() {
    return type;
  }

  /** The topic key of the entity with that id; an empty id for the entities there is one of. */
  public String key(String id) {
    return id.isEmpty() ? prefix : prefix + "/" + id;
  }

  /** The id within a topic key of this entity. */
  public String id(String key) {
    return key.length() == prefix.length() ? "" : key.substring(prefix.length() + 1);
  }

  /**
   * The entity that a topic key belongs to.
   *
   * @throws IllegalArgumentException when no entity has such keys
   */
  public static StateEntity ofKey(String key) {
    int slash = key.indexOf('/');
    String start = slash < 0 ? key : key.substring(0, slash);
    for (StateEntity entity : values()) {
      if (entity.prefix.equals(start)) {
        return entity;
      }
    }
    throw new IllegalArgumentException("no entity of the state topic has the key '" + key + "'");
  }
}
