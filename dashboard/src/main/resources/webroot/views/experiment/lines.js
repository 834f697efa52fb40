// @ts-check
/** Trials as lines over parallel axes; brushing an axis narrows the filter of the whole page. */
import { useEffect, useMemo, useRef } from "preact/hooks";
import { Chart } from "../../charts/chart.js";
import { column, dimensions } from "../../data/columns.js";
import { apply, narrow } from "../../data/filter.js";
import { brushOf, dimensionsOf, lines, meaning, mostLines, parallelOption } from "../../data/parallel.js";
import { number } from "../../format.js";
import { text } from "../../data/columns.js";
import { html } from "../../html.js";

/** @param {import("./parts.js").SectionProps} props */
export function Parallel({ id, table, filter, score, onFilter, onTrial }) {
  const axes = useMemo(() => {
    const names = [...dimensions(table).map((one) => one.name), "deviceSeconds", score];
    return dimensionsOf(table, [...new Set(names)]);
  }, [table, score]);
  const own = axes.map((one) => one.name);
  const kept = JSON.stringify([
    Object.entries(filter.values).filter(([name]) => !own.includes(name)),
    Object.entries(filter.ranges).filter(([name]) => !own.includes(name)),
    filter.states,
    filter.search,
  ]);
  const rows = useMemo(() => apply(table, filter, { ignore: own }), [table, kept, axes]);
  const drawn = useMemo(() => lines(table, rows, axes), [table, rows, axes]);
  const option = useMemo(
    () => (/** @type {any} */ theme, /** @type {any} */ size) => parallelOption(table, drawn.data, axes, theme, size),
    [drawn, axes],
  );
  const chart = useRef(/** @type {any} */ (null));
  const now = useRef({ filter, axes });
  now.current = { filter, axes };
  const shown = useRef("");
  const timer = useRef(/** @type {any} */ (undefined));

  /** Shows the filter as brushed intervals, unless it came from them. */
  const restore = (/** @type {any} */ one, /** @type {boolean} */ copy, fresh = true) => {
    const { axes: all, filter: asked } = now.current;
    // A chart that was just made has no intervals; one that stays keeps those that did not change.
    const before = fresh ? all.map(() => []) : JSON.parse(shown.current || "[]");
    if (!copy) {
      chart.current = one;
      shown.current = said(all, asked);
    }
    for (const [i, axis] of all.entries()) {
      if (JSON.stringify(brushOf(axis, asked)) === JSON.stringify(before[i] ?? [])) continue;
      one.dispatchAction({ type: "axisAreaSelect", parallelAxisId: axis.name, intervals: brushOf(axis, now.current.filter), restored: true });
    }
  };
  useEffect(() => {
    if (chart.current && !chart.current.isDisposed() && said(axes, filter) !== shown.current) restore(chart.current, false, false);
  }, [filter, axes]);
  useEffect(() => () => clearTimeout(timer.current), []);

  const brushed = (/** @type {any} */ event) => {
    if (event.restored) return;
    const axis = now.current.axes.find((one) => one.name === event.parallelAxisId);
    if (!axis) return;
    clearTimeout(timer.current);
    timer.current = setTimeout(() => {
      const { range, values } = meaning(axis, event.intervals ?? []);
      const { filter: old } = now.current;
      const next =
        values === undefined
          ? narrow(old, axis.name, range ?? null)
          : { ...old, values: without(old.values, axis.name, event.intervals.length > 0 ? values : []) };
      shown.current = said(now.current.axes, next);
      onFilter(next);
    }, 200);
  };
  const few = axes.length < 2;
  const notes = [
    "Drag along an axis to keep only the trials that pass there, everywhere on this page; click the axis to let go. Ranges in the filter do the same by keyboard.",
    drawn.lacking > 0 && `${drawn.lacking} trials lack one of the numbers and are not drawn.`,
    drawn.left > 0 && `Only the first ${mostLines} lines are drawn.`,
  ];
  return html`<${Chart}
    title=${`Trials over their axes, coloured by ${column(table, score)?.label ?? score}`}
    name=${`${id}-parallel`}
    option=${option}
    height=${(/** @type {number} */ width) => (width < 520 ? 120 + axes.length * 70 : 380)}
    table=${() => ({
      head: ["Trial", ...axes.map((one) => one.label)],
      rows: drawn.data.map(({ row }) => [
        text(column(table, "trial")?.values[row]),
        ...axes.map((one) => {
          const value = column(table, one.name)?.values[row];
          return one.kind === "number" ? number(value) : text(value);
        }),
      ]),
    })}
    empty=${few || drawn.data.length === 0 ? "There is nothing to draw yet: no trial has a value on every axis." : undefined}
    on=${handlers(brushed)}
    onPick=${(/** @type {any} */ item) => item.trials && onTrial(item.trials[0])}
    ready=${restore}
    note=${notes.filter(Boolean).join(" ")}
  />`;
}

/** @param {(event: any) => void} brushed */
const handlers = (brushed) => ({ axisareaselected: brushed });

/**
 * @param {any[]} axes
 * @param {any} filter
 */
const said = (axes, filter) => JSON.stringify(axes.map((one) => brushOf(one, filter)));

/**
 * @param {Record<string, string[]>} old
 * @param {string} name
 * @param {string[]} values none: the condition goes
 */
function without(old, name, values) {
  const next = { ...old, [name]: values };
  if (values.length === 0) delete next[name];
  return next;
}
