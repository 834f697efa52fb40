// @ts-check
/** Curves of a trial's training, point by point as they come. */
import { useMemo } from "preact/hooks";
import { LineChart, merge } from "../../charts/line.js";
import { ends, known, lines } from "../../data/trial.js";
import { number } from "../../format.js";
import { html } from "../../html.js";

/** @param {{task: any, points: import("../../data/trial.js").Point[]}} props */
export function Curves({ task, points }) {
  const found = useMemo(() => lines(points), [points]);
  const shown = known.filter((one) => (found.get(one.name)?.length ?? 0) > 0);
  if (shown.length === 0) {
    return html`<p class="chart-empty">
      ${task === undefined
        ? "This trial has no training yet."
        : ["PENDING", "QUEUED"].includes(task.state)
          ? "The training waits; its curves appear with the first step. Its task below says why it waits."
          : "No point of this training has come yet."}
    </p>`;
  }
  return html`<div class="charts">
    ${shown.map((one) => html`<${Curve} key=${one.name} one=${one} line=${found.get(one.name) ?? []} from=${`tasks/${task.key}/curve`} />`)}
  </div>`;
}

/** @param {{one: typeof known[number], line: import("../../data/trial.js").Line, from: string}} props */
function Curve({ one, line, from }) {
  const data = useMemo(() => merge([line]), [line]);
  const end = ends(line);
  const unit = one.unit ? ` ${one.unit}` : "";
  return html`<div class="curve">
    <${LineChart} title=${one.title} x="step" y=${one.unit || one.name} height=${190} data=${data} series=${[{ label: one.name }]} />
    ${end &&
    html`<p class="chart-note" title=${`from /api/v1/${from}`}>
      last ${number(end.last.y)}${unit} (step ${end.last.x}) · least ${number(end.least.y)}${unit} (step ${end.least.x}) ·
      greatest ${number(end.greatest.y)}${unit}
    </p>`}
  </div>`;
}
