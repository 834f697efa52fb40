// @ts-check
/** A line or scatter chart by uPlot, in the page's colours, resized with its box. */
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import { lines } from "../data/palette.js";
import { html } from "../html.js";
import { theme } from "./theme.js";

/** Steps are whole: no tick between two of them. */
const wholes = [1, 2, 5].flatMap((one) => [0, 1, 2, 3, 4, 5, 6].map((tens) => one * 10 ** tens)).sort((a, b) => a - b);

/**
 * @param {{
 *   title: string,
 *   x: string,
 *   y: string,
 *   data: (number | null)[][],
 *   series: {label: string, points?: boolean, dash?: number[]}[],
 *   log?: boolean,
 *   height?: number,
 * }} props data[0] holds x ascending, data[i] the values of series i-1
 */
export function LineChart({ title, x, y, data, series, log = false, height = 240 }) {
  const box = useRef(/** @type {HTMLDivElement | null} */ (null));
  const plot = useRef(/** @type {uPlot | null} */ (null));
  const { dark } = theme.value;
  const shape = JSON.stringify([series, log, x, y, dark]);

  useEffect(() => {
    const element = /** @type {HTMLDivElement} */ (box.current);
    const colours = lines(dark);
    const ink = getComputedStyle(element).color;
    const grid = getComputedStyle(element).getPropertyValue("--line") || "#ddd";
    const axis = { stroke: ink, grid: { stroke: grid, width: 1 }, ticks: { stroke: grid, width: 1 } };
    const chart = new uPlot(
      {
        width: Math.max(200, element.clientWidth),
        height,
        scales: { x: { time: false }, y: { distr: log ? 3 : 1 } },
        axes: [
          { ...axis, label: x, incrs: wholes },
          {
            ...axis,
            label: y,
            size: 68,
            values: (_, ticks) => ticks.map((tick) => (tick === null ? "" : String(Number(tick.toPrecision(6))))),
          },
        ],
        series: [
          { label: x },
          ...series.map((s, i) => ({
            label: s.label,
            stroke: colours[i % colours.length],
            width: 2,
            dash: s.dash,
            spanGaps: true,
            points: { show: s.points ?? false, size: 8 },
          })),
        ],
      },
      /** @type {any} */ (data),
      element,
    );
    plot.current = chart;
    const observer = new ResizeObserver(() =>
      chart.setSize({ width: Math.max(200, element.clientWidth), height }),
    );
    observer.observe(element);
    return () => {
      observer.disconnect();
      chart.destroy();
      plot.current = null;
    };
  }, [shape]);

  useEffect(() => plot.current?.setData(/** @type {any} */ (data)), [data]);

  return html`<figure class="chart">
    <figcaption>${title}</figcaption>
    <div ref=${box}></div>
  </figure>`;
}

/**
 * Lays several curves over one ascending x axis.
 * @param {{x: number, y: number}[][]} curves
 * @returns {(number | null)[][]}
 */
export function merge(curves) {
  const xs = [...new Set(curves.flatMap((curve) => curve.map((p) => p.x)))].sort((a, b) => a - b);
  return [
    xs,
    ...curves.map((curve) => {
      const at = new Map(curve.map((p) => [p.x, p.y]));
      return xs.map((value) => at.get(value) ?? null);
    }),
  ];
}
