// @ts-check
/** What a plan says, for people. Pure functions. */
import { duration, number } from "../format.js";
import { counted } from "./actions.js";

const kinds = {
  REFERENCE: "Reference statistics",
  PRETRAIN: "Pretrainings",
  FINETUNE: "Finetunes",
  EVALUATE: "Evaluations",
};

/**
 * @param {any} plan answer of experiments:plan
 * @returns {{kind: string, label: string, fresh: number, cached: number, joined: number}[]} kinds
 *     without tasks are left out; the last row is the sum
 */
export function planRows(plan) {
  const rows = Object.entries(kinds)
    .map(([kind, label]) => row(kind, label, plan.byKind?.[kind]))
    .filter((one) => one.fresh + one.cached + one.joined > 0);
  return [...rows, row("ALL", "All tasks", plan.tasks)];
}

/**
 * @param {string} kind
 * @param {string} label
 * @param {any} counts
 */
const row = (kind, label, counts) => ({
  kind,
  label,
  fresh: counts?.new ?? 0,
  cached: counts?.cached ?? 0,
  joined: counts?.joined ?? 0,
});

/**
 * One line: trials, tasks, device time.
 * @param {any} plan
 */
export function planLine(plan) {
  const { new: fresh = 0, cached = 0, joined = 0 } = plan.tasks ?? {};
  const parts = [counted(plan.trials ?? 0, "trial"), `${counted(fresh, "task")} to run`];
  if (cached > 0) parts.push(`${cached} with a result already`);
  if (joined > 0) parts.push(`${joined} in flight`);
  return parts.join(", ");
}

/**
 * Device time in hours and in words.
 * @param {any} plan
 * @returns {{short: string, long: string}}
 */
export function deviceTime(plan) {
  const time = plan.deviceSeconds;
  if (!time) {
    const why = plan.iterations
      ? "Device time is not estimated for trials that are halved: how many go on is not known before."
      : (plan.tasks?.new ?? 0) === 0
        ? "Nothing is to be run."
        : "Device time cannot be estimated: nothing alike has been measured here yet.";
    return { short: (plan.tasks?.new ?? 0) === 0 ? "no device time" : "device time unknown", long: why };
  }
  const hours = (/** @type {number} */ seconds) => `${number(seconds / 3600, 2)} device-hours`;
  return {
    short: `about ${hours(time.estimate)} (${duration(time.estimate)})`,
    long: `Between ${duration(time.low)} and ${duration(time.high)} of device time, by ${time.from}.`,
  };
}

/**
 * Iterations of an experiment that halves its trials; empty for others.
 * @param {any} plan
 */
export function iterationsLine(plan) {
  const { expected, atWorst, full } = plan.iterations ?? {};
  if (expected === undefined) return "";
  const said = (/** @type {number} */ count) => count.toLocaleString("en");
  return `${said(expected)} iterations of all finetunes together are expected, ${said(atWorst)} at worst; ${said(full)} if every trial were trained to the end.`;
}

/**
 * What a replacement keeps, adds and withdraws.
 * @param {any} change `plan.change` of a resubmission's dry run
 * @returns {{label: string, kept: number, fresh: number, withdrawn: number}[]}
 */
export function changeRows(change) {
  const one = (/** @type {string} */ label, /** @type {any} */ counts) => ({
    label,
    kept: counts?.kept ?? 0,
    fresh: counts?.new ?? 0,
    withdrawn: counts?.withdrawn ?? 0,
  });
  return [one("Trials", change.trials), one("Tasks", change.tasks)];
}
