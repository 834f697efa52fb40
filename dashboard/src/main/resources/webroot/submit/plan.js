// @ts-check
/** What would run, before anything does. */
import { changeRows, deviceTime, iterationsLine, planLine, planRows } from "../data/plan.js";
import { html } from "../html.js";
import { Num } from "../parts/num.js";

/**
 * @typedef {{phase: "waiting" | "asking" | "done" | "refused" | "failed", plan?: any, problem?: string}} Planned
 */

/**
 * @param {{planned: Planned, faults: {text: string, line?: number}[], from: string,
 *   onGo: (line: number) => void}} props faults: what is wrong with the text; from: the API path that
 *     was asked; onGo: to a line of the text
 */
export function PlanBox({ planned, faults, from, onGo }) {
  const { plan, phase } = planned;
  return html`<section class="planbox" aria-label="Plan" aria-busy=${phase === "asking"}>
    <h2>What would run</h2>
    <p class="plan-line" role="status">
      ${
        faults.length > 0
          ? `${faults.length === 1 ? "One thing is" : `${faults.length} things are`} wrong with the text.`
          : phase === "done"
            ? planLine(plan)
            : phase === "failed"
              ? `The server could not say: ${planned.problem}`
              : phase === "refused"
                ? planned.problem
                : "Asking the server …"
      }
    </p>
    ${
      faults.length > 0 &&
      html`<ul class="faults">
      ${faults.slice(0, 12).map(
        (one, i) =>
          html`<li key=${i}>
            ${
              one.line !== undefined &&
              html`<button type="button" onClick=${() => onGo(/** @type {number} */ (one.line))}>line ${one.line}</button> `
            }${one.text}
          </li>`,
      )}
      ${faults.length > 12 && html`<li class="faint">and ${faults.length - 12} more</li>`}
    </ul>`
    }
    ${plan && faults.length === 0 && html`<${Details} plan=${plan} stale=${phase !== "done"} from=${from} />`}
  </section>`;
}

/** @param {{plan: any, stale: boolean, from: string}} props */
function Details({ plan, stale, from }) {
  const time = deviceTime(plan);
  const iterations = iterationsLine(plan);
  const cell = (/** @type {number} */ value) =>
    html`<td class="number"><${Num} value=${value} digits=${12} from=${from} /></td>`;
  return html`<div class="plan-details" data-stale=${stale ? "yes" : undefined}>
    <p class="device-time"><strong>${time.short}</strong><br /><span class="faint">${time.long}</span></p>
    ${iterations && html`<p class="faint">${iterations}</p>`}
    <div class="scroll" tabindex="0" role="region" aria-label="Tasks of the plan">
      <table class="plan-table">
        <caption class="for-ears">Tasks by kind</caption>
        <thead>
          <tr>
            <th scope="col">Tasks</th>
            <th scope="col" class="number" title="They are computed">new</th>
            <th scope="col" class="number" title="Their result is there from an earlier experiment">cached</th>
            <th scope="col" class="number" title="Another experiment has them in flight; its results serve both">joined</th>
          </tr>
        </thead>
        <tbody>
          ${planRows(plan).map(
            (row) =>
              html`<tr key=${row.kind} data-sum=${row.kind === "ALL" ? "yes" : undefined}>
                <th scope="row">${row.label}</th>
                ${cell(row.fresh)}${cell(row.cached)}${cell(row.joined)}
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
    ${plan.change && html`<${Change} change=${plan.change} from=${from} />`}
  </div>`;
}

/** @param {{change: any, from: string}} props */
const Change = ({ change, from }) => html`
  <h3>What it replaces</h3>
  <div class="scroll" tabindex="0" role="region" aria-label="What is kept and withdrawn">
    <table class="plan-table">
      <thead>
        <tr>
          <th scope="col"><span class="for-ears">Of</span></th>
          <th scope="col" class="number">kept</th>
          <th scope="col" class="number">new</th>
          <th scope="col" class="number">withdrawn</th>
        </tr>
      </thead>
      <tbody>
        ${changeRows(change).map(
          (row) =>
            html`<tr key=${row.label}>
              <th scope="row">${row.label}</th>
              ${[row.kept, row.fresh, row.withdrawn].map(
                (value, i) =>
                  html`<td key=${i} class="number"><${Num} value=${value} digits=${12} from=${from} /></td>`,
              )}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>
  <p class="faint">${change.stopped ?? 0} running tasks would be stopped now. What both have goes on and is not interrupted.</p>
`;
