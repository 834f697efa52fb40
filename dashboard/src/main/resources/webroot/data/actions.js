// @ts-check
/** What can be done with an experiment, and what would happen then. Pure functions. */

/**
 * @typedef {"pause" | "resume" | "cancel" | "retry" | "extend" | "clone" | "resubmit" | "policy"} Action
 */

/** Roles from the least to the highest. */
const roles = ["VIEWER", "SUBMITTER", "ADMIN"];

/**
 * Why somebody may not do what a role is needed for; an empty text when it may be done. The server
 * asks again: this only spares people a refusal.
 * @param {string} role of who looks at the page
 * @param {string} needed
 */
export function forbidden(role, needed) {
  return roles.indexOf(role) >= roles.indexOf(needed)
    ? ""
    : `Your token's role is ${role.toLowerCase()}: this needs ${needed.toLowerCase()}.`;
}

/** States in which nothing more happens. */
const over = ["SUCCEEDED", "FAILED", "CANCELLED"];

/**
 * Number of an experiment's tasks in some states.
 * @param {any} experiment
 * @param {string[]} states
 */
export function tasksIn(experiment, ...states) {
  return states.reduce((sum, state) => sum + (experiment?.tasks?.[state] ?? 0), 0);
}

/** @param {any} experiment */
export const open = (experiment) => tasksIn(experiment, "PENDING", "QUEUED", "RUNNING");

/**
 * "1 task", "12 tasks".
 * @param {number} count
 * @param {string} noun
 */
export const counted = (count, noun) => `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;

/** @param {any} experiment */
export const ended = (experiment) => over.includes(experiment.state);

/**
 * Why an action cannot be taken now; an empty text when it can.
 * @param {Action} action
 * @param {any} experiment as the API tells it
 * @param {string} [role] of who asks
 * @returns {string}
 */
export function refusal(action, experiment, role = "ADMIN") {
  const may = action === "clone" ? "" : forbidden(role, "SUBMITTER");
  if (may) return may;
  const word = String(experiment.state).toLowerCase();
  if (experiment.archivedAt && action !== "clone") return "It is archived: clone it instead.";
  switch (action) {
    case "pause":
      if (ended(experiment)) return `It is ${word}: nothing of it is left to pause.`;
      return experiment.paused ? "It is paused already." : "";
    case "resume":
      return experiment.paused && experiment.state !== "CANCELLED" ? "" : "It is not paused.";
    case "cancel":
      return ended(experiment) ? `It is ${word} already.` : "";
    case "retry":
      if (experiment.state === "CANCELLED") return "It is cancelled: clone it instead.";
      return tasksIn(experiment, "FAILED") > 0 ? "" : "Nothing of it has failed.";
    case "policy":
      if (experiment.state === "CANCELLED") return "It is cancelled: how it shares devices matters no more.";
      return ended(experiment) ? `It is ${word}: how it shares devices matters no more.` : "";
    case "resubmit":
      if (experiment.replacedBy) return `${experiment.replacedBy} stands in its place already.`;
      return experiment.state === "CANCELLED" ? "It is cancelled: clone it instead." : "";
    case "extend":
      return experiment.state === "PLANNING" ? "It is still being planned." : "";
    default:
      return "";
  }
}

/**
 * What an action would do, in sentences.
 * @param {Action} action
 * @param {any} experiment
 * @param {{handBack?: boolean}} [choices]
 * @returns {string[]}
 */
export function consequences(action, experiment, choices = {}) {
  const running = tasksIn(experiment, "RUNNING");
  const waiting = tasksIn(experiment, "PENDING", "QUEUED");
  const done = tasksIn(experiment, "SUCCEEDED", "CACHED");
  const failed = tasksIn(experiment, "FAILED");
  const planning = experiment.state === "PLANNING";
  switch (action) {
    case "cancel":
      return [
        `${counted(running, "running task")} ${running === 1 ? "stops" : "stop"} within seconds and ${counted(waiting, "waiting task")} ${waiting === 1 ? "is" : "are"} never started` +
          `${planning ? ", and nothing more of it is planned" : ""}. Tasks that another experiment wants too go on for that one.`,
        done > 0 ? `${counted(done, "result")} ${done === 1 ? "stays" : "stay"}.` : "It has no result yet.",
        "There is no way back: to run the rest later, clone it. What has a result is not computed again.",
      ];
    case "pause":
      return [
        `${counted(waiting, "waiting task")} ${waiting === 1 ? "waits" : "wait"} until it is resumed, and nothing more of it is started.`,
        choices.handBack
          ? `${counted(running, "running task")} ${running === 1 ? "is" : "are"} asked to checkpoint and to free ${running === 1 ? "its device" : "their devices"} now; nothing is lost, and no attempt is charged.`
          : `${counted(running, "running task")} ${running === 1 ? "goes on to its" : "go on to their"} end.`,
        "Resuming takes it back.",
      ];
    case "resume":
      return [`${counted(waiting, "waiting task")} may be started again. Pausing takes it back.`];
    case "retry":
      return [
        `${counted(failed, "failed task")} ${failed === 1 ? "begins" : "begin"} anew, each with all its attempts; what they need begins before them.`,
        "Other experiments that share a failure stay as they are. There is no way back but to cancel the experiment.",
      ];
    case "extend":
      return [
        "The same trials are trained for more iterations, as a new experiment. A finetune goes on from its last checkpoint, so that only the rest is computed, unless its learning rate depends on the number of iterations (schedules linear and cosine).",
        "This experiment and its results stay. Cancelling the new one takes it back.",
      ];
    case "policy":
      return [
        "Counts for what is started from now on; running tasks stay where they are. Setting the old values takes it back.",
      ];
    default:
      return [];
  }
}

/**
 * What an extension would compute, by the answer to its dry run.
 * @param {any} answer
 * @returns {string}
 */
export function extension(answer) {
  const plan = answer.plan ?? {};
  const tasks = plan.tasks ?? {};
  const parts = [
    `${counted(answer.trials ?? 0, "trial")}: ${counted(tasks.new ?? 0, "task")} to run, ${tasks.cached ?? 0} with a result already, ${tasks.joined ?? 0} in flight.`,
  ];
  if (plan.finetunes) {
    const { resumed = 0, fromStart = 0 } = plan.finetunes;
    parts.push(`Of the finetunes ${resumed} go on from a checkpoint and ${fromStart} start over.`);
  }
  return parts.join(" ");
}

/**
 * What a form of priority and bound asks to change.
 * @param {any} experiment
 * @param {{priority: string, maxParallel: string}} typed
 * @returns {{change: {priority?: number, maxParallel?: number}, back: {priority?: number, maxParallel?: number}, problem: string}}
 */
export function policyChange(experiment, typed) {
  const now = {
    priority: experiment.policy?.priority ?? experiment.priority,
    maxParallel: experiment.policy?.maxParallel ?? 0,
  };
  /** @type {Record<string, number>} */
  const change = {};
  /** @type {Record<string, number>} */
  const back = {};
  const bounds = { priority: 100, maxParallel: 2147483647 };
  for (const field of /** @type {("priority" | "maxParallel")[]} */ (["priority", "maxParallel"])) {
    const value = Number(typed[field]);
    if (typed[field].trim() === "" || !Number.isInteger(value) || value < 0 || value > bounds[field]) {
      const expected = field === "priority" ? "from 0 to 100" : "0 for no bound, or more";
      const name = field === "priority" ? "Priority" : "Most tasks at once";
      return { change: {}, back: {}, problem: `${name}: a whole number, ${expected}.` };
    }
    if (value !== now[field]) {
      change[field] = value;
      back[field] = now[field];
    }
  }
  return { change, back, problem: "" };
}
