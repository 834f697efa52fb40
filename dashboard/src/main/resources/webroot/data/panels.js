// @ts-check
/** Measurements of the fleet over time as charts. Pure functions. */
import { number } from "../format.js";
import { categories, symbols } from "./palette.js";
import { legend } from "./scatter.js";

/** @typedef {{labels: Record<string, string>, points: [number, number | null][]}} Series points: seconds since 1970 and a value */

/** How far back the page looks, and how far apart its points are. */
export const ranges = [
  { id: "15m", label: "15 min", seconds: 900, step: 5 },
  { id: "1h", label: "1 h", seconds: 3600, step: 15 },
  { id: "6h", label: "6 h", seconds: 21600, step: 60 },
  { id: "24h", label: "24 h", seconds: 86400, step: 300 },
  { id: "7d", label: "7 days", seconds: 604800, step: 1800 },
];

/** @param {string | null} id */
export const rangeOf = (id) => ranges.find((one) => one.id === id) ?? ranges[1];

/**
 * The address of a panel's points, ending now.
 * @param {string} id
 * @param {{seconds: number, step: number}} range
 * @param {number} now milliseconds
 */
export function panelPath(id, range, now) {
  const to = Math.floor(now / 1000 / range.step) * range.step;
  return `panels/${encodeURIComponent(id)}?from=${to - range.seconds}&to=${to}&step=${range.step}`;
}

/**
 * What a line is called: its labels' values.
 * @param {Series} series
 * @param {string} title of the panel, for a line without labels
 */
export function lineName(series, title) {
  const values = Object.values(series.labels ?? {}).filter(Boolean);
  return values.length > 0 ? values.join(", ") : title;
}

const dashes = ["solid", "dashed", "dotted", [8, 3, 2, 3]];

/**
 * Lines that are told apart by colour, by dashes and by their mark.
 * @param {{title: string, unit?: string}} panel
 * @param {Series[]} series
 * @param {import("../charts/theme.js").Theme} theme
 * @param {{width: number}} size
 * @returns {any} option of ECharts
 */
export function panelOption(panel, series, theme, size) {
  const many = series.length > 1;
  const text = (/** @type {number | null} */ value) =>
    `${number(value, 4)}${panel.unit ? ` ${panel.unit}` : ""}`;
  const clock = (/** @type {number} */ millis) =>
    new Date(millis).toLocaleString(undefined, { dateStyle: "short", timeStyle: "medium" });
  const axis = {
    axisLabel: { color: theme.faint, hideOverlap: true },
    axisLine: { show: true, lineStyle: { color: theme.line } },
    splitLine: { lineStyle: { color: theme.line, opacity: 0.6 } },
  };
  return {
    grid: { left: 8, right: 16, top: many ? 40 : panel.unit ? 28 : 12, bottom: 8, containLabel: true },
    legend: many ? { ...legend(theme), top: 0, itemWidth: 36 } : undefined,
    tooltip: {
      trigger: "axis",
      formatter: (/** @type {any[]} */ items) =>
        [
          clock(items[0].value[0]),
          ...items
            .filter((one) => one.value[1] !== null)
            .map((one) => `${one.seriesName}: ${text(one.value[1])}`),
        ].join("\n"),
    },
    xAxis: {
      ...axis,
      type: "time",
      splitNumber: Math.max(2, Math.round(size.width / 110)),
      splitLine: { show: false },
    },
    yAxis: {
      ...axis,
      type: "value",
      name: panel.unit,
      nameLocation: "end",
      nameTextStyle: { color: theme.faint },
      min: (/** @type {{min: number}} */ extent) => Math.min(0, extent.min),
    },
    series: series.map((one, i) => {
      const name = lineName(one, panel.title);
      const color = categories[i % categories.length];
      return {
        type: "line",
        name,
        data: one.points.map(([at, value]) => ({
          value: [at * 1000, value],
          name: value === null ? "" : `${name}, ${clock(at * 1000)}: ${text(value)}`,
        })),
        showSymbol: one.points.length < 40,
        symbol: symbols[i % symbols.length],
        connectNulls: false,
        lineStyle: { width: 2, type: dashes[i % dashes.length], color },
        itemStyle: { color },
      };
    }),
  };
}

/**
 * The same as a table, a row for each time.
 * @param {{title: string, unit?: string}} panel
 * @param {Series[]} series
 * @returns {{head: string[], rows: (string | number | null)[][]}}
 */
export function panelTable(panel, series) {
  const names = series.map((one) => lineName(one, panel.title));
  /** @type {Map<number, (number | null)[]>} */
  const byTime = new Map();
  series.forEach((one, i) => {
    for (const [at, value] of one.points) {
      const row = byTime.get(at) ?? names.map(() => null);
      row[i] = value;
      byTime.set(at, row);
    }
  });
  const unit = panel.unit ? ` (${panel.unit})` : "";
  return {
    head: ["Time", ...names.map((name) => `${name}${unit}`)],
    rows: [...byTime]
      .sort(([a], [b]) => b - a)
      .map(([at, row]) => [
        new Date(at * 1000).toLocaleString(),
        ...row.map((value) => (value === null ? null : Number(number(value, 5)))),
      ]),
  };
}

/**
 * The last value of each line, for a line of text below the chart.
 * @param {{title: string, unit?: string}} panel
 * @param {Series[]} series
 */
export function lastValues(panel, series) {
  return series
    .map((one) => ({
      name: lineName(one, panel.title),
      value: [...one.points].reverse().find(([, value]) => value !== null)?.[1],
    }))
    .filter((one) => one.value !== undefined)
    .map((one) => `${one.name} ${number(one.value, 3)}${panel.unit ? ` ${panel.unit}` : ""}`)
    .join(", ");
}
