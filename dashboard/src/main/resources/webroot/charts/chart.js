// @ts-check
/**
 * A chart by ECharts: in the page's colours, resized with its box, saved as PNG or SVG, shown as a
 * table on demand, and walked through by keyboard. The library is loaded when the first one shows.
 */
import { useEffect, useRef, useState } from "preact/hooks";
import { useComputed } from "@preact/signals";
import { html } from "../html.js";
import { png, save, svg } from "./download.js";
import { itemAt, step } from "./keys.js";
import { reducedMotion, theme } from "./theme.js";

/** @typedef {{head: string[], rows: (string | number | null)[][]}} TextTable */

const mostRows = 500;

/** Components that a new option takes the place of; the zoom stays as the reader left it. */
const replaced = [
  "series", "grid", "xAxis", "yAxis", "visualMap", "title", "parallel", "parallelAxis",
];

/** @type {Promise<any> | undefined} */
let library;
const load = () => (library ??= import("echarts"));

/**
 * @param {{
 *   title: string,
 *   option: any | ((theme: import("./theme.js").Theme, size: {width: number, height: number}) => any),
 *   height?: number | ((width: number) => number),
 *   table?: TextTable | (() => TextTable),
 *   name: string,
 *   note?: any,
 *   empty?: any,
 *   children?: any,
 *   on?: Record<string, (event: any, chart: any) => void>,
 *   onPick?: (item: any) => void,
 *   ready?: (chart: any, copy: boolean) => void,
 * }} props option: keep the same object (or function) while nothing changed; name: of the saved
 *     files, without ending; empty: what to show instead when there is nothing to draw; children:
 *     controls beside the title; onPick: a click or Enter on an item of the data; ready: called
 *     after each option, also for the copy that is saved
 */
export function Chart({ title, option, height = 320, table, name, note, empty, children, on, onPick, ready }) {
  const box = useRef(/** @type {HTMLDivElement | null} */ (null));
  const chart = useRef(/** @type {any} */ (null));
  const made = useRef(/** @type {any} */ (null));
  const place = useRef(/** @type {import("./keys.js").Place | null} */ (null));
  const handlers = useRef(/** @type {{on?: any, onPick?: any}} */ ({}));
  handlers.current = { on, onPick };
  const [echarts, setEcharts] = useState(/** @type {any} */ (null));
  const [width, setWidth] = useState(0);
  const [asTable, setAsTable] = useState(false);
  const [spoken, setSpoken] = useState("");
  const [problem, setProblem] = useState("");
  const colours = useComputed(() => theme.value).value;
  const still = useComputed(() => reducedMotion.value).value;
  const drawn = !asTable && !empty;
  const tall = typeof height === "function" ? height(width || 600) : height;
  const events = Object.keys(on ?? {}).join(" ");

  useEffect(() => {
    load().then(setEcharts, () => {
      library = undefined;
      setProblem("The chart could not be loaded. Show it as a table, or reload the page.");
    });
  }, []);

  useEffect(() => {
    if (!drawn || !box.current) return;
    const element = box.current;
    const observer = new ResizeObserver(() => setWidth(Math.floor(element.clientWidth)));
    observer.observe(element);
    return () => observer.disconnect();
  }, [drawn]);

  useEffect(() => {
    if (!drawn || !echarts || !box.current) return;
    const one = echarts.init(box.current, null, { renderer: "canvas" });
    chart.current = one;
    for (const event of events.split(" ").filter(Boolean)) {
      one.on(event, (/** @type {any} */ detail) => handlers.current.on?.[event]?.(detail, one));
    }
    one.on("click", (/** @type {any} */ detail) => detail.data && handlers.current.onPick?.(detail.data));
    return () => {
      one.dispose();
      chart.current = null;
    };
  }, [drawn, echarts, events]);

  useEffect(() => {
    const one = chart.current;
    if (!one || width === 0) return;
    one.resize({ width, height: tall });
    const size = { width, height: tall };
    const body = typeof option === "function" ? option(colours, size) : option;
    made.current = { size, option: dressed(body, colours, still) };
    one.setOption(made.current.option, { replaceMerge: replaced });
    ready?.(one, false);
  }, [option, width, tall, colours, still, drawn, echarts, events]);

  const move = (/** @type {KeyboardEvent} */ event) => {
    const one = chart.current;
    if (!one || !made.current) return;
    const { option: now } = made.current;
    if (event.key === "Enter" && place.current) return onPick?.(itemAt(now, place.current));
    if (event.key === "Escape") return one.dispatchAction({ type: "hideTip" });
    const next = step(now, place.current, event.key);
    if (next === null) return;
    event.preventDefault();
    place.current = next;
    const target = { seriesIndex: next.series, dataIndex: next.item };
    one.dispatchAction({ type: "downplay" });
    one.dispatchAction({ type: "highlight", ...target });
    one.dispatchAction({ type: "showTip", ...target });
    setSpoken(String(itemAt(now, next)?.name ?? "").replaceAll("\n", "; "));
  };
  const leave = () => {
    chart.current?.dispatchAction({ type: "downplay" });
    chart.current?.dispatchAction({ type: "hideTip" });
  };
  const saveAs = (/** @type {"png" | "svg"} */ kind) => async () => {
    if (!made.current) return;
    const picture = { echarts, ...made.current, title, theme: colours, ready };
    const blob = await (kind === "png" ? png(picture) : svg(picture));
    save(blob, `${name}.${kind}`);
  };

  return html`<section class="chart echart" aria-label=${title}>
    <div class="chart-head">
      <h2 class="chart-title">${title}</h2>
      ${children && html`<div class="chart-controls">${children}</div>`}
      <div class="chart-buttons">
        ${table &&
        html`<button type="button" aria-pressed=${asTable} onClick=${() => setAsTable(!asTable)}>
          Table
        </button>`}
        <button type="button" disabled=${!drawn || !echarts} onClick=${saveAs("png")} title="Save the chart as PNG">PNG</button>
        <button type="button" disabled=${!drawn || !echarts} onClick=${saveAs("svg")} title="Save the chart as SVG">SVG</button>
      </div>
    </div>
    ${problem && html`<p class="problem" role="alert">${problem}</p>`}
    ${empty
      ? html`<div class="chart-empty">${empty}</div>`
      : asTable
        ? html`<${AsTable} table=${typeof table === "function" ? table() : table} title=${title} />`
        : html`<div
            class="chart-box"
            data-waiting=${echarts ? undefined : "yes"}
            style=${{ height: `${tall}px` }}
            ref=${box}
            tabindex="0"
            role="application"
            aria-roledescription="chart"
            aria-label=${`${title}. Arrow keys walk through the values${onPick ? ", Enter opens one" : ""}.`}
            onKeyDown=${move}
            onBlur=${leave}
          ></div>`}
    <p class="for-ears" aria-live="polite">${spoken}</p>
    ${note && html`<p class="chart-note">${note}</p>`}
  </section>`;
}

/**
 * What every chart has: the page's font and colours, text drawn (not HTML) in tooltips, no movement
 * for those who do not want it.
 * @param {any} option
 * @param {import("./theme.js").Theme} colours
 * @param {boolean} still
 */
function dressed(option, colours, still) {
  return {
    backgroundColor: "transparent",
    animation: !still,
    animationDuration: 250,
    animationDurationUpdate: 250,
    ...option,
    textStyle: { fontFamily: "system-ui, sans-serif", color: colours.ink, ...option.textStyle },
    tooltip: {
      confine: true,
      backgroundColor: colours.raised,
      borderColor: colours.line,
      textStyle: { color: colours.ink, fontSize: 13 },
      ...option.tooltip,
      renderMode: "richText",
    },
  };
}

/** @param {{table: TextTable | undefined, title: string}} props */
function AsTable({ table, title }) {
  if (!table) return null;
  const shown = table.rows.slice(0, mostRows);
  return html`<div class="scroll chart-table" tabindex="0" role="region" aria-label=${title}>
    <table>
      <caption class="for-ears">${title}</caption>
      <thead>
        <tr>${table.head.map((cell) => html`<th scope="col">${cell}</th>`)}</tr>
      </thead>
      <tbody>
        ${shown.map(
          (row) =>
            html`<tr>
              ${row.map((cell, i) =>
                i === 0 ? html`<th scope="row">${cell}</th>` : html`<td>${cell ?? "–"}</td>`,
              )}
            </tr>`,
        )}
      </tbody>
    </table>
    ${table.rows.length > shown.length &&
    html`<p class="chart-note">The first ${shown.length} of ${table.rows.length} rows; the download has all.</p>`}
  </div>`;
}
