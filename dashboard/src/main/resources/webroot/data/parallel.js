// @ts-check
/** Trials as lines over parallel axes, brushed on any of them. Pure functions. */
import { number } from "../format.js";
import { coded, column, distinct, text } from "./columns.js";
import { cividis } from "./palette.js";

/** More lines than this are not drawn: nobody can tell them apart. */
export const mostLines = 2000;

/**
 * @typedef {{name: string, label: string, kind: "number" | "category", values: any[]}} Dimension
 *     values: of a category, those there are, in order
 */

/**
 * Axes that say something: those with more than one value. Axes of the grid and whole
 * numbers with few values are shown as categories, but for the last one, which gives the lines their
 * colour.
 * @param {import("./columns.js").Table} table
 * @param {string[]} names
 * @returns {Dimension[]}
 */
export function dimensionsOf(table, names) {
  return names.flatMap((name, i) => {
    const found = column(table, name);
    if (!found) return [];
    const values = distinct(found.values);
    if (values.length < 2) return [];
    const most = found.group === "axis" ? 24 : 8;
    // A seed is a name; what was measured is a quantity, however few of it there are.
    const named = found.group === "axis" || (i < names.length - 1 && values.every((one) => Number.isInteger(one)));
    const few = values.length <= most && named;
    /** @type {Dimension["kind"]} */
    const kind = found.kind === "number" && !few ? "number" : "category";
    return [{ name, label: found.label, kind, values: kind === "category" ? values : [] }];
  });
}

/**
 * Lines of the trials that have every one of the dimensions, and how many have not.
 * @param {import("./columns.js").Table} table
 * @param {number[]} rows
 * @param {Dimension[]} dimensions
 */
export function lines(table, rows, dimensions) {
  const sides = dimensions.map((one) => {
    const values = column(table, one.name)?.values ?? [];
    if (one.kind !== "category") return { values, byCode: null, codes: null };
    const places = new Map(one.values.map((value, i) => [text(value), i]));
    const { codes, words } = coded(values);
    return { values, codes, byCode: words().map((word) => places.get(word)) };
  });
  const data = [];
  let lacking = 0;
  for (const row of rows) {
    const line = [];
    for (const side of sides) {
      const one = side.byCode ? side.byCode[side.codes[row]] : side.values[row];
      if (typeof one === "number" && Number.isFinite(one)) line.push(one);
    }
    if (line.length < sides.length) lacking++;
    else if (data.length < mostLines) data.push({ row, line });
  }
  return { data, lacking, left: rows.length - lacking - data.length };
}

/**
 * @param {import("./columns.js").Table} table
 * @param {{row: number, line: number[]}[]} data
 * @param {Dimension[]} dimensions the last one gives the colour
 * @param {any} theme
 * @param {{width: number}} size
 */
export function parallelOption(table, data, dimensions, theme, { width }) {
  const last = dimensions.length - 1;
  const ends = data.map(({ line }) => line[last]);
  const narrow = width < 520;
  return {
    tooltip: { formatter: (/** @type {any} */ item) => item.name },
    parallel: {
      layout: narrow ? "vertical" : "horizontal",
      left: narrow ? 96 : 48,
      right: narrow ? 20 : 76,
      top: narrow ? 16 : 48,
      bottom: narrow ? 60 : 64,
      axisExpandable: false,
      parallelAxisDefault: {
        nameTextStyle: { color: theme.ink, fontSize: 11 },
        nameTruncate: { maxWidth: narrow ? 84 : Math.max(60, width / (dimensions.length + 0.5)) },
        z: 20,
        axisLabel: label(theme),
        axisLine: { lineStyle: { color: theme.faint } },
        axisTick: { lineStyle: { color: theme.line } },
        areaSelectStyle: { width: 24, color: theme.faint, borderColor: theme.faint, opacity: 0.3 },
      },
    },
    parallelAxis: dimensions.map((one, dim) => ({
      id: one.name,
      dim,
      name: narrow ? one.label.slice(one.label.lastIndexOf(".") + 1) : one.label,
      nameLocation: narrow ? "start" : "end",
      nameGap: narrow ? 8 : 15,
      ...(one.kind === "category"
        ? { type: "category", data: one.values.map((v) => text(typeof v === "number" ? precise(v) : v)) }
        : {
            type: "value",
            scale: true,
            axisLabel: { ...label(theme), formatter: (/** @type {number} */ v) => number(v, 3) },
          }),
    })),
    visualMap: {
      type: "continuous",
      dimension: last,
      min: ends.length > 0 ? Math.min(...ends) : 0,
      max: ends.length > 0 ? Math.max(...ends) : 1,
      calculable: false,
      orient: "horizontal",
      left: "center",
      bottom: 0,
      itemWidth: 12,
      itemHeight: Math.min(180, width / 3),
      show: ends.length > 0,
      text: ends.length > 0
        ? [number(Math.max(...ends), 3), `${dimensions[last].label}  ${number(Math.min(...ends), 3)}`]
        : undefined,
      textStyle: { color: theme.ink },
      inRange: { color: theme.dark ? cividis.slice(3) : cividis.slice(0, 8) },
    },
    series: [
      {
        type: "parallel",
        smooth: false,
        lineStyle: { width: data.length > 300 ? 1 : 2, opacity: data.length > 300 ? 0.35 : 0.75 },
        inactiveOpacity: 0.06,
        activeOpacity: data.length > 300 ? 0.5 : 0.9,
        emphasis: { lineStyle: { width: 4, opacity: 1 } },
        progressive: 500,
        data: data.map(({ row, line }) => ({
          value: line,
          trials: [row],
          name: words(table, row, dimensions),
        })),
      },
    ],
  };
}

/** Legible over lines. @param {any} theme */
const label = (theme) => ({
  color: theme.ink,
  hideOverlap: true,
  textBorderColor: theme.paper,
  textBorderWidth: 3,
});

/**
 * @param {import("./columns.js").Table} table
 * @param {number} row
 * @param {Dimension[]} dimensions
 */
function words(table, row, dimensions) {
  const trial = column(table, "trial")?.values[row] ?? row;
  const values = dimensions.map((one) => {
    const value = column(table, one.name)?.values[row];
    return `${one.label} = ${one.kind === "number" ? number(value) : text(value)}`;
  });
  return [`trial ${trial}`, ...values].join("\n");
}

/**
 * The filter that brushed intervals of a dimension mean: a range of a number; of a category the
 * values whose place lies within one of the intervals.
 * @param {Dimension} dimension
 * @param {[number, number][]} brushed
 * @returns {{range?: [number, number] | null, values?: string[]}}
 */
export function meaning(dimension, brushed) {
  if (dimension.kind === "number") {
    if (brushed.length === 0) return { range: null };
    const ends = brushed.flat();
    return { range: [precise(Math.min(...ends)), precise(Math.max(...ends))] };
  }
  const within = (/** @type {number} */ i) => brushed.some(([low, high]) => i >= low - 0.5 && i <= high + 0.5);
  return { values: dimension.values.filter((_, i) => within(i)).map(text) };
}

/** Six digits are enough in an address and on an axis. @param {number} value */
const precise = (value) => Number(value.toPrecision(6));

/**
 * The other way: what must be brushed so that the axes show a filter.
 * @param {Dimension} dimension
 * @param {import("./filter.js").Filter} filter
 * @returns {[number, number][]}
 */
export function brushOf(dimension, filter) {
  if (dimension.kind === "number") {
    const range = filter.ranges[dimension.name];
    return range ? [[range[0] ?? -1e300, range[1] ?? 1e300]] : [];
  }
  const chosen = new Set(
    dimension.name === "state" ? filter.states : (filter.values[dimension.name] ?? []),
  );
  return dimension.values.flatMap((value, i) =>
    chosen.has(text(value)) ? [/** @type {[number, number]} */ ([i - 0.35, i + 0.35])] : [],
  );
}
