// @ts-check
/** How a heat map of the grid is drawn. Pure functions. */
import { number } from "../format.js";
import { text } from "./columns.js";
import { cellText, lack } from "./heatmap.js";
import { cividis, inkOn, sequential } from "./palette.js";

/** @typedef {import("./heatmap.js").Cell} Cell */
/** @typedef {import("./heatmap.js").Grid} Grid */

/** Patterns of cells without a number: told apart without colour. */
const patterns = /** @type {Record<string, any>} */ ({
  failed: { symbol: "rect", dashArrayX: [1, 0], dashArrayY: [2, 4], rotation: -Math.PI / 4 },
  stopped: { symbol: "rect", dashArrayX: [1, 0], dashArrayY: [2, 6], rotation: Math.PI / 4 },
  cancelled: { symbol: "rect", dashArrayX: [1, 0], dashArrayY: [1, 5], rotation: 0 },
  runs: { symbol: "circle", dashArrayX: [[6, 6], [0, 6, 6, 0]], dashArrayY: [6, 0], symbolSize: 0.6 },
  waits: { symbol: "circle", dashArrayX: [[8, 12]], dashArrayY: [12, 0], symbolSize: 0.4 },
});

/**
 * How high the chart must be for its cells to be read.
 * @param {Grid} grid
 * @param {number} width
 */
export function heatHeight(grid, width) {
  const { down } = layout(grid, width);
  return Math.min(Math.max(down * (grid.ys.length * 38 + (grid.facets.length > 1 ? 80 : 64)) + 44, 220), 2000);
}

/**
 * How facets stand in rows.
 * @param {Grid} grid
 * @param {number} width
 */
function layout(grid, width) {
  const count = grid.facets.length;
  const least = Math.max(150, grid.xs.length * 46 + 90);
  const across = Math.max(1, Math.min(count, Math.floor(width / least)));
  return { across, down: Math.ceil(count / across) };
}

/**
 * @param {Grid} grid
 * @param {{x: string, y: string | null, score: string, how: string}} names as people read them
 * @param {any} theme
 * @param {{width: number, height: number}} size
 */
export function heatOption(grid, names, theme, { width, height }) {
  const { across, down } = layout(grid, width);
  const labelWidth = Math.min(
    width < 500 ? 70 : 130,
    Math.max(24, ...grid.ys.map((one) => text(one).length * 7 + 10)),
  );
  const boxWidth = (width - 8) / across;
  const boxHeight = (height - 40) / down;
  const cellWidth = (boxWidth - labelWidth - 26) / grid.xs.length;
  const written = cellWidth >= 34;
  const span = grid.high - grid.low || 1;
  const ofCell = (/** @type {Cell} */ cell) => {
    const colour = cell.value === null ? null : sequential((cell.value - grid.low) / span);
    const best = cell.value !== null && cell.value === grid.best;
    return {
      name: cellText(grid, cell, names),
      cell,
      value: [cell.x, cell.y, cell.value ?? 0],
      label: {
        show: written || (best && cellWidth >= 16),
        color: colour ? inkOn(colour) : theme.ink,
        backgroundColor: colour ? undefined : theme.paper,
        padding: colour ? 0 : [1, 3],
        borderRadius: 2,
        formatter: cellLabel(cell, best, written, cellWidth),
        lineHeight: 14,
        fontSize: 12,
        fontWeight: best ? "bold" : "normal",
      },
      itemStyle: colour
        ? { borderColor: best ? theme.ink : theme.paper, borderWidth: best ? 3 : 1 }
        : {
            color: theme.raised,
            borderColor: theme.line,
            borderWidth: 1,
            decal: patterns[lack(cell)] && { ...patterns[lack(cell)], color: theme.line },
          },
    };
  };
  const values = grid.facets.map((facet, k) => series(facet.cells.filter((c) => c.value !== null).map(ofCell), k, theme));
  const lacking = grid.facets.map((facet, k) => series(facet.cells.filter((c) => c.value === null).map(ofCell), k, theme));
  return {
    aria: { enabled: true },
    title: grid.facets
      .map((facet, k) => ({
        text: facet.label,
        left: (k % across) * boxWidth + labelWidth + 8,
        top: Math.floor(k / across) * boxHeight,
        textStyle: { fontSize: 12, fontWeight: 600, color: theme.ink },
      }))
      .filter((title) => title.text),
    tooltip: { formatter: (/** @type {any} */ item) => item.name },
    grid: grid.facets.map((_, k) => ({
      id: `g${k}`,
      left: (k % across) * boxWidth + labelWidth + 8,
      top: Math.floor(k / across) * boxHeight + (grid.facets.length > 1 ? 24 : 8),
      width: Math.max(10, boxWidth - labelWidth - 26),
      height: Math.max(10, boxHeight - (grid.facets.length > 1 ? 76 : 60)),
    })),
    xAxis: grid.facets.map((_, k) => axis(grid.xs, names.x, k, theme, { gap: 30, cellWidth })),
    yAxis: grid.facets.map((_, k) => ({
      ...axis(grid.ys, "", k, theme, {}),
      inverse: true,
      axisLabel: { color: theme.faint, width: labelWidth - 6, overflow: "truncate", interval: 0 },
    })),
    visualMap: {
      type: "continuous",
      show: grid.best !== null,
      min: grid.low,
      max: grid.high === grid.low ? grid.low + 1 : grid.high,
      seriesIndex: values.map((_, k) => k),
      dimension: 2,
      calculable: false,
      orient: "horizontal",
      left: labelWidth + 8,
      bottom: 0,
      itemHeight: Math.min(200, width / 3),
      itemWidth: 12,
      text: [number(grid.high), number(grid.low)],
      textStyle: { color: theme.ink },
      inRange: { color: cividis },
    },
    series: [...values, ...lacking],
  };
}

/**
 * @param {any[]} data
 * @param {number} k facet
 * @param {any} theme
 */
const series = (data, k, theme) => ({
  type: "heatmap",
  xAxisIndex: k,
  yAxisIndex: k,
  data,
  emphasis: { itemStyle: { borderColor: theme.accent, borderWidth: 3 } },
});

/**
 * @param {any[]} values
 * @param {string} name
 * @param {number} k
 * @param {any} theme
 * @param {{gap?: number, cellWidth?: number}} more
 */
const axis = (values, name, k, theme, { gap, cellWidth }) => ({
  type: "category",
  gridIndex: k,
  data: values.map(text),
  name,
  nameLocation: "middle",
  nameGap: gap,
  nameTextStyle: { color: theme.faint },
  axisLabel: {
    color: theme.faint,
    ...(cellWidth ? { width: Math.max(cellWidth - 4, 24), overflow: "truncate", hideOverlap: true } : {}),
  },
  axisLine: { lineStyle: { color: theme.line } },
  axisTick: { show: false },
  splitLine: { show: false },
});

/**
 * @param {Cell} cell
 * @param {boolean} best
 * @param {boolean} written
 * @param {number} width
 */
function cellLabel(cell, best, written, width) {
  if (!written) return best ? "★" : "";
  if (cell.value === null) return lack(cell);
  const digits = width < 50 ? 3 : 4;
  const first = `${best ? "★ " : ""}${number(cell.value, digits)}`;
  return cell.n > 1 ? `${first}\nn=${cell.n}` : first;
}
