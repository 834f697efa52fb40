// @ts-check
/** Where each trial's curve ended and where it was best. Pure functions. */
import { number } from "../format.js";
import { column, inGroups, text } from "./columns.js";
import { categories } from "./palette.js";
import { legend, thinned, tooltip, valueAxis, zoom } from "./scatter.js";

/** @typedef {{row: number, trial: number, min: number, last: number, step: number | null}} Curve */

/**
 * Names of curves of which the last and the least value are known, as `loss`.
 * @param {import("./columns.js").Table} table
 */
export const curveNames = (table) =>
  inGroups(table, "curve")
    .filter((one) => one.name.endsWith("_last"))
    .map((one) => one.name.slice(0, -"_last".length))
    .filter((name) => column(table, `${name}_min`));

/**
 * @param {import("./columns.js").Table} table
 * @param {number[]} rows
 * @param {string} name as `loss`
 * @returns {Curve[]} the least last value first
 */
export function curveEnds(table, rows, name) {
  const of = (/** @type {string} */ end) => column(table, `${name}_${end}`)?.values ?? [];
  const [last, min, step] = [of("last"), of("min"), of("min_step")];
  const trials = column(table, "trial")?.values ?? [];
  return rows
    .filter((row) => Number.isFinite(last[row] ?? NaN) && Number.isFinite(min[row] ?? NaN))
    .map((row) => ({ row, trial: trials[row] ?? row, min: min[row], last: last[row], step: step[row] ?? null }))
    .sort((a, b) => a.last - b.last || a.trial - b.trial);
}

/**
 * @param {import("./columns.js").Table} table
 * @param {Curve[]} all
 * @param {string} name
 * @param {any} theme
 */
export function curvesOption(table, all, name, theme) {
  const curves = thinned(all);
  const axes = inGroups(table, "axis");
  const words = (/** @type {Curve} */ one) =>
    [
      `trial ${one.trial}`,
      `last ${name} ${number(one.last)}`,
      `min ${name} ${number(one.min)}${one.step === null ? "" : ` at step ${one.step}`}`,
      ...axes.map((axis) => `${axis.label} = ${text(axis.values[one.row])}`),
    ].join("\n");
  const item = (/** @type {Curve} */ one, /** @type {number} */ i, /** @type {number} */ y) => ({
    name: words(one),
    value: [i + 1, y],
    trials: [one.row],
  });
  return {
    legend: legend(theme),
    tooltip,
    grid: { left: 64, right: 20, top: 40, bottom: 48 },
    xAxis: { ...valueAxis("trials, by their last value", theme), min: 0, minInterval: 1 },
    yAxis: valueAxis(name, theme, { gap: 48 }),
    dataZoom: zoom(),
    series: [
      {
        type: "custom",
        silent: true,
        z: 1,
        tooltip: { show: false },
        data: curves.map((one, i) => [i + 1, one.min, one.last]),
        encode: { x: 0, y: [1, 2] },
        renderItem: (/** @type {any} */ _, /** @type {any} */ api) => {
          const [x1, y1] = api.coord([api.value(0), api.value(1)]);
          const [, y2] = api.coord([api.value(0), api.value(2)]);
          return { type: "line", shape: { x1, y1, x2: x1, y2 }, style: { stroke: theme.line, lineWidth: 2 } };
        },
      },
      {
        type: "scatter",
        name: "min",
        symbol: "triangle",
        symbolSize: 9,
        itemStyle: { color: categories[2] },
        data: curves.map((one, i) => item(one, i, one.min)),
      },
      {
        type: "scatter",
        name: "last",
        symbol: "circle",
        symbolSize: 7,
        itemStyle: { color: categories[0] },
        data: curves.map((one, i) => item(one, i, one.last)),
      },
    ],
  };
}

/**
 * @param {Curve[]} curves
 * @param {string} name
 */
export const curvesTable = (curves, name) => ({
  head: ["Trial", `last ${name}`, `min ${name}`, "at step"],
  rows: curves.map((one) => [
    String(one.trial),
    number(one.last),
    number(one.min),
    one.step === null ? "–" : String(one.step),
  ]),
});
