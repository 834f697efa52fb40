// @ts-check
/**
 * Which trials are shown: one filter for every chart and table of an experiment, and how it is
 * written in the URL: `f.AXIS=value` (once a value), `state=FAILED`, `r.COLUMN=low~high` (either end
 * may be absent) and `q=words`. Pure functions.
 *
 * @typedef {{values: Record<string, string[]>, states: string[],
 *   ranges: Record<string, [number | null, number | null]>, search: string}} Filter
 */
import { coded, column, inGroups } from "./columns.js";

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
  const kept = new Uint8Array(table.count).fill(1);
  /** Keeps rows whose value of a column is allowed, asked once a distinct value. */
  const ask = (/** @type {any[]} */ values, /** @type {(word: string, raw: any) => boolean} */ allowed) => {
    const { codes, raws, words } = coded(values);
    const all = words();
    const good = Uint8Array.from(raws, (raw, code) => (allowed(all[code], raw) ? 1 : 0));
    for (let row = 0; row < table.count; row++) kept[row] &= good[codes[row]];
  };
  for (const [name, allowed] of Object.entries(filter.values)) {
    const found = column(table, name);
    if (!found || ignore.includes(name) || allowed.length === 0) continue;
    const set = new Set(allowed);
    ask(found.values, (word) => set.has(word));
  }
  for (const [name, [low, high]] of Object.entries(filter.ranges)) {
    const found = column(table, name);
    if (!found || ignore.includes(name)) continue;
    for (let row = 0; row < table.count; row++) {
      const one = found.values[row];
      const inside =
        typeof one === "number" && (low === null || one >= low) && (high === null || one <= high);
      if (!inside) kept[row] = 0;
    }
  }
  if (filter.states.length > 0 && !ignore.includes("state")) {
    const set = new Set(filter.states);
    ask(column(table, "state")?.values ?? [], (word) => set.has(word));
  }
  for (const word of filter.search.toLowerCase().split(/\s+/).filter(Boolean)) {
    const hit = new Uint8Array(table.count);
    for (const one of searchable(table)) {
      const { codes } = coded(one.values);
      const good = Uint8Array.from(cells(one), (cell) => (matches(cell, word) ? 1 : 0));
      for (let row = 0; row < table.count; row++) hit[row] |= good[codes[row]];
    }
    for (let row = 0; row < table.count; row++) kept[row] &= hit[row];
  }
  const rows = [];
  for (let row = 0; row < table.count; row++) if (kept[row] === 1) rows.push(row);
  return rows;
}

/** @type {WeakMap<any[], string[]>} */
const cellsBefore = new WeakMap();

/**
 * What the search looks at, one text a distinct value, as `loss.kernel=rbf`.
 * @param {import("./columns.js").Column} one
 */
function cells(one) {
  const before = cellsBefore.get(one.values);
  if (before) return before;
  const made = coded(one.values).words().map((word) => `${one.name}=${word}`.toLowerCase());
  cellsBefore.set(one.values, made);
  return made;
}

/** @param {import("./columns.js").Table} table */
const searchable = (table) => [
  ...inGroups(table, "axis"),
  ...["trial", "seed", "state"]
    .map((name) => column(table, name))
    .filter((found) => found !== undefined),
];

/**
 * Makes ready what a search needs, so that its first letter finds it made.
 * @param {import("./columns.js").Table} table
 */
export const warm = (table) => searchable(table).forEach(cells);

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
  const { codes, raws, words } = coded(found.values);
  const counts = new Int32Array(raws.length);
  for (const row of apply(table, filter, { ignore: [name] })) counts[codes[row]]++;
  const chosen = new Set(name === "state" ? filter.states : filter.values[name]);
  const order = raws.map((raw, code) => ({ raw, code }));
  if (raws.every((raw) => typeof raw === "number" || raw === null)) {
    order.sort((a, b) => (a.raw ?? Infinity) - (b.raw ?? Infinity));
  }
  return order.map(({ code }) => ({ value: words()[code], count: counts[code], chosen: chosen.has(words()[code]) }));
}

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
