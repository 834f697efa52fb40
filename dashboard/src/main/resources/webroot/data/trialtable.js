// @ts-check
/** Which columns the table of trials shows at first, and how it is sorted. Pure functions. */
import { column, inGroups, scores, text } from "./columns.js";

/**
 * @param {import("./columns.js").Table} table
 * @returns {string[]} names
 */
export function defaultColumns(table) {
  const has = (/** @type {string} */ name) => (column(table, name) ? [name] : []);
  const first = scores(table).filter((one) => one.name.startsWith("fd:"));
  return [
    ...has("trial"),
    ...inGroups(table, "axis").map((one) => one.name),
    ...["seed", "state", "nfe"].flatMap(has),
    ...first.flatMap((one) => [one.name, ...has(`ratio_${one.name}`)]),
    ...["loss_last", "loss_min", "seconds"].flatMap(has),
  ];
}

/**
 * Rows in the order of a column; those without a value last, whichever way.
 * @param {import("./columns.js").Table} table
 * @param {number[]} rows
 * @param {string} by
 * @param {boolean} down
 * @returns {number[]} a new list
 */
export function sortRows(table, rows, by, down) {
  const values = column(table, by)?.values;
  if (!values) return rows;
  const sign = down ? -1 : 1;
  return [...rows].sort((p, q) => {
    const [a, b] = [values[p] ?? null, values[q] ?? null];
    if (a === null || b === null) return a === b ? p - q : a === null ? 1 : -1;
    const order = typeof a === "number" && typeof b === "number" ? a - b : text(a).localeCompare(text(b));
    return order === 0 ? p - q : sign * order;
  });
}
