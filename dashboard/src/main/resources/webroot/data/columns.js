// @ts-check
/**
 * The trials of an experiment as columns, as `GET /experiments/{id}/columns` gives them: one array a
 * column, one place a trial, null where nothing is known. Pure functions.
 *
 * @typedef {"axis" | "fact" | "score" | "baseline" | "curve"} Group
 * @typedef {{name: string, label: string, group: Group, unit?: string, better?: "lower" | "higher",
 *   kind: "number" | "category" | "text", values: any[]}} Column
 * @typedef {{count: number, total: number, spec: Record<string, any>, columns: Column[]}} Table
 */

/** States in which a trial does not change any more by itself. */
const ended = new Set(["SUCCEEDED", "CACHED", "FAILED", "CANCELLED", "STOPPED"]);

/** @param {string} state */
export const isFinal = (state) => ended.has(state);

/**
 * A value as people read it and as the URL carries it.
 * @param {any} value
 */
export function text(value) {
  if (value === null || value === undefined) return "–";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/**
 * @param {Table} table
 * @param {string} name
 * @returns {Column | undefined}
 */
export const column = (table, name) => table.columns.find((one) => one.name === name);

/**
 * @param {Table} table
 * @param {string} name
 * @param {number} row
 */
export const value = (table, name, row) => column(table, name)?.values[row] ?? null;

/**
 * @param {Table} table
 * @param {...Group} groups
 */
export const inGroups = (table, ...groups) =>
  table.columns.filter((one) => groups.includes(one.group));

/** @type {WeakMap<any[], Coded>} */
const codedBefore = new WeakMap();

/**
 * @typedef {{codes: Int32Array, raws: any[], words: () => string[]}} Coded
 *     for each place the number of its value, the distinct values by number (null for nothing), and
 *     what they are in words
 */

/**
 * A column's values by numbers, made once: charts and filters of many trials count by them.
 * @param {any[]} values not changed afterwards
 * @returns {Coded}
 */
export function coded(values) {
  const before = codedBefore.get(values);
  if (before) return before;
  const codes = new Int32Array(values.length);
  /** @type {Map<any, number>} */
  const places = new Map();
  /** @type {any[]} */
  const raws = [];
  for (let row = 0; row < values.length; row++) {
    const one = values[row] ?? null;
    const key = one !== null && typeof one === "object" ? text(one) : one;
    let code = places.get(key);
    if (code === undefined) {
      code = raws.length;
      places.set(key, code);
      raws.push(one);
    }
    codes[row] = code;
  }
  /** @type {string[] | undefined} */
  let words;
  const made = { codes, raws, words: () => (words ??= raws.map(text)) };
  codedBefore.set(values, made);
  return made;
}

/** @type {WeakMap<Table, Column[]>} */
const dimensionsBefore = new WeakMap();

/**
 * Columns that trials can be laid out by: axes, and sampling steps, NFE and the seed, if they differ
 * and say something that no axis says.
 * @param {Table} table
 * @returns {Column[]}
 */
export function dimensions(table) {
  const before = dimensionsBefore.get(table);
  if (before) return before;
  const found = inGroups(table, "axis");
  for (const name of ["samplingSteps", "nfe", "seed"]) {
    const one = column(table, name);
    if (one && distinct(one.values).length > 1 && !found.some((axis) => sameParts(axis, one))) {
      found.push(one);
    }
  }
  dimensionsBefore.set(table, found);
  return found;
}

/**
 * Whether a column only repeats another: each value of one goes with one value of the other.
 * @param {Column} axis
 * @param {Column} other places without a value do not count
 */
function sameParts(axis, other) {
  const [a, b] = [coded(axis.values), coded(other.values)];
  const there = new Int32Array(a.raws.length).fill(-1);
  const back = new Int32Array(b.raws.length).fill(-1);
  for (let row = 0; row < b.codes.length; row++) {
    const [i, j] = [a.codes[row], b.codes[row]];
    if (b.raws[j] === null) continue;
    if (there[i] < 0) there[i] = j;
    if (back[j] < 0) back[j] = i;
    if (there[i] !== j || back[j] !== i) return false;
  }
  return true;
}

/**
 * Scores by which trials are compared, those of spaces that were not trained in first.
 * @param {Table} table
 */
export function scores(table) {
  const named = (/** @type {string} */ prefix) =>
    inGroups(table, "score").filter((one) => one.name.startsWith(prefix));
  const trained = new Set(table.spec.trainedSpaces ?? []);
  const fd = named("fd:");
  const held = fd.filter((one) => !trained.has(spaceOf(one.name)));
  const rest = inGroups(table, "score").filter(
    (one) => !one.name.startsWith("fd:") && !/_(low|high):/.test(one.name),
  );
  return [...held, ...fd.filter((one) => !held.includes(one)), ...rest];
}

/** @param {string} name of a score's column, as `fd:penultimate` */
export const spaceOf = (name) => name.slice(name.indexOf(":") + 1);

/**
 * A column beside a score's: its interval's ends, its baseline or their ratio.
 * @param {Table} table
 * @param {string} name as `fd:SPACE`
 * @param {"low" | "high" | "baseline" | "ratio"} what
 */
export function beside(table, name, what) {
  const metric = name.slice(0, name.indexOf(":"));
  const space = spaceOf(name);
  const prefix = what === "low" || what === "high" ? `${metric}_${what}` : `${what}_${metric}`;
  return column(table, `${prefix}:${space}`);
}

/**
 * Distinct values, numbers ascending, others in the order they come in.
 * @param {any[]} values
 * @returns {any[]}
 */
export const distinct = (values) => inOrder(coded(values).raws.filter((one) => one !== null));

/** @param {any[]} found */
export const inOrder = (found) =>
  found.every((one) => typeof one === "number") ? found.sort((a, b) => a - b) : found;

/**
 * Pages of one table as one. Columns that only some pages have are null elsewhere.
 * @param {{from: number, count: number, total: number, spec: any, columns: Column[]}[]} pages in order
 * @returns {Table}
 */
export function join(pages) {
  const count = pages.reduce((sum, page) => sum + page.count, 0);
  /** @type {Map<string, Column>} */
  const columns = new Map();
  let start = 0;
  for (const page of pages) {
    for (const one of page.columns) {
      let whole = columns.get(one.name);
      if (!whole) {
        whole = { ...one, values: new Array(count).fill(null) };
        columns.set(one.name, whole);
      }
      for (let i = 0; i < page.count; i++) whole.values[start + i] = one.values[i] ?? null;
    }
    start += page.count;
  }
  const last = pages[pages.length - 1];
  return {
    count,
    total: last?.total ?? 0,
    spec: Object.assign({}, ...pages.map((page) => page.spec ?? {})),
    columns: [...columns.values()],
  };
}

/**
 * Whether a page can be kept as it is when something changed: all of its trials have ended.
 * @param {{columns: Column[]}} page
 */
export const isSettled = (page) =>
  (page.columns.find((one) => one.name === "state")?.values ?? [null]).every(isFinal);
