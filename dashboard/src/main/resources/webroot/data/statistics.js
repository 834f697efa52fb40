// @ts-check
/** Aggregates over trials. Pure functions. */

/** Two-sided 95 % quantiles of Student's t for 1 to 30 degrees of freedom. */
const t95 = [
  12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469, 2.3646, 2.306, 2.2622, 2.2281, 2.201, 2.1788,
  2.1604, 2.1448, 2.1314, 2.1199, 2.1098, 2.1009, 2.093, 2.086, 2.0796, 2.0739, 2.0687, 2.0639,
  2.0595, 2.0555, 2.0518, 2.0484, 2.0452, 2.0423,
];

/** What can be said of several trials in one number. */
export const aggregates = /** @type {const} */ (["median", "mean", "min", "max"]);

/** @typedef {typeof aggregates[number]} Aggregate */

/**
 * @param {number[]} values
 * @param {Aggregate} how
 * @returns {number | null} null of none
 */
export function aggregate(values, how) {
  if (values.length === 0) return null;
  if (how === "mean") return mean(values);
  const ordered = [...values].sort((a, b) => a - b);
  if (how === "min") return ordered[0];
  if (how === "max") return ordered[ordered.length - 1];
  const half = ordered.length >> 1;
  return ordered.length % 2 === 1 ? ordered[half] : (ordered[half - 1] + ordered[half]) / 2;
}

/** @param {number[]} values at least one */
export const mean = (values) => values.reduce((sum, one) => sum + one, 0) / values.length;

/**
 * Half the width of the mean's t interval at 95 %, with two values or more.
 * @param {number[]} values
 * @returns {number | null}
 */
export function halfWidth(values) {
  const n = values.length;
  if (n < 2) return null;
  const middle = mean(values);
  const variance = values.reduce((sum, one) => sum + (one - middle) ** 2, 0) / (n - 1);
  return (t95[n - 2] ?? 1.96 + 2.4 / (n - 1)) * Math.sqrt(variance / n);
}
