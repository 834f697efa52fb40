// @ts-check
/** What waits, by device class and project, and why. */
import { useEffect, useState } from "preact/hooks";
import { get, url } from "../api.js";
import { queueRows } from "../data/fleet.js";
import { html } from "../html.js";
import { Empty, ErrorBox, Loading } from "../parts/empty.js";
import { Num } from "../parts/num.js";

/** @param {{pulse: number}} props pulse: another number when the state has changed */
export function Queue({ pulse }) {
  const [queue, setQueue] = useState(/** @type {any} */ (null));
  const [problem, setProblem] = useState("");
  const [missing, setMissing] = useState(false);
  const load = () =>
    missing
      ? undefined
      : get("queue").then(
          (answer) => {
            setQueue(answer);
            setProblem("");
          },
          (error) => (error.status === 404 ? setMissing(true) : setProblem(error.message)),
        );
  useEffect(() => void load(), [pulse]);
  const rows = queueRows(queue);
  const waiting = rows.filter((one) => one.queued > 0 || one.running > 0);
  return html`<section aria-labelledby="queue">
    <h2 id="queue">Queue</h2>
    ${problem && html`<${ErrorBox} text=${problem} retry=${load} />`}
    ${
      missing
        ? html`<p class="faint">This server does not tell its queue. The page of an experiment says what its tasks wait for.</p>`
        : queue === null
          ? !problem && html`<${Loading} height=${120} label="Loading the queue" />`
          : waiting.length === 0
            ? html`<${Empty} text="Nothing waits and nothing runs." />`
            : waiting.map((one) => html`<${Class} key=${one.name} one=${one} />`)
    }
  </section>`;
}

/** @param {{one: ReturnType<typeof queueRows>[number]}} props */
function Class({ one }) {
  const count = (/** @type {number} */ value) => html`<${Num} value=${value} digits=${9} from="queue" />`;
  return html`<div class="queue-class">
    <h3>
      ${one.name}
      <span class="faint"> ${count(one.queued)} waiting, ${count(one.running)} running, ${count(one.idle)} of ${count(one.workers)} workers idle</span>
    </h3>
    <ul class="queue-projects">
      ${one.projects.map(
        (project) =>
          html`<li key=${project.name}>
            <b>${project.name}</b>: ${count(project.queued)} waiting, ${count(project.running)} running
            ${
              project.examined < project.queued &&
              html`<span class="faint">(reasons of the first ${count(project.examined)})</span>`
            }
            ${
              project.reasons.length > 0 &&
              html`<ul class="queue-reasons">
              ${project.reasons.map(
                (reason) =>
                  html`<li key=${reason.reason}>
                    ${count(reason.count)} × <span class="reason-code">${reason.reason}</span> ${reason.text}${
                      reason.example &&
                      html`${" "}<a href=${url(`tasks/${reason.example}/explain`)} target="_blank" rel="noopener" title="What the server says of one of them">one of them</a>`
                    }
                  </li>`,
              )}
            </ul>`
            }
          </li>`,
      )}
    </ul>
  </div>`;
}
