// @ts-check
/** The experiment's head: what it is, how far, by which protocol; and its downloads. */
import { url } from "../../api.js";
import { inGroups } from "../../data/columns.js";
import { number, when } from "../../format.js";
import { html } from "../../html.js";
import { ExperimentActions } from "../../parts/actions.js";
import { StateBadge } from "../../parts/badge.js";
import { StateBar } from "../../parts/bar.js";

/** @param {{id: string, experiment: any, table: import("../../data/columns.js").Table | null, onDone: () => void}} props */
export function Head({ id, experiment, table, onDone }) {
  const seconds = experiment.deviceSeconds;
  const lineage = experiment.lineage;
  return html`
    <div class="experiment-head">
      <h1>${experiment.name ?? id} <span class="faint experiment-id">${id}</span></h1>
      <${ExperimentActions} experiment=${{ ...experiment, paused: experiment.paused ?? Boolean(experiment.pausedAt) }} onDone=${onDone} />
    </div>
    <div class="facts">
      <${State} experiment=${experiment} />
      <span>project <b>${experiment.project}</b></span>
      <span>by <b>${experiment.submittedBy || "–"}</b></span>
      <span>submitted ${when(experiment.submittedAt)}</span>
      ${experiment.endedAt && html`<span>ended ${when(experiment.endedAt)}</span>`}
      ${experiment.pausedAt && html`<span>paused ${when(experiment.pausedAt)}</span>`}
      ${typeof seconds === "number" && html`<span title=${`${seconds} s, from experiments/${id}`}>${number(seconds / 3600, 3)} device-hours</span>`}
      <span>priority ${experiment.policy?.priority ?? experiment.priority ?? 0}</span>
      ${Object.entries(experiment.labels ?? {}).map(([key, value]) => html`<span class="label">${key}=${value}</span>`)}
      ${lineage?.experimentId && html`<span>${String(lineage.kind ?? "from").toLowerCase().replaceAll("_", " ")} <a href=${`#/experiments/${encodeURIComponent(lineage.experimentId)}`}>${lineage.experimentId}</a></span>`}
      ${experiment.replacedBy && html`<span>replaced by <a href=${`#/experiments/${encodeURIComponent(experiment.replacedBy)}`}>${experiment.replacedBy}</a></span>`}
    </div>
    <div class="facts"><${StateBar} counts=${experiment.tasks ?? {}} /></div>
    ${experiment.failure && html`<p class="problem" role="alert">${experiment.failure}</p>`}
    ${(experiment.advice ?? []).map((/** @type {string} */ one) => html`<p class="problem">${one}</p>`)}
    ${table && html`<${Protocol} experiment=${experiment} table=${table} />`}
  `;
}

/** @param {{experiment: any}} props */
function State({ experiment }) {
  const state = experiment.pausedAt && experiment.state === "RUNNING" ? "PAUSED" : experiment.state;
  return html`<${StateBadge} state=${state} />`;
}

/** @param {{experiment: any, table: import("../../data/columns.js").Table}} props */
function Protocol({ experiment, table }) {
  const evaluation = experiment.spec?.spec?.evaluation ?? {};
  const spec = { ...evaluation, ...table.spec };
  const facts = [
    ["reference", spec.reference],
    ["samples a score", spec.samples],
    ["seed of the evaluation noise", spec.seed],
    ["metrics", list(spec.metrics)],
    ["extractors", list(evaluation.extractors)],
    ["trained in", list(spec.trainedSpaces)],
    ["bootstrap resamples", evaluation.bootstrap],
    ["axes", list(inGroups(table, "axis").map((one) => one.label))],
  ].filter(([, value]) => value !== undefined && value !== null && value !== "");
  return html`<details class="protocol-facts">
    <summary>
      Protocol: ${spec.samples ?? "–"} samples against ${spec.reference ?? "–"}${list(evaluation.extractors) && html`, scored in ${list(evaluation.extractors)}`}
    </summary>
    <dl>
      ${facts.map(([name, value]) => html`<div><dt>${name}</dt><dd>${String(value)}</dd></div>`)}
    </dl>
  </details>`;
}

/** @param {any} value */
const list = (value) => (Array.isArray(value) ? value.join(", ") : (value ?? ""));

/** @param {{id: string}} props */
export function Downloads({ id }) {
  const path = `experiments/${encodeURIComponent(id)}/export?format=`;
  const kinds = [["csv", "CSV"], ["parquet", "Parquet"], ["json", "JSON"]];
  return html`<span class="downloads">
    <span class="faint">All columns:</span>
    ${kinds.map(([format, label]) => html`<a class="button" href=${url(`${path}${format}`)} download>${label}</a>`)}
  </span>`;
}
