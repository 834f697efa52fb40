// @ts-check
/** The tasks of a trial: attempts, executions, why they wait or failed, logs, artifacts. */
import { useEffect, useRef, useState } from "preact/hooks";
import { artifactUrl, get, url } from "../../api.js";
import { artifactOf } from "../../data/trial.js";
import { duration, size, when } from "../../format.js";
import { html } from "../../html.js";
import { StateBadge } from "../../parts/badge.js";
import { Copy } from "../../parts/copy.js";
import { Num } from "../../parts/num.js";

const names = {
  REFERENCE: "Reference statistics",
  PRETRAIN: "Pretraining",
  FINETUNE: "Finetune",
  EVALUATE: "Evaluation of the finetuned model",
  BASELINE: "Evaluation of the base model",
};

const ends = { FAILED: "failed", LOST: "fell silent", HANDED_BACK: "handed back", WITHDRAWN: "withdrawn" };

/** @param {any} task */
export const taskName = (task) => names[/** @type {keyof typeof names} */ (task.role)] ?? task.kind;

/** @param {{tasks: any[], logs: Record<string, string[]>, id: string}} props id: of the experiment */
export function Tasks({ tasks, logs, id }) {
  if (tasks.length === 0) {
    return html`<p class="chart-empty">This trial is not planned yet: its tasks come when the server has planned it.</p>`;
  }
  return html`<div class="tasks">${tasks.map((task) => html`<${Task} key=${task.key} task=${task} live=${logs[task.key] ?? none} id=${id} />`)}</div>`;
}

/** @type {string[]} */
const none = [];

/** @param {{task: any, live: string[], id: string}} props live: lines that came while it runs */
function Task({ task, live, id }) {
  const path = `tasks/${task.key}`;
  const others = (task.experiments ?? []).filter((/** @type {string} */ one) => one !== id);
  const open = ["FAILED", "RUNNING"].includes(task.state);
  return html`<details class="task" open=${open} data-state=${task.state}>
    <summary>
      <b>${taskName(task)}</b> <${StateBadge} state=${task.state} />
      ${task.state === "RUNNING" && task.totalSteps > 0 && html`<${Progress} task=${task} />`}
      ${typeof task.seconds === "number" && html`<span class="faint"><${Num} value=${task.seconds} unit="s" from=${path} /></span>`}
      ${task.attempt > 1 && html`<span class="faint">attempt ${task.attempt}</span>`}
    </summary>
    ${["PENDING", "QUEUED"].includes(task.state) && html`<${Waits} task=${task} />`}
    ${task.failure && html`<${Failure} task=${task} />`}
    <dl class="facts-list">
      <${Fact} name="Key"><a href=${url(path)} target="_blank" rel="noopener"><code>${task.key.slice(0, 16)}</code></a> <${Copy} text=${task.key} /><//>
      <${Fact} name="Attempt">${task.attempt}${typeof task.charged === "number" && html` <span class="faint">(${task.charged} charged to its retries)</span>`}<//>
      ${task.executionId && html`<${Fact} name="Execution"><code>${task.executionId}</code><//>`}
      ${task.workerId && html`<${Fact} name="Worker"><a href="#/fleet"><code>${task.workerId.slice(0, 8)}</code></a> · ${task.deviceClass}<//>`}
      <${Fact} name="Created">${when(task.createdAt)}<//>
      ${task.startedAt && html`<${Fact} name="Started">${when(task.startedAt)}<//>`}
      ${task.finishedAt && html`<${Fact} name="Ended">${when(task.finishedAt)}<//>`}
      ${others.length > 0 && html`<${Fact} name="Shared with">${others.map((/** @type {string} */ one) => html`<a class="artifact" href=${`#/experiments/${encodeURIComponent(one)}`}>${one}</a>`)}<//>`}
      ${Object.entries(task.provenance ?? {}).map(([name, value]) => html`<${Fact} key=${name} name=${name}>${value}<//>`)}
    </dl>
    ${(task.pastExecutions ?? []).length > 0 && html`<${Past} task=${task} />`}
    <${Log} task=${task} live=${live} />
    ${(task.artifacts ?? []).length > 0 && html`<${Artifacts} task=${task} />`}
  </details>`;
}

/** @param {{name: string, children: any}} props */
const Fact = ({ name, children }) => html`<div><dt>${name}</dt><dd>${children}</dd></div>`;

/** @param {{task: any}} props */
const Progress = ({ task }) => html`<progress max=${task.totalSteps} value=${task.step} aria-label="Progress"></progress>
  <span class="faint">step ${task.step} of ${task.totalSteps}</span>`;

/** Why a task does not run yet. @param {{task: any}} props */
function Waits({ task }) {
  const [reasons, setReasons] = useState(/** @type {any[] | null} */ (null));
  useEffect(() => {
    let live = true;
    get(`tasks/${task.key}/explain`).then(
      (found) => live && setReasons(found.reasons),
      () => live && setReasons([]),
    );
    return () => {
      live = false;
    };
  }, [task.key, task.state, task.attempt]);
  if (!reasons || reasons.length === 0) return null;
  return html`<ul class="reasons">
    ${reasons.map((one) => html`<li key=${one.code ?? one.reason ?? one.text}>${one.text ?? one.message ?? one.reason}</li>`)}
  </ul>`;
}

/** @param {{task: any}} props */
function Failure({ task }) {
  const { failure } = task;
  return html`<div class="problem" role=${task.state === "FAILED" ? "alert" : undefined}>
    <p>
      <b>Attempt ${failure.attempt} failed${failure.code ? html` with <code>${failure.code}</code>` : ""}</b>
      <span class="faint"> (${String(failure.cause).toLowerCase().replaceAll("_", " ")}, ${when(failure.at)})</span>
    </p>
    <p>${failure.message}</p>
    ${failure.verdict && html`<p class="faint">After it: ${failure.verdict}.</p>`}
  </div>`;
}

/**
 * The last lines that a task logged: as they come, of its log's file, or of its failure.
 * @param {{task: any, live: string[]}} props
 */
function Log({ task, live: heard }) {
  const artifact = artifactOf(task, "log.txt");
  const failed = task.failure?.logTail ?? [];
  const live = task.state === "RUNNING" ? heard : none;
  const [text, setText] = useState(/** @type {string | null} */ (null));
  const [problem, setProblem] = useState("");
  const [open, setOpen] = useState(false);
  const box = useRef(/** @type {HTMLPreElement | null} */ (null));
  const held = useRef(false);
  useEffect(() => {
    if (box.current && !held.current) box.current.scrollTop = box.current.scrollHeight;
  }, [live, text]);
  useEffect(() => {
    if (!open || !artifact) return;
    let here = true;
    fetch(artifactUrl(artifact.sha256, artifact.name))
      .then(async (answer) => {
        if (!answer.ok) throw new Error(`answer ${answer.status}`);
        const whole = await answer.text();
        if (here) setText(whole);
      })
      .catch((error) => here && setProblem(`The log could not be read: ${error.message}.`));
    return () => {
      here = false;
    };
  }, [open, artifact?.sha256]);
  const shown = live.length > 0 ? live.join("\n") : artifact ? text : failed.join("\n");
  if (!artifact && live.length + failed.length === 0) return null;
  return html`<details
    class="log"
    open=${!artifact}
    onToggle=${(/** @type {any} */ event) => setOpen(event.target.open)}
  >
    <summary>${live.length > 0 ? "Log, live" : artifact ? "Log" : `Log of attempt ${task.failure?.attempt ?? task.attempt}`}</summary>
    ${problem
      ? html`<p class="problem" role="alert">${problem}</p>`
      : html`<pre
          class="log-text"
          ref=${box}
          tabindex="0"
          role="region"
          aria-label=${`Log of ${taskName(task)} ${task.key.slice(0, 6)}`}
          onScroll=${(/** @type {any} */ { target }) => (held.current = target.scrollHeight - target.scrollTop - target.clientHeight > 30)}
        >${shown ?? "Loading …"}</pre>`}
  </details>`;
}

/** Executions that ended without the task's success. @param {{task: any}} props */
const Past = ({ task }) => html`<div class="scroll" tabindex="0" role="region" aria-label=${`Earlier executions of ${taskName(task)} ${task.key.slice(0, 6)}`}>
  <table>
    <thead>
      <tr><th scope="col">Earlier execution</th><th scope="col">Ended</th><th scope="col" class="number">Ran</th><th scope="col">Worker</th><th scope="col">Why</th></tr>
    </thead>
    <tbody>
      ${task.pastExecutions.map(
        (/** @type {any} */ one) =>
          html`<tr key=${one.executionId}>
            <th scope="row" title=${one.executionId}>attempt ${one.attempt}, ${ends[/** @type {keyof typeof ends} */ (one.end)] ?? one.end}</th>
            <td>${when(one.endedAt)}</td>
            <td class="number">${duration((Date.parse(one.endedAt) - Date.parse(one.startedAt)) / 1000)}</td>
            <td><a href="#/fleet"><code>${one.workerId.slice(0, 8)}</code></a></td>
            <td>${one.why}</td>
          </tr>`,
      )}
    </tbody>
  </table>
</div>`;

/** @param {{task: any}} props */
const Artifacts = ({ task }) => html`<div class="scroll" tabindex="0" role="region" aria-label=${`Artifacts of ${taskName(task)} ${task.key.slice(0, 6)}`}>
  <table>
    <thead>
      <tr><th scope="col">Artifact</th><th scope="col">Kind</th><th scope="col" class="number">Size</th><th scope="col">SHA-256</th></tr>
    </thead>
    <tbody>
      ${task.artifacts.map(
        (/** @type {any} */ one) =>
          html`<tr key=${one.name}>
            <th scope="row"><a href=${artifactUrl(one.sha256, one.name)} download=${one.name}>${one.name}</a></th>
            <td>${one.kind.toLowerCase().replaceAll("_", " ")}</td>
            <td class="number" title=${`${one.bytes} bytes`}>${size(one.bytes)}</td>
            <td><code title=${one.sha256}>${one.sha256.slice(0, 16)}…</code> <${Copy} text=${one.sha256} title="Copy the whole digest" /></td>
          </tr>`,
      )}
    </tbody>
  </table>
</div>`;

/** How long all tasks of a trial took. @param {any[]} tasks */
export const spent = (tasks) => duration(tasks.reduce((sum, one) => sum + (one.seconds ?? 0), 0));
