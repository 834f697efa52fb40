// @ts-check
/** What workers do and what waits for them. Pure functions. */

/**
 * @typedef {"busy" | "idle" | "draining" | "handing back" | "full"} Doing full: it takes no task by
 *     itself, because it ends or its disk is full
 * @typedef {{key: string, kind?: string, label?: string, experiments?: string[], step?: number, totalSteps?: number,
 *   startedAt?: string, attempt?: number, state?: string}} HeldTask
 */

/** The shape of a worker's doing, so that colour is not needed to tell them apart. */
export const shapes = { busy: "▶", idle: "○", draining: "▽", "handing back": "◁", full: "■" };

/**
 * @param {any} worker as the API tells it
 * @returns {Doing}
 */
export function doing(worker) {
  const holds = Boolean(worker.executionId || worker.task);
  if (worker.draining) return holds ? "handing back" : "draining";
  if (holds) return "busy";
  return worker.accepting === false ? "full" : "idle";
}

/**
 * Workers in the order of the page: by device class, then device, then id.
 * @param {any[]} workers
 */
export const ordered = (workers) =>
  [...workers].sort(
    (a, b) =>
      a.deviceClass.localeCompare(b.deviceClass) ||
      String(a.device).localeCompare(String(b.device), undefined, { numeric: true }) ||
      a.workerId.localeCompare(b.workerId),
  );

/**
 * How many workers do what, by device class.
 * @param {any[]} workers
 * @returns {{name: string, workers: number, busy: number, idle: number, draining: number, memoryBytes: number}[]}
 */
export function classesOf(workers) {
  /** @type {Map<string, {name: string, workers: number, busy: number, idle: number, draining: number, memoryBytes: number}>} */
  const found = new Map();
  for (const worker of ordered(workers)) {
    const name = worker.deviceClass;
    const one = found.get(name) ?? { name, workers: 0, busy: 0, idle: 0, draining: 0, memoryBytes: 0 };
    const now = doing(worker);
    one.workers++;
    if (now === "busy" || now === "handing back") one.busy++;
    if (now === "idle") one.idle++;
    if (worker.draining) one.draining++;
    one.memoryBytes += worker.memoryBytes ?? 0;
    found.set(name, one);
  }
  return [...found.values()];
}

/**
 * Workers after some events of the stream.
 * @param {Map<string, any>} workers by id
 * @param {{entity: string, key: string, value?: any}[]} events
 * @returns {Map<string, any>} the same map when nothing in it changed
 */
export function afterEvents(workers, events) {
  let next = workers;
  for (const event of events) {
    if (event.entity !== "worker") continue;
    if (next === workers) next = new Map(workers);
    if (event.value) {
      const before = next.get(event.key);
      const same = before?.executionId !== undefined && before.executionId === event.value.executionId;
      next.set(event.key, same && before.task ? { task: before.task, ...event.value } : event.value);
    } else next.delete(event.key);
  }
  return next;
}

/**
 * Who holds what, by the leases among some events.
 * @param {{entity: string, key: string, value?: any}[]} events
 * @returns {{taskKey: string, executionId: string, step: number, totalSteps: number}[]}
 */
export const leasesIn = (events) =>
  events
    .filter((event) => event.entity === "lease" && event.value?.executionId)
    .map((event) => ({
      taskKey: event.key,
      executionId: event.value.executionId,
      step: event.value.step ?? 0,
      totalSteps: event.value.totalSteps ?? 0,
    }));

/**
 * @typedef {{step: number, at: number}} Seen a step and when it was heard of, in milliseconds
 */

/** After so long without a step nobody knows how long a task takes on, in milliseconds. */
const silence = 60000;

/**
 * How long a task takes on, by how fast it was while the page looked, else since it began.
 * @param {HeldTask} task
 * @param {Seen | undefined} first the first step that was heard of
 * @param {Seen | undefined} last
 * @param {number} now milliseconds
 * @returns {number | null} seconds
 */
export function timeLeft(task, first, last, now) {
  const total = task.totalSteps ?? 0;
  const step = last?.step ?? task.step ?? 0;
  if (total <= 0 || step <= 0 || step >= total) return null;
  if (first && last && last.step > first.step && last.at - first.at >= 3000) {
    // Nothing was heard for long: it stands still, or the page is cut off.
    if (now - last.at > silence) return null;
    const seconds = (last.at - first.at) / 1000 / (last.step - first.step);
    return Math.max(0, (total - step) * seconds - (now - last.at) / 1000);
  }
  // A later attempt began at a checkpoint, so that its pace does not follow from where it is.
  if ((task.attempt ?? 1) > 1 || !task.startedAt) return null;
  const since = (now - Date.parse(task.startedAt)) / 1000;
  return since > 0 ? (since / step) * (total - step) : null;
}

/**
 * What a drain would do, in sentences.
 * @param {any} worker
 * @param {HeldTask | undefined} task
 * @param {any[]} workers all of them
 * @returns {string[]}
 */
export function drainConsequences(worker, task, workers) {
  const others = workers.filter(
    (one) =>
      one.workerId !== worker.workerId &&
      one.deviceClass === worker.deviceClass &&
      one.accepting &&
      !one.draining,
  ).length;
  return [
    task
      ? `It is asked to checkpoint ${task.label || "its task"} and to hand it back; that goes on elsewhere, and no attempt is charged.`
      : "It holds no task now.",
    others === 0
      ? `No other worker of device class ${worker.deviceClass} takes tasks: they wait until one does.`
      : `${others} other ${others === 1 ? "worker" : "workers"} of device class ${worker.deviceClass} ${others === 1 ? "takes" : "take"} tasks.`,
    "The process goes on and takes nothing until it is resumed, also after a restart of the server.",
  ];
}

/**
 * The queue in the order of the page: most waiting first.
 * @param {any} queue answer of GET /queue
 * @returns {{name: string, workers: number, idle: number, queued: number, running: number,
 *   projects: {name: string, queued: number, running: number, examined: number, reasons: {reason: string, text: string, count: number, example?: string}[]}[]}[]}
 */
export function queueRows(queue) {
  const byQueued = (/** @type {any} */ a, /** @type {any} */ b) =>
    b.queued - a.queued || a.name.localeCompare(b.name);
  return [...(queue?.classes ?? [])].sort(byQueued).map((one) => ({
    ...one,
    projects: [...(one.projects ?? [])].sort(byQueued).map((project) => ({
      ...project,
      reasons: [...(project.reasons ?? [])].sort((a, b) => b.count - a.count),
    })),
  }));
}

/**
 * How long ago, in few words.
 * @param {string | undefined} instant
 * @param {number} now milliseconds
 */
export function ago(instant, now) {
  if (!instant) return "–";
  const seconds = Math.max(0, (now - Date.parse(instant)) / 1000);
  if (!Number.isFinite(seconds)) return "–";
  if (seconds < 90) return `${Math.round(seconds)} s ago`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min ago`;
  return `${Math.round(seconds / 3600)} h ago`;
}
