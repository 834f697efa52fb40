// @ts-check
/**
 * A score against the number of network evaluations, with 95 % intervals and the base model beside
 * it. Pure functions.
 *
 * @typedef {{x: number, y: number, low: number | null, high: number | null, n: number,
 *   trials: number[], words: string}} Point
 */
import { number } from "../format.js";
import { beside, coded, column, inGroups, text } from "./columns.js";
import { categories, symbols } from "./palette.js";
import { baseFor, intervals, legend, thinned, tooltip, valueAxis, zoom } from "./scatter.js";
import { halfWidth, mean } from "./statistics.js";

/**
 * Points of the finetuned models: trials that differ only by their seed are one point, their mean
 * with its t interval; a single trial keeps the interval of its own evaluation, if it has one.
 * @param {import("./columns.js").Table} table
 * @param {number[]} rows
 * @param {string} score
 * @param {string | null} by column whose values are told apart
 * @returns {Map<string, Point[]>} by value, in the order of the rows
 */
export function tunedPoints(table, rows, score, by) {
  const y = column(table, score)?.values ?? [];
  const x = column(table, "nfe")?.values ?? [];
  const [low, high] = [beside(table, score, "low"), beside(table, score, "high")];
  const axes = inGroups(table, "axis").filter((axis) => axis.name !== "seed");
  const grouping = by ? column(table, by) : undefined;
  const parts = axes.map((axis) => coded(axis.values));
  const apart = grouping && coded(grouping.values);
  /** @type {Map<string, {rows: number[], series: string, words: string}>} */
  const groups = new Map();
  for (const row of rows) {
    if (typeof y[row] !== "number" || typeof x[row] !== "number" || x[row] <= 0) continue;
    let key = `${apart ? apart.codes[row] : ""}|${x[row]}`;
    for (const one of parts) key += `|${one.codes[row]}`;
    const group = groups.get(key);
    if (group) {
      group.rows.push(row);
    } else {
      const words = axes.map((axis) => `${axis.label} = ${text(axis.values[row])}`).join(", ");
      groups.set(key, { rows: [row], series: grouping ? text(grouping.values[row]) : "finetuned", words });
    }
  }
  /** @type {Map<string, Point[]>} */
  const found = new Map();
  for (const { rows: members, series, words } of groups.values()) {
    const values = members.map((row) => y[row]);
    const middle = mean(values);
    const half = halfWidth(values);
    const only = members[0];
    const points = found.get(series) ?? [];
    points.push({
      x: x[only],
      y: middle,
      low: half !== null ? middle - half : (low?.values[only] ?? null),
      high: half !== null ? middle + half : (high?.values[only] ?? null),
      n: members.length,
      trials: members,
      words,
    });
    found.set(series, points);
  }
  return found;
}

/**
 * Points of the base model: its evaluations alone and the paired baselines of the trials; equal NFE
 * and score are one point.
 * @param {import("./columns.js").Table} table
 * @param {any[]} base items of `GET /experiments/{id}/base`
 * @param {string} score
 * @returns {Point[]} by NFE
 */
export function basePoints(table, base, score) {
  const space = score.slice(score.indexOf(":") + 1);
  const metric = score.slice(0, score.indexOf(":"));
  const trained = (table.spec.trainedSpaces ?? []).includes(space);
  const nfe = column(table, "nfe")?.values ?? [];
  const paired = beside(table, score, "baseline")?.values ?? [];
  /** @type {Map<string, Point>} */
  const found = new Map();
  const add = (/** @type {any} */ x, /** @type {any} */ y) => {
    if (typeof x !== "number" || typeof y !== "number" || x <= 0) return;
    const words = `base model at NFE ${x}`;
    found.set(`${x}/${y}`, { x, y, low: null, high: null, n: 1, trials: [], words });
  };
  if (metric === "fd") {
    for (const one of base) {
      add(one.nfe, trained ? one.scores?.trained : one.scores?.heldOut?.[space]);
    }
  }
  for (let row = 0; row < table.count; row++) add(nfe[row], paired[row]);
  return [...found.values()].sort((a, b) => a.x - b.x || a.y - b.y);
}

/**
 * The best point at each NFE.
 * @param {Point[]} points
 * @param {"lower" | "higher"} better
 */
export function bestAtEach(points, better) {
  /** @type {Map<number, Point>} */
  const best = new Map();
  for (const point of points) {
    const old = best.get(point.x);
    if (!old || (better === "higher" ? point.y > old.y : point.y < old.y)) best.set(point.x, point);
  }
  return [...best.values()].sort((a, b) => a.x - b.x);
}

/**
 * @param {Map<string, Point[]>} tuned
 * @param {Point[]} base
 * @param {{score: string, by: string | null, log: boolean, better: "lower" | "higher"}} names
 * @param {any} theme
 */
export function nfeOption(tuned, base, names, theme) {
  const all = [...[...tuned.values()].flat(), ...base];
  const ys = all.map((point) => point.y);
  const log = names.log && ys.every((y) => y > 0);
  const floor = log ? Math.min(...ys, ...all.flatMap(({ low }) => (low !== null && low > 0 ? [low] : []))) : -Infinity;
  const groups = [...tuned].slice(0, categories.length);
  const item = (/** @type {Point} */ point, /** @type {string} */ who) => ({
    name: pointText(point, who, names.score),
    value: [point.x, point.y],
    trials: point.trials,
  });
  const bars = (/** @type {Point[]} */ points, /** @type {string} */ colour, /** @type {string} */ name) => {
    const some = points.flatMap(({ x, low, high }) =>
      low === null || high === null ? [] : [{ x, low: Math.max(low, floor), high, open: low < floor }],
    );
    return some.length > 0 ? [intervals(some, colour, name)] : [];
  };
  const series = groups.flatMap(([name, points], i) => {
    const label = names.by ? `${names.by} = ${name}` : "finetuned";
    const colour = categories[i];
    return [
      {
        type: "scatter",
        name: label,
        symbol: symbols[i],
        symbolSize: 9,
        itemStyle: { color: colour, borderColor: theme.paper, borderWidth: 1 },
        data: thinned(points).map((point) => item(point, label)),
        z: 3,
      },
      {
        type: "line",
        name: label,
        symbol: "none",
        silent: true,
        lineStyle: { color: colour, width: 1.5 },
        itemStyle: { color: colour },
        data: bestAtEach(points, names.better).map((point) => [point.x, point.y]),
        z: 2,
      },
      ...bars(thinned(points), colour, label),
    ];
  });
  return {
    legend: legend(theme),
    tooltip,
    grid: { left: 64, right: 20, top: 40, bottom: 48 },
    xAxis: valueAxis("NFE (network evaluations a sample)", theme, { log: true, base: 2 }),
    yAxis: valueAxis(names.score, theme, { log, base: log ? baseFor(ys) : 10, gap: 48 }),
    dataZoom: zoom(),
    series: [
      ...series,
      {
        type: "line",
        name: "base model",
        symbol: "diamond",
        symbolSize: 10,
        lineStyle: { color: theme.ink, type: "dashed", width: 1.5 },
        itemStyle: { color: theme.paper, borderColor: theme.ink, borderWidth: 1.5 },
        data: thinned(base).map((point) => item(point, "base model")),
        z: 3,
      },
    ],
  };
}

/**
 * @param {Point} point
 * @param {string} who
 * @param {string} score
 */
export function pointText(point, who, score) {
  const interval =
    point.low === null || point.high === null
      ? "no interval"
      : `95 %: ${number(point.low)} to ${number(point.high)}${point.n > 1 ? " (over seeds)" : ""}`;
  const lines = [`${who}, NFE ${number(point.x)}`, `${score} ${number(point.y)}, ${interval}`];
  if (point.trials.length > 0) {
    lines.push(point.words);
    lines.push(point.n > 1 ? `mean of ${point.n} seeds` : "one seed");
  }
  return lines.filter(Boolean).join("\n");
}

/**
 * @param {Map<string, Point[]>} tuned
 * @param {Point[]} base
 * @param {{score: string}} names
 */
export const nfeTable = (tuned, base, names) => ({
  head: ["Model", "NFE", names.score, "95 % low", "95 % high", "Seeds"],
  rows: [...[...tuned.values()].flat(), ...base].map((point) => [
    point.words || "finetuned",
    number(point.x),
    number(point.y),
    number(point.low),
    number(point.high),
    point.trials.length > 0 ? String(point.n) : "–",
  ]),
});
