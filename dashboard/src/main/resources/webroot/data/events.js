// @ts-check
/** What the server's events mean for what is shown. Pure functions. */

/** @typedef {import("./streams.js").StateEvent} StateEvent */

/**
 * A trial after some events: how far its running tasks are is told by the events themselves, for
 * everything else it must be read again.
 * @template T
 * @param {T & {tasks?: any[]} | null} trial
 * @param {StateEvent[]} events of its experiment
 * @returns {{trial: T | null, reload: boolean}} the same object when nothing changed
 */
export function afterEvents(trial, events) {
  const tasks = trial?.tasks ?? [];
  const keys = new Set(tasks.map((task) => task.key));
  /** @type {Map<string, any>} */
  const leases = new Map();
  let reload = trial === null;
  for (const { entity, key, value } of events) {
    if (entity === "lease" && value && keys.has(key)) leases.set(key, value);
    else if (["all", "experiment", "plan", "rung"].includes(entity)) reload = true;
    else if (entity === "task" && keys.has(key)) reload = true;
  }
  const moved = tasks.some((task) => {
    const lease = leases.get(task.key);
    return lease && (lease.step !== task.step || lease.totalSteps !== task.totalSteps);
  });
  if (!moved) return { trial, reload };
  const next = tasks.map((task) => {
    const lease = leases.get(task.key);
    return lease ? { ...task, step: lease.step, totalSteps: lease.totalSteps } : task;
  });
  return { trial: /** @type {any} */ ({ ...trial, tasks: next }), reload };
}

/**
 * Whether the table of an experiment's trials may have changed. Of a large one the progress of single
 * tasks is left out: there is always some.
 * @param {StateEvent[]} events
 * @param {boolean} large
 */
export const changesTable = (events, large) =>
  events.some(({ entity }) => !["worker", "input", "claim", ...(large ? ["lease"] : [])].includes(entity));
