// @ts-check
/**
 * Which trials are shown: one filter for every chart and table of an experiment, and how it is
 * written in the URL: `f.AXIS=value` (once a value), `state=FAILED`, `r.COLUMN=low~high` (either end
 * may be absent) and `q=words`. Pure functions.
 *
 * @typedef {{values: Record<string, string[]>, states: string[],
 *   ranges: Record<string, [number | null, number | null]>, search: string}} Filter
 */
import { column, inGroups, text } from "./columns.js";

/** @returns {Filter} */
export const everything = () => ({ values: {}, states: [], ranges: {}, search: "" });

/**
 * @param {URLSearchParams} query
 * @returns {Filter}
 */
export function parse(query) {
  const filter = everything();
  for (const key of new Set(query.keys())) {
    if (key.startsWith("f.")) filter.values[key.slice(2)] = query.getAll(key);
    if (key.startsWith("r.")) {
      const range = parseRange(query.get(key) ?? "");
      if (range) filter.ranges[key.slice(2)] = range;
    }
  }
  filter.states = query.getAll("state");
  filter.search = query.get("q") ?? "";
  return filter;
}

/**
 * @param {string} written
 * @returns {[number | null, number | null] | null} null when it says nothing
 */
function parseRange(written) {
  const [low, high] = written.split("~").map((end) => {
    const number = Number(end);
    return end === "" || !Number.isFinite(number) ? null : number;
  });
  return (low ?? null) === null && (high ?? null) === null ? null : [low ?? null, high ?? null];
}

/**
 * What must change in the URL's query so that it says a filter.
 * @param {Filter} filter
 * @param {URLSearchParams} query as it is
 * @returns {Record<string, string | string[] | null>}
 */
export function changes(filter, query) {
  /** @type {Record<string, string | string[] | null>} */
  const change = {};
  for (const key of query.keys()) if (/^[fr]\./.test(key)) change[key] = null;
  for (const [name, values] of Object.entries(filter.values)) {
    if (values.length > 0) change[`f.${name}`] = values;
  }
  for (const [name, [low, high]] of Object.entries(filter.ranges)) {
    if (low !== null || high !== null) change[`r.${name}`] = `${low ?? ""}~${high ?? ""}`;
  }
  change.state = filter.states.length > 0 ? filter.states : null;
  change.q = filter.search || null;
  return change;
}

/**
 * Rows that a filter leaves.
 * @param {import("./columns.js").Table} table
 * @param {Filter} filter
 * @param {{ignore?: string[]}} [options] columns whose conditions do not count, such as those that
 *     the asking chart itself brushes
 * @returns {number[]} ascending
 */
export function apply(table, filter, { ignore = [] } = {}) {
  /** @type {((row: number) => boolean)[]} */
  const tests = [];
  for (const [name, allowed] of Object.entries(filter.values)) {
    const found = column(table, name);
    if (!found || ignore.includes(name) || allowed.length === 0) continue;
    const set = new Set(allowed);
    tests.push((row) => set.has(text(found.values[row])));
  }
  for (const [name, [low, high]] of Object.entries(filter.ranges)) {
    const found = column(table, name);
    if (!found || ignore.includes(name)) continue;
    tests.push((row) => {
      const one = found.values[row];
      return (
        typeof one === "number" && (low === null || one >= low) && (high === null || one <= high)
      );
    });
  }
  if (filter.states.length > 0 && !ignore.includes("state")) {
    const states = column(table, "state");
    const set = new Set(filter.states);
    tests.push((row) => set.has(states?.values[row]));
  }
  const words = filter.search.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length > 0) {
    const searched = searchable(table);
    tests.push((row) => {
      const cells = searched.map((one) => `${one.name}=${text(one.values[row])}`.toLowerCase());
      return words.every((word) => cells.some((cell) => matches(cell, word)));
    });
  }
  const rows = [];
  for (let row = 0; row < table.count; row++) {
    if (tests.every((test) => test(row))) rows.push(row);
  }
  return rows;
}

/** @param {import("./columns.js").Table} table */
const searchable = (table) => [
  ...inGroups(table, "axis"),
  ...["trial", "seed", "state"]
    .map((name) => column(table, name))
    .filter((found) => found !== undefined),
];

/**
 * Whether a cell is meant by a word: `seed=0` and `kernel=rbf` mean the whole value, `rb` a part.
 * @param {string} cell as `loss.kernel=rbf`
 * @param {string} word
 */
const matches = (cell, word) =>
  word.includes("=") ? cell.endsWith(word) : cell.slice(cell.indexOf("=") + 1).includes(word);

/**
 * How many of the trials that the rest of a filter leaves have each value of a column.
 * @param {import("./columns.js").Table} table
 * @param {Filter} filter
 * @param {string} name
 * @returns {{value: string, count: number, chosen: boolean}[]} every value there is, in its order
 */
export function facets(table, filter, name) {
  const found = column(table, name);
  if (!found) return [];
  /** @type {Map<string, number>} */
  const counts = new Map();
  const raw = new Map(found.values.map((one) => [text(one), one]));
  for (const key of sorted([...raw.entries()])) counts.set(key, 0);
  for (const row of apply(table, filter, { ignore: [name] })) {
    const key = text(found.values[row]);
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const chosen = new Set(name === "state" ? filter.states : filter.values[name]);
  return [...counts].map(([value, count]) => ({ value, count, chosen: chosen.has(value) }));
}

/** @param {[string, any][]} entries */
const sorted = (entries) =>
  (entries.every(([, one]) => typeof one === "number" || one === null)
    ? entries.sort(([, a], [, b]) => (a ?? Infinity) - (b ?? Infinity))
    : entries
  ).map(([key]) => key);

/**
 * A filter with a value of a column put in or taken out.
 * @param {Filter} filter
 * @param {string} name `state` for states
 * @param {string} value
 * @returns {Filter}
 */
export function toggle(filter, name, value) {
  const old = name === "state" ? filter.states : (filter.values[name] ?? []);
  const next = old.includes(value) ? old.filter((one) => one !== value) : [...old, value];
  if (name === "state") return { ...filter, states: next };
  const values = { ...filter.values, [name]: next };
  if (next.length === 0) delete values[name];
  return { ...filter, values };
}

/**
 * A filter with another range; without one when both ends are absent.
 * @param {Filter} filter
 * @param {string} name
 * @param {[number | null, number | null] | null} range
 * @returns {Filter}
 */
export function narrow(filter, name, range) {
  const ranges = { ...filter.ranges };
  if (range && (range[0] !== null || range[1] !== null)) ranges[name] = range;
  else delete ranges[name];
  return { ...filter, ranges };
}

/** @param {Filter} filter */
export const isEverything = (filter) =>
  Object.keys(filter.values).length === 0 &&
  Object.keys(filter.ranges).length === 0 &&
  filter.states.length === 0 &&
  filter.search === "";
