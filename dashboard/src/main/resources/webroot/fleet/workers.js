// @ts-check
/** The workers: what each does, how far it is, and whether it may take more. */
import { useState } from "preact/hooks";
import { send } from "../api.js";
import { forbidden } from "../data/actions.js";
import { ago, classesOf, doing, drainConsequences, ordered, shapes, timeLeft } from "../data/fleet.js";
import { duration, size } from "../format.js";
import { html } from "../html.js";
import { Confirm } from "../parts/dialog.js";
import { Empty } from "../parts/empty.js";
import { Num } from "../parts/num.js";
import { role } from "../parts/session.js";
import { toast } from "../parts/toast.js";
import { href } from "../route.js";

/** @typedef {import("../data/fleet.js").HeldTask} HeldTask */
/** @typedef {import("../data/fleet.js").Seen} Seen */

const most = 60;
const states = {
  busy: "RUNNING",
  idle: "PENDING",
  draining: "PAUSED",
  "handing back": "PAUSED",
  full: "STOPPED",
};

/**
 * @param {{workers: any[], tasks: Map<string, HeldTask>, seen: Map<string, {first: Seen, last: Seen}>,
 *   now: number, onChanged: () => void}} props seen: steps by execution
 */
export function Workers({ workers, tasks, seen, now, onChanged }) {
  const [all, setAll] = useState(false);
  const [asking, setAsking] = useState(/** @type {any} */ (null));
  const shown = ordered(workers);
  if (workers.length === 0) {
    return html`<section aria-labelledby="workers">
      <h2 id="workers">Workers</h2>
      <${Empty} title="No worker is there." text="Start one with fewstep worker, or with fewstep up on this machine; it shows here as soon as it has said that it lives." />
    </section>`;
  }
  return html`<section aria-labelledby="workers">
    <h2 id="workers">Workers</h2>
    <ul class="fleet-classes">
      ${classesOf(workers).map(
        (one) =>
          html`<li key=${one.name}>
            <b>${one.name}</b>: <${Num} value=${one.workers} digits=${9} from="workers" /> ${one.workers === 1 ? "worker" : "workers"},
            ${" "}<${Num} value=${one.busy} digits=${9} from="workers" /> busy, <${Num} value=${one.idle} digits=${9} from="workers" /> idle${
              one.draining > 0 && html`, <${Num} value=${one.draining} digits=${9} from="workers" /> draining`
            }; ${size(one.memoryBytes)} of memory
          </li>`,
      )}
    </ul>
    <ul class="fleet-workers">
      ${(all ? shown : shown.slice(0, most)).map(
        (worker) =>
          html`<${Card}
            key=${worker.workerId}
            worker=${worker}
            task=${tasks.get(worker.task)}
            pace=${seen.get(worker.executionId)}
            now=${now}
            onAsk=${() => setAsking(worker)}
          />`,
      )}
    </ul>
    ${
      shown.length > most &&
      !all &&
      html`<p><button type="button" class="button" onClick=${() => setAll(true)}>Show all ${shown.length} workers</button></p>`
    }
    <${Drain} worker=${asking} task=${asking && tasks.get(asking.task)} workers=${workers} onClose=${() => setAsking(null)} onChanged=${onChanged} />
  </section>`;
}

/**
 * @param {{worker: any, task: HeldTask | undefined, pace: {first: Seen, last: Seen} | undefined, now: number, onAsk: () => void}} props
 */
function Card({ worker, task, pace, now, onAsk }) {
  const may = forbidden(role(), "ADMIN");
  const what = doing(worker);
  const id = worker.workerId.slice(0, 8);
  const from = worker.task ? `tasks/${worker.task}` : "workers";
  const step = Math.max(pace?.last.step ?? 0, task?.step ?? 0);
  const total = task?.totalSteps ?? 0;
  const left = task ? timeLeft({ ...task, step }, pace?.first, pace?.last, now) : null;
  const experiment = task?.experiments?.[0];
  const versions = Object.entries(worker.versions ?? {})
    .map(([name, version]) => `${name} ${version}`)
    .join(", ");
  return html`<li class="worker" aria-label=${`Worker ${id}`}>
    <div class="worker-head">
      <span class="state" data-state=${states[what]} title=${what === "full" ? "It takes no task: it ends, or its disk is full" : undefined}
        ><span class="state-shape" aria-hidden="true">${shapes[what]}</span> ${what === "full" ? "takes none" : what}</span
      >
      <b>${worker.device}</b>
      <button
        type="button"
        class="button"
        aria-disabled=${may ? "true" : undefined}
        title=${may || undefined}
        onClick=${() => (may ? toast(may) : onAsk())}
      >${worker.draining ? "Resume" : "Drain"} …</button>
    </div>
    <div class="worker-task">
      ${
        what === "idle" || !worker.executionId
          ? html`<span class="faint">${worker.draining ? "takes nothing until it is resumed" : what === "full" ? "takes no task now" : "waits for a task"}</span>`
          : task
            ? html`<span>
                ${String(task.kind ?? "").toLowerCase()} ${task.label ?? ""}${
                  experiment && html` of <a href=${href(["experiments", experiment])}>${experiment}</a>`
                }${(task.attempt ?? 1) > 1 && html`<span class="faint">, attempt ${task.attempt}</span>`}
              </span>
              ${
                total > 0
                  ? html`<span class="worker-progress">
                    <progress max=${total} value=${step} aria-label=${`Progress of worker ${id}`}>${step} of ${total}</progress>
                    <span><${Num} value=${step} digits=${9} from=${from} /> of <${Num} value=${total} digits=${9} from=${from} />${left !== null && `, about ${duration(left)} left`}</span>
                  </span>`
                  : html`<span class="faint">has not said how far it is</span>`
              }`
            : html`<span class="faint">begins a task</span>`
      }
    </div>
    <div class="worker-foot faint" title=${versions}>
      ${worker.deviceClass}, ${size(worker.memoryBytes ?? 0)}, worker <code title=${worker.workerId}>${id}</code>, heard of ${ago(worker.seenAt, now)}
    </div>
  </li>`;
}

/** @param {{worker: any, task: HeldTask | undefined, workers: any[], onClose: () => void, onChanged: () => void}} props */
function Drain({ worker, task, workers, onClose, onChanged }) {
  if (!worker) return null;
  const name = `${worker.device} (${worker.workerId.slice(0, 8)})`;
  const set = (/** @type {boolean} */ drain) =>
    send("POST", `workers/${worker.workerId}:${drain ? "drain" : "resume"}`);
  const run = async () => {
    const drain = !worker.draining;
    await set(drain);
    toast(drain ? `${name} drains.` : `${name} takes tasks again.`, {
      undoLabel: drain ? "Resume it" : "Drain it again",
      undo: async () => {
        await set(!drain);
        toast(drain ? `${name} takes tasks again.` : `${name} drains again.`);
        onChanged();
      },
    });
    onChanged();
  };
  const sentences = worker.draining
    ? ["It takes tasks again from now on. Draining takes it back."]
    : drainConsequences(worker, task, workers);
  return html`<${Confirm} open=${true} title=${`${worker.draining ? "Resume" : "Drain"} ${name}?`} confirm=${worker.draining ? "Resume" : "Drain"} onConfirm=${run} onClose=${onClose}>
    <ul class="consequences">${sentences.map((one) => html`<li key=${one}>${one}</li>`)}</ul>
  <//>`;
}
