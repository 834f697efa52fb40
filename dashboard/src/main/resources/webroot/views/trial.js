// @ts-check
/**
 * One trial: its curves as they come, its samples, what sets it apart, its tasks with their logs and
 * artifacts, what it is made of, and the command that repeats it.
 */
import { get } from "../api.js";
import { text } from "../data/columns.js";
import { scoreRows } from "../data/trial.js";
import { ratio } from "../format.js";
import { html } from "../html.js";
import { StateBadge } from "../parts/badge.js";
import { Copy } from "../parts/copy.js";
import { ErrorBox, Loading } from "../parts/empty.js";
import { Num } from "../parts/num.js";
import { href, route, setQuery } from "../route.js";
import { useEffect, useState } from "preact/hooks";
import { Config } from "./trial/config.js";
import { Curves } from "./trial/curves.js";
import { Lineage } from "./trial/lineage.js";
import { trialPath, useTrial } from "./trial/load.js";
import { Sheets } from "./trial/sheets.js";
import { spent, Tasks } from "./trial/tasks.js";

/** @param {{id: string, index: string}} props */
export function Trial({ id, index }) {
  const { trial, curves, logs, problem, reload } = useTrial(id, index);
  const count = useCount(id);
  document.title = `trial ${index} of ${id} – fewstep`;
  const head = html`<nav class="crumbs" aria-label="Where this is">
    <a href=${href([])}>Experiments</a> › <a href=${href(["experiments", id])}>${id}</a> › <span aria-current="page">trial ${index}</span>
    <${Neighbours} id=${id} index=${Number(index)} count=${count} />
  </nav>`;
  if (trial === null) {
    return html`${head}<h1>Trial ${index}</h1>
      ${problem ? html`<${ErrorBox} text=${problem} retry=${reload} />` : html`<${Loading} rows=${2} /><${Loading} height=${420} />`}`;
  }
  const role = (/** @type {string} */ name) => trial.tasks.find((/** @type {any} */ task) => task.role === name);
  const finetune = role("FINETUNE");
  const pretrain = role("PRETRAIN");
  const against = route.value.query.get("against") ?? "";
  const values = Object.entries(trial.values);
  return html`
    ${head}
    <h1>Trial ${trial.index}${values.length > 0 && html`<span class="trial-values">${values.map(([name, value]) => html` <span class="label"><span class="faint">${name}</span> ${text(value)}</span>`)}</span>`}</h1>
    ${problem && html`<${ErrorBox} text=${problem} retry=${reload} />`}
    <div class="facts">
      <${StateBadge} state=${trial.state} />
      <span>seed <b>${trial.seed}</b></span>
      ${trial.nfe !== undefined && html`<span>NFE <b><${Num} value=${trial.nfe} from=${trialPath(id, index)} /></b></span>`}
      ${trial.samplingSteps !== undefined && html`<span>${trial.samplingSteps} sampling steps</span>`}
      ${trial.kernel && html`<span>kernel <b>${trial.kernel}</b></span>`}
      ${trial.rung && html`<span>rung ${trial.rung.rung} of ${trial.rung.rungs}, ${String(trial.rung.standing).toLowerCase()}</span>`}
      <span>tasks took ${spent(trial.tasks)}</span>
      <a class="button" href=${href(["compare"], { t: [`${id}/${index}`] })}>Compare with others</a>
    </div>
    ${finetune?.failure && finetune.state === "FAILED" && html`<p class="problem" role="alert">${finetune.failure.message}</p>`}
    <${Scores} trial=${trial} from=${trialPath(id, index)} />
    <section aria-label="Samples"><h2>Samples</h2><${Sheets} role=${role} /></section>
    <section aria-label="Training">
      <h2>Training</h2>
      <${Curves} task=${finetune} points=${curves[finetune?.key] ?? none} />
      ${pretrain && (curves[pretrain.key] ?? none).length > 0 && html`<h3>Pretraining</h3><${Curves} task=${pretrain} points=${curves[pretrain.key]} />`}
    </section>
    <section aria-label="Configuration">
      <h2>What sets it apart</h2>
      <${Config} id=${id} trial=${trial} against=${against} onAgainst=${(/** @type {string | null} */ to) => setQuery({ against: to })} />
    </section>
    <section aria-label="Tasks"><h2>Tasks</h2><${Tasks} tasks=${trial.tasks} logs=${logs} id=${id} /></section>
    <section aria-label="Lineage"><h2>Made of</h2><${Lineage} lineage=${trial.lineage} /></section>
    <section aria-label="Repeating it">
      <h2>Repeat it</h2>
      <p class="faint">Runs this trial alone, under the same task keys, so that what is done already comes from the cache.</p>
      <div class="command"><pre class="log-text" tabindex="0" role="region" aria-label="Command">${trial.reproduce}</pre><${Copy} text=${trial.reproduce} label="Copy" /></div>
    </section>
  `;
}

/** @type {import("../data/trial.js").Point[]} */
const none = [];

/** How many trials an experiment has. @param {string} id */
function useCount(id) {
  const [count, setCount] = useState(/** @type {number | null} */ (null));
  useEffect(() => {
    let live = true;
    get(`experiments/${encodeURIComponent(id)}`).then(
      (found) => live && setCount(found.trials),
      () => {},
    );
    return () => {
      live = false;
    };
  }, [id]);
  return count;
}

/** @param {{id: string, index: number, count: number | null}} props */
const Neighbours = ({ id, index, count }) => html`<span class="neighbours">
  ${index > 0 && html`<a class="button" href=${href(["experiments", id, "trials", index - 1])} aria-label=${`Trial before, ${index - 1}`}>← ${index - 1}</a>`}
  ${count !== null && index + 1 < count && html`<a class="button" href=${href(["experiments", id, "trials", index + 1])} aria-label=${`Next trial, ${index + 1}`}>${index + 1} →</a>`}
</span>`;

/** @param {{trial: any, from: string}} props */
function Scores({ trial, from }) {
  const rows = scoreRows(trial);
  if (rows.length === 0) return null;
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Scores">
    <table class="scores">
      <thead>
        <tr>
          <th scope="col">Space</th><th scope="col">Score</th><th scope="col" class="number">Finetuned</th>
          <th scope="col" class="number">Baseline</th><th scope="col" class="number">Ratio</th>
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (row) =>
            html`<tr key=${`${row.space} ${row.metric}`}>
              <th scope="row">${row.space} <span class="faint">${row.trained ? "(trained in)" : "(held out)"}</span></th>
              <td>${row.metric.toUpperCase()}</td>
              <td class="number"><${Num} value=${row.value} low=${row.low} high=${row.high} from=${from} /></td>
              <td class="number"><${Num} value=${row.baseline} from=${from} /></td>
              <td class="number">${ratio(row.value, row.baseline)}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}
