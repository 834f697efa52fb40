// @ts-check
/** Trials side by side. Pure functions. */
import { differing, said } from "./diff.js";
import { scoreRows } from "./trial.js";

/** @typedef {{id: string, index: number}} Place */

/** Trials that are shown at once at most. */
export const most = 12;

/**
 * @param {string} written as ID/INDEX
 * @returns {Place | null} null when it is no trial
 */
export function place(written) {
  const found = written.trim().match(/^(.+)\/(\d{1,9})$/);
  return found ? { id: found[1], index: Number(found[2]) } : null;
}

/** @param {Place} one */
export const named = (one) => `${one.id}/${one.index}`;

/**
 * The trials of an address, each once.
 * @param {string[]} written
 * @returns {Place[]}
 */
export function places(written) {
  /** @type {Map<string, Place>} */
  const found = new Map();
  for (const one of written.map(place)) if (one) found.set(named(one), one);
  return [...found.values()].slice(0, most);
}

/**
 * What the scores of trials do not have in common, as sentences.
 * @param {{name: string, protocol: any}[]} trials protocol: `spec` of `GET /experiments/{id}/columns`
 * @returns {string[]} empty when they compare
 */
export function warnings(trials) {
  const plain = trials.map(({ protocol }) => {
    const { spaces, trainedSpaces, leadingSpace, metrics, ...rest } = protocol ?? {};
    return { ...rest };
  });
  const names = { reference: "reference data", samples: "samples a score", seed: "evaluation seed", bootstrap: "bootstrap resamples" };
  const found = differing(plain).map(
    ({ path, values }) =>
      `${names[/** @type {keyof typeof names} */ (path)] ?? path}: ${values.map((value, i) => `${said(value)} (${trials[i].name})`).join(", ")}`,
  );
  const spaces = new Map();
  for (const { protocol, name } of trials) {
    for (const one of protocol?.spaces ?? []) {
      const all = spaces.get(one.name) ?? new Map();
      const key = `${one.id} ${one.protocol}`;
      all.set(key, [...(all.get(key) ?? []), name]);
      spaces.set(one.name, all);
    }
  }
  for (const [space, all] of spaces) {
    if (all.size > 1) {
      found.push(`protocol in ${space}: ${[...all].map(([key, who]) => `${key.replace(/^\S+ /, "")} (${who.join(", ")})`).join("; ")}`);
    }
  }
  return found;
}

/**
 * Scores by space and metric, one cell a trial.
 * @param {any[]} trials
 * @param {boolean} comparable whether a best one may be named
 * @returns {{space: string, metric: string, cells: ({value: number, low: number | null, high: number | null,
 *   baseline: number | null, trained: boolean, best: boolean} | null)[]}[]}
 */
export function scoreMatrix(trials, comparable) {
  const rows = trials.map((one) => new Map(scoreRows(one).map((row) => [`${row.space}\n${row.metric}`, row])));
  const keys = [...new Set(rows.flatMap((one) => [...one.keys()]))].sort();
  return keys.map((key) => {
    const [space, metric] = key.split("\n");
    const cells = rows.map((one) => one.get(key) ?? null);
    const values = cells.flatMap((cell) => (cell ? [cell.value] : []));
    const higher = /^(is|precision|recall|density|coverage)/.test(metric);
    const best = higher ? Math.max(...values) : Math.min(...values);
    return {
      space,
      metric,
      cells: cells.map((cell) => cell && { ...cell, best: comparable && values.length > 1 && cell.value === best }),
    };
  });
}

/**
 * How a sheet is divided, by the rule that the worker lays it out by: as many images side by side as
 * there are rows, at most 8, 2 pixels between them.
 * @param {number} width of the whole, px
 * @param {number} height
 * @returns {{columns: number, rows: number, edge: number} | null} edge: of one image, px
 */
export function tiles(width, height) {
  const gap = 2;
  for (let columns = 8; columns >= 1; columns--) {
    const step = (width + gap) / columns;
    if (!Number.isInteger(step) || step <= gap) continue;
    if (Math.max(1, Math.min(8, Math.floor(4000 / step))) !== columns) continue;
    const rows = (height + gap) / step;
    if (Number.isInteger(rows)) return { columns, rows, edge: step - gap };
  }
  return null;
}

/** Lines that can be told apart without colour. */
export const dashes = [undefined, [8, 4], [2, 3], [10, 3, 2, 3], [5, 2], [1, 5]];
