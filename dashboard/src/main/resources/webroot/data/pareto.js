// @ts-check
/** The Pareto front of a score against a cost. Pure functions. */
import { number } from "../format.js";
import { column, inGroups, text } from "./columns.js";
import { categories } from "./palette.js";
import { baseFor, legend, thinned, tooltip, valueAxis, zoom } from "./scatter.js";

/** @typedef {{row: number, x: number, y: number}} Point */

/**
 * Rows with both numbers.
 * @param {import("./columns.js").Table} table
 * @param {number[]} rows
 * @param {string} cost
 * @param {string} score
 * @returns {Point[]}
 */
export function pairs(table, rows, cost, score) {
  const [xs, ys] = [column(table, cost)?.values ?? [], column(table, score)?.values ?? []];
  const scale = cost === "deviceSeconds" ? 1 / 3600 : 1;
  return rows
    .filter((row) => Number.isFinite(xs[row] ?? NaN) && Number.isFinite(ys[row] ?? NaN))
    .map((row) => ({ row, x: xs[row] * scale, y: ys[row] }));
}

/**
 * Points that no other beats in one number without being worse in the other: least cost first. Of
 * equal points all are kept.
 * @param {Point[]} points
 * @param {"lower" | "higher"} better of the score; the cost is always better lower
 * @returns {Point[]}
 */
export function front(points, better) {
  const sign = better === "higher" ? -1 : 1;
  const ordered = [...points].sort((a, b) => a.x - b.x || sign * (a.y - b.y));
  /** @type {Point[]} */
  const kept = [];
  for (const point of ordered) {
    const last = kept[kept.length - 1];
    const equal = last && last.x === point.x && last.y === point.y;
    if (!last || equal || sign * point.y < sign * last.y) kept.push(point);
  }
  return kept;
}

/**
 * @param {import("./columns.js").Table} table
 * @param {Point[]} points
 * @param {Point[]} best the front
 * @param {{cost: string, score: string, logX: boolean, logY: boolean}} names
 * @param {any} theme
 */
export function paretoOption(table, points, best, names, theme) {
  const onFront = new Set(best.map((point) => point.row));
  const item = (/** @type {Point} */ point) => ({
    name: words(table, point, names, onFront.has(point.row)),
    value: [point.x, point.y],
    trials: [point.row],
  });
  const logX = names.logX && points.every((point) => point.x > 0);
  const logY = names.logY && points.every((point) => point.y > 0);
  return {
    legend: legend(theme),
    tooltip,
    grid: { left: 64, right: 24, top: 40, bottom: 48 },
    xAxis: valueAxis(names.cost, theme, { log: logX, base: names.cost.startsWith("NFE") ? 2 : 10 }),
    yAxis: valueAxis(names.score, theme, { log: logY, base: logY ? baseFor(points.map((point) => point.y)) : 10, gap: 48 }),
    dataZoom: zoom(),
    series: [
      {
        type: "scatter",
        name: "beaten",
        symbol: "circle",
        symbolSize: 8,
        itemStyle: { color: "transparent", borderColor: theme.faint, borderWidth: 1.5 },
        data: thinned(points.filter((point) => !onFront.has(point.row))).map(item),
      },
      {
        type: "line",
        name: "Pareto front",
        step: "end",
        symbol: "diamond",
        symbolSize: 13,
        lineStyle: { color: categories[1], width: 2 },
        itemStyle: { color: categories[1], borderColor: theme.paper, borderWidth: 1 },
        data: best.map(item),
        z: 4,
      },
    ],
  };
}

/**
 * @param {import("./columns.js").Table} table
 * @param {Point} point
 * @param {{cost: string, score: string}} names
 * @param {boolean} onFront
 */
function words(table, point, names, onFront) {
  const axes = inGroups(table, "axis").map((one) => `${one.label} = ${text(one.values[point.row])}`);
  const trial = column(table, "trial")?.values[point.row] ?? point.row;
  return [
    `trial ${trial}${onFront ? ", on the Pareto front" : ", beaten by another"}`,
    `${names.score} ${number(point.y)}, ${names.cost} ${number(point.x)}`,
    axes.join("\n"),
  ].join("\n");
}

/**
 * @param {import("./columns.js").Table} table
 * @param {Point[]} best
 * @param {{cost: string, score: string}} names
 */
export function paretoTable(table, best, names) {
  const axes = inGroups(table, "axis");
  return {
    head: ["Trial on the front", names.cost, names.score, ...axes.map((one) => one.label)],
    rows: best.map((point) => [
      String(column(table, "trial")?.values[point.row] ?? point.row),
      number(point.x),
      number(point.y),
      ...axes.map((one) => text(one.values[point.row])),
    ]),
  };
}
