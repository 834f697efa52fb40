// @ts-check
/**
 * The grid of an experiment for a heat map: two axes, perhaps a third as facets, and the trials of a
 * cell (over seeds and the other axes) as one number. Pure functions.
 *
 * @typedef {{x: number, y: number, value: number | null, n: number, trials: number[],
 *   states: Record<string, number>}} Cell
 *     places in xs and ys, the aggregate, of how many values, the rows of its trials
 * @typedef {{xs: any[], ys: any[], facets: {label: string, cells: Cell[]}[],
 *   low: number, high: number, best: number | null}} Grid
 */
import { number } from "../format.js";
import { coded, column, inOrder, isFinal, text } from "./columns.js";
import { aggregate } from "./statistics.js";

/**
 * @param {import("./columns.js").Table} table
 * @param {number[]} rows
 * @param {{x: string, y: string | null, facet?: string | null, score: string,
 *   how: import("./statistics.js").Aggregate}} choice names of columns
 * @returns {Grid}
 */
export function heatGrid(table, rows, { x, y, facet, score, how }) {
  const at = (/** @type {string | null | undefined} */ name) =>
    (name && column(table, name)?.values) || null;
  const [xValues, yValues, facetValues] = [at(x), at(y), at(facet)];
  const scoreColumn = column(table, score);
  const states = at("state");
  const side = (/** @type {any[] | null} */ values) => {
    if (!values) return { all: [null], at: () => 0 };
    const { codes, raws } = coded(values);
    const there = new Uint8Array(raws.length);
    for (const row of rows) there[codes[row]] = 1;
    const all = inOrder(raws.filter((raw, code) => raw !== null && there[code] === 1));
    const places = new Map(all.map((one, i) => [one, i]));
    const byCode = raws.map((raw) => places.get(raw));
    return { all, at: (/** @type {number} */ row) => byCode[codes[row]] };
  };
  const [across, down, apart] = [side(xValues), side(yValues), side(facetValues)];
  const [xs, ys, names] = [across.all, down.all, apart.all];

  const facets = names.map((name) => ({
    label: facetValues ? `${facet} = ${text(name)}` : "",
    cells: ys.flatMap((_, j) => xs.map((__, i) => emptyCell(i, j))),
  }));
  for (const row of rows) {
    const [i, j, k] = [across.at(row), down.at(row), apart.at(row)];
    if (i === undefined || j === undefined || k === undefined) continue;
    const cell = facets[k].cells[j * xs.length + i];
    cell.trials.push(row);
    const state = states?.[row] ?? "PENDING";
    cell.states[state] = (cell.states[state] ?? 0) + 1;
  }
  let [low, high] = [Infinity, -Infinity];
  for (const { cells } of facets) {
    for (const cell of cells) {
      const values = cell.trials
        .map((row) => scoreColumn?.values[row])
        .filter((one) => typeof one === "number" && Number.isFinite(one));
      cell.n = values.length;
      cell.value = aggregate(values, how);
      if (cell.value !== null) {
        low = Math.min(low, cell.value);
        high = Math.max(high, cell.value);
      }
    }
  }
  const any = low <= high;
  return {
    xs,
    ys,
    facets,
    low: any ? low : 0,
    high: any ? high : 1,
    best: any ? (scoreColumn?.better === "higher" ? high : low) : null,
  };
}

/**
 * @param {number} x
 * @param {number} y
 * @returns {Cell}
 */
const emptyCell = (x, y) => ({ x, y, value: null, n: 0, trials: [], states: {} });

/**
 * Why a cell has no number, in a word that fits into it.
 * @param {Cell} cell
 */
export function lack(cell) {
  if (cell.trials.length === 0) return "none";
  const { states } = cell;
  if (Object.keys(states).some((state) => !isFinal(state))) return states.RUNNING ? "runs" : "waits";
  if (states.FAILED) return "failed";
  if (states.STOPPED) return "stopped";
  if (states.CANCELLED) return "cancelled";
  return "no score";
}

/**
 * A cell in words, for the tooltip and for readers of screens.
 * @param {Grid} grid
 * @param {Cell} cell
 * @param {{x: string, y: string | null, score: string, how: string}} names
 */
export function cellText(grid, cell, names) {
  const where = [`${names.x} = ${text(grid.xs[cell.x])}`];
  if (names.y) where.push(`${names.y} = ${text(grid.ys[cell.y])}`);
  const states = Object.entries(cell.states)
    .map(([state, count]) => `${count} ${state.toLowerCase()}`)
    .join(", ");
  const what =
    cell.value === null
      ? `no ${names.score}: ${lack(cell)}`
      : `${names.how} ${names.score} ${number(cell.value)}, n = ${cell.n}`;
  return `${where.join(", ")}\n${what}\ntrials: ${states || "none in this cell"}`;
}

/**
 * The same as a table.
 * @param {Grid} grid
 * @param {{x: string, y: string | null, score: string, how: string}} names
 */
export function heatTable(grid, names) {
  const head = [names.y ?? "", ...grid.xs.map((one) => `${names.x} = ${text(one)}`)];
  const rows = grid.facets.flatMap((facet) =>
    grid.ys.map((one, j) => [
      [facet.label, names.y ? text(one) : names.score].filter(Boolean).join(", "),
      ...facet.cells
        .slice(j * grid.xs.length, (j + 1) * grid.xs.length)
        .map((cell) => (cell.value === null ? lack(cell) : `${number(cell.value)} (n=${cell.n})`)),
    ]),
  );
  return { head, rows };
}
