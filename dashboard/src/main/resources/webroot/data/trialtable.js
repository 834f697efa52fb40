// @ts-check
/** Which columns the table of trials shows at first, and how it is sorted. Pure functions. */
import { coded, column, inGroups, scores } from "./columns.js";

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
    ...["loss_last", "loss_min", "validation_mmd_last", "validation_mmd_min"].filter((name) => isKnown(column(table, name))),
    ...["seconds"].flatMap(has),
  ];
}

/** @param {import("./columns.js").Column | undefined} one */
const isKnown = (one) => one !== undefined && one.values.some((value) => value !== null && value !== undefined);

/**
 * Columns to choose from, those in which anything is known first.
 * @param {import("./columns.js").Table} table
 * @returns {{column: import("./columns.js").Column, known: boolean}[]}
 */
export function choosable(table) {
  const all = table.columns.map((one) => ({ column: one, known: isKnown(one) }));
  return [...all.filter((one) => one.known), ...all.filter((one) => !one.known)];
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
  // Numbers, or the places of texts among all texts: sorting many by numbers is quick.
  const keys = new Float64Array(values.length);
  if (values.every((one) => one === null || one === undefined || typeof one === "number")) {
    values.forEach((one, row) => (keys[row] = one ?? NaN));
  } else {
    const { codes, raws, words } = coded(values);
    const all = words();
    const order = raws.map((_, code) => code).sort((a, b) => compare.compare(all[a], all[b]));
    const rank = new Float64Array(raws.length);
    order.forEach((code, place) => (rank[code] = raws[code] === null ? NaN : place));
    codes.forEach((code, row) => (keys[row] = rank[code]));
  }
  const known = rows.filter((row) => !Number.isNaN(keys[row]));
  const unknown = rows.filter((row) => Number.isNaN(keys[row]));
  const sorted = Uint32Array.from(known).sort((p, q) => sign * (keys[p] - keys[q]) || p - q);
  return [...sorted, ...unknown];
}

const compare = new Intl.Collator(undefined, { numeric: true });
