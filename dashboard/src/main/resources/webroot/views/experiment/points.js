// @ts-check
/** A score against NFE, and the Pareto front of a score against a cost. */
import { useMemo } from "preact/hooks";
import { Chart } from "../../charts/chart.js";
import { column, dimensions } from "../../data/columns.js";
import { basePoints, nfeOption, nfeTable, tunedPoints } from "../../data/nfe.js";
import { mostPoints } from "../../data/scatter.js";
import { front, pairs, paretoOption, paretoTable } from "../../data/pareto.js";
import { html } from "../../html.js";
import { Choice } from "./choice.js";

/** @param {import("./parts.js").SectionProps} props */
export function Nfe({ id, table, rows, base, score, query, setQuery, onTrial }) {
  const by = dimensions(table).find((one) => one.name === query.get("by"))?.name ?? null;
  const log = query.get("scale") !== "linear";
  const found = column(table, score);
  const label = found?.label ?? score;
  const tuned = useMemo(() => tunedPoints(table, rows, score, by), [table, rows, score, by]);
  const alone = useMemo(() => basePoints(table, base, score), [table, base, score]);
  const option = useMemo(
    () => (/** @type {any} */ theme) =>
      nfeOption(tuned, alone, { score: label, by: by && (column(table, by)?.label ?? by), log, better: found?.better ?? "lower" }, theme),
    [tuned, alone, label, by, log],
  );
  const groups = [{ value: "", label: "nothing" }, ...dimensions(table).map((one) => ({ value: one.name, label: one.label }))];
  const many = tuned.size > 8;
  return html`<${Chart}
    title=${`${label} against NFE`}
    name=${`${id}-nfe`}
    option=${option}
    height=${340}
    table=${() => nfeTable(tuned, alone, { score: label })}
    onPick=${(/** @type {any} */ item) => item.trials?.length === 1 && onTrial(item.trials[0])}
    empty=${tuned.size === 0 && alone.length === 0 ? "No trial that the filter leaves has a score yet." : undefined}
    note=${`Bars: 95 % intervals, over seeds where there are several, else of the evaluation. Lines join the best at each NFE; dashed: the base model without finetuning. Ctrl + wheel zooms.${
      many ? " Only the first 8 groups are drawn." : ""
    }`}
  >
    <${Choice} label="told apart by" value=${by ?? ""} options=${groups} onChange=${(/** @type {string} */ to) => setQuery({ by: to || null })} />
    <${Choice}
      label="scale"
      value=${log ? "log" : "linear"}
      options=${[{ value: "log", label: "log" }, { value: "linear", label: "linear" }]}
      onChange=${(/** @type {string} */ to) => setQuery({ scale: to === "log" ? null : to })}
    />
  <//>`;
}

/** @param {import("./parts.js").SectionProps} props */
export function Pareto({ id, table, rows, score, query, setQuery, onTrial }) {
  const costs = [
    { value: "nfe", label: "NFE" },
    { value: "deviceSeconds", label: "device-hours" },
    { value: "seconds", label: "seconds" },
  ].filter((one) => column(table, one.value)?.values.some((value) => value !== null));
  const cost = costs.find((one) => one.value === query.get("cost")) ?? costs[0] ?? { value: "nfe", label: "NFE" };
  const found = column(table, score);
  const label = found?.label ?? score;
  const log = query.get("scale") !== "linear";
  const points = useMemo(() => pairs(table, rows, cost.value, score), [table, rows, cost.value, score]);
  const best = useMemo(() => front(points, found?.better ?? "lower"), [points]);
  const names = { cost: cost.label, score: label, logX: cost.value === "nfe", logY: log };
  const option = useMemo(
    () => (/** @type {any} */ theme) => paretoOption(table, points, best, names, theme),
    [points, best, label, cost.value, log],
  );
  return html`<${Chart}
    title=${`Pareto front of ${label}`}
    name=${`${id}-pareto`}
    option=${option}
    height=${340}
    table=${() => paretoTable(table, best, names)}
    onPick=${(/** @type {any} */ item) => item.trials && onTrial(item.trials[0])}
    empty=${points.length === 0 ? "No trial that the filter leaves has both numbers yet." : undefined}
    note=${`${best.length} of ${points.length} trials are on the front: none other is better in one without being worse in the other.${
      points.length > mostPoints ? ` Of the others ${mostPoints} are drawn.` : ""
    }`}
  >
    <${Choice} label="cost" value=${cost.value} options=${costs} onChange=${(/** @type {string} */ to) => setQuery({ cost: to })} />
  <//>`;
}
