// @ts-check
/** What the charts of points share: axes, tooltip, zoom, interval bars. Pure functions. */
import { number } from "../format.js";

/**
 * @param {string} name
 * @param {any} theme
 * @param {{log?: boolean, base?: number, gap?: number}} [more]
 */
export const valueAxis = (name, theme, { log = false, base = 10, gap = 30 } = {}) => ({
  type: log ? "log" : "value",
  ...(log ? { logBase: base } : {}),
  name,
  nameLocation: "middle",
  nameGap: gap,
  scale: true,
  nameTextStyle: { color: theme.faint },
  axisLabel: {
    color: theme.faint,
    hideOverlap: true,
    formatter: (/** @type {number} */ value) => number(value, 3),
  },
  axisLine: { show: true, lineStyle: { color: theme.line } },
  splitLine: { lineStyle: { color: theme.line, opacity: 0.6 } },
});

/** @param {any} theme */
export const legend = (theme) => ({
  type: "scroll",
  top: 0,
  textStyle: { color: theme.ink },
  pageTextStyle: { color: theme.faint },
  pageIconColor: theme.accent,
  inactiveColor: theme.line,
});

/**
 * Base of a logarithmic scale that does not leave most of the plot empty.
 * @param {number[]} values
 */
export const baseFor = (values) => (Math.max(...values) / Math.min(...values) > 200 ? 10 : 2);

/** More points than this in one series are not drawn: they hide each other and slow the page. */
export const mostPoints = 4000;

/**
 * Evenly chosen ones, in their order, when there are too many to draw.
 * @template T
 * @param {T[]} points
 * @returns {T[]}
 */
export function thinned(points) {
  if (points.length <= mostPoints) return points;
  return Array.from({ length: mostPoints }, (_, i) => points[Math.floor((i * points.length) / mostPoints)]);
}

/** Zoom by wheel and drag, within the plot, with a key held so that the page still scrolls. */
export const zoom = () => [
  { type: "inside", xAxisIndex: 0, zoomOnMouseWheel: "ctrl", moveOnMouseMove: "shift", filterMode: "none" },
  { type: "inside", yAxisIndex: 0, zoomOnMouseWheel: "ctrl", moveOnMouseMove: "shift", filterMode: "none" },
];

/** Each item of the data carries its words as its name. */
export const tooltip = { trigger: "item", formatter: (/** @type {any} */ item) => item.name };

/**
 * A series of upright bars with caps: the 95 % intervals of points.
 * @param {{x: number, low: number, high: number, open: boolean}[]} bars open: goes on below, where
 *     a logarithmic scale has no place
 * @param {string} colour
 * @param {string} name of the series whose legend entry it goes with
 */
export const intervals = (bars, colour, name) => ({
  type: "custom",
  name,
  silent: true,
  z: 1,
  itemStyle: { color: colour },
  data: bars.map((bar) => ({ value: [bar.x, bar.low, bar.high, bar.open ? 1 : 0] })),
  encode: { x: 0, y: [1, 2] },
  tooltip: { show: false },
  renderItem: (/** @type {any} */ _, /** @type {any} */ api) => {
    const [x, top] = api.coord([api.value(0), api.value(2)]);
    const [, bottom] = api.coord([api.value(0), api.value(1)]);
    const line = (/** @type {number} */ x1, /** @type {number} */ y1, /** @type {number} */ x2, /** @type {number} */ y2) => ({
      type: "line",
      shape: { x1, y1, x2, y2 },
      style: { stroke: colour, lineWidth: 1.5 },
    });
    const foot = api.value(3) ? [] : [line(x - 4, bottom, x + 4, bottom)];
    return {
      type: "group",
      children: [line(x, top, x, bottom), line(x - 4, top, x + 4, top), ...foot],
    };
  },
});
