package dev.fewstep.orchestrator.access;

import static dev.fewstep.schemas.AccessRole.ADMIN;
import static dev.fewstep.schemas.AccessRole.SUBMITTER;
import static dev.fewstep.schemas.AccessRole.VIEWER;

import dev.fewstep.schemas.AccessRole;
import java.util.Collections;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * What every operation of the API requires. An operation that is not here is not served: {@code
 * Operations} asks when it is mounted.
 */
public final class Permissions {
  private static final Map<String, Rule> RULES = new TreeMap<>();

  static {
    // What belongs to no project.
    all(VIEWER, Reach.EVERYBODY, "listRecipes", "getOpenApiYaml", "getOpenApiJson");
    all(VIEWER, Reach.EVERYBODY, "getSpecSchema", "listInputs", "listPanels", "readPanel");
    all(VIEWER, Reach.EVERYBODY, "getCaller", "signIn", "signOut");
    // Of which a caller gets its projects' part.
    all(VIEWER, Reach.FILTERED, "listExperiments", "listArchived", "listProjects");
    all(VIEWER, Reach.FILTERED, "listSchedules", "getQueue", "listWorkers", "streamEvents");
    all(VIEWER, Reach.FILTERED, "listBenchmarks", "getNightlyReport", "exportResults");
    // Of one experiment.
    all(VIEWER, Reach.EXPERIMENT, "getExperiment", "getExperimentSpec", "explainExperiment");
    all(VIEWER, Reach.EXPERIMENT, "listTrials", "getTrial", "getColumns", "exportTrials");
    all(VIEWER, Reach.EXPERIMENT, "getLeaderboard", "listBaseEvaluations", "listTasks");
    all(VIEWER, Reach.EXPERIMENT, "exportExperiment", "exportTensorBoard");
    all(SUBMITTER, Reach.EXPERIMENT, "cancelExperiment", "pauseExperiment", "resumeExperiment");
    all(SUBMITTER, Reach.EXPERIMENT, "retryExperiment", "setExperimentPolicy");
    all(SUBMITTER, Reach.EXPERIMENT, "archiveExperiment");
    all(SUBMITTER, Reach.EXPERIMENT, "extendExperiment", "resubmitExperiment", "cloneExperiment");
    // Of the project that the request's body names: their handlers ask for it.
    all(SUBMITTER, Reach.BODY, "submitExperiment");
    all(VIEWER, Reach.BODY, "planExperiment");
    // Of what an experiment of a project made or wants.
    all(VIEWER, Reach.TASK, "getTask", "explainTask", "getCurve");
    all(VIEWER, Reach.ARTIFACT, "getArtifact");
    all(VIEWER, Reach.COMMAND, "getCommand");
    all(VIEWER, Reach.PROJECT, "getProject");
    all(VIEWER, Reach.SCHEDULE, "getSchedule");
    all(SUBMITTER, Reach.SCHEDULE, "setSchedule", "deleteSchedule", "pauseSchedule");
    all(SUBMITTER, Reach.SCHEDULE, "resumeSchedule", "runSchedule");
    all(VIEWER, Reach.BENCHMARK, "getBenchmark");
    all(SUBMITTER, Reach.BENCHMARK, "acceptBenchmark");
    // What every project shares, code that workers run (TorchScript inputs), and who may what. An
    // imported file names its project itself, and its results serve equal tasks of all projects.
    all(ADMIN, Reach.EVERYBODY, "registerInput", "uploadInput", "setProject");
    all(ADMIN, Reach.EVERYBODY, "importExperiment");
    all(ADMIN, Reach.EVERYBODY, "drainWorker", "resumeWorker");
    all(ADMIN, Reach.EVERYBODY, "examine", "repair", "collectGarbage", "verifyArtifacts");
    all(ADMIN, Reach.EVERYBODY, "listJobs", "getJob", "cancelJob");
    all(ADMIN, Reach.EVERYBODY, "listTokens", "createToken", "revokeToken", "listAudit");
  }

  private Permissions() {}

  /** What an operation is about, and so whose it is. */
  public enum Reach {
    /** Nothing of a project's. */
    EVERYBODY,
    /** Several projects: the answer holds the caller's part. */
    FILTERED,
    /** The experiment in the path or the query. */
    EXPERIMENT,
    /** The task in the path: of every project that wants it. */
    TASK,
    /** The artifact in the path: of the projects whose tasks made or wanted it. */
    ARTIFACT,
    /** The project in the path. */
    PROJECT,
    /** The schedule in the path; also one that is not there yet. */
    SCHEDULE,
    /**
     * The judged runs of the schedule in the path; those of one that is gone belong to no project.
     */
    BENCHMARK,
    /** The command in the path: of the project of what it made. */
    COMMAND,
    /** The project in the body. */
    BODY
  }

  /**
   * What an operation requires.
   *
   * @param role the least role
   * @param reach what it is about
   */
  public record Rule(AccessRole role, Reach reach) {}

  private static void all(AccessRole role, Reach reach, String... operations) {
    for (String operation : operations) {
      if (RULES.put(operation, new Rule(role, reach)) != null) {
        throw new IllegalStateException(operation + " has two rules");
      }
    }
  }

  /**
   * What an operation requires.
   *
   * @throws IllegalStateException when the table does not say: that is a defect of fewstep
   */
  public static Rule of(String operationId) {
    Rule rule = RULES.get(operationId);
    if (rule == null) {
      throw new IllegalStateException(
          "who may do " + operationId + "? Say it in " + Permissions.class.getName());
    }
    return rule;
  }

  /** The operations that the table has. */
  public static Set<String> operations() {
    return Collections.unmodifiableSet(RULES.keySet());
  }
}
