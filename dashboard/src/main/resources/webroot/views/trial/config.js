// @ts-check
/** What sets a trial's configuration apart from the baseline's or another trial's. */
import { useEffect, useState } from "preact/hooks";
import { get } from "../../api.js";
import { diff, leaves, said } from "../../data/diff.js";
import { html } from "../../html.js";
import { href } from "../../route.js";
import { trialPath } from "./load.js";

/**
 * @param {{id: string, trial: any, against: string, onAgainst: (against: string | null) => void}} props
 *     against: "" for the baseline, INDEX of a trial of this experiment, or ID/INDEX of any
 */
export function Config({ id, trial, against, onAgainst }) {
  const [other, setOther] = useState(/** @type {any} */ (null));
  const [problem, setProblem] = useState("");
  useEffect(() => {
    setProblem("");
    setOther(null);
    if (!against) return;
    let live = true;
    const at = against.lastIndexOf("/");
    const path = at < 0 ? trialPath(id, against) : trialPath(against.slice(0, at), against.slice(at + 1));
    get(path).then(
      (found) => live && setOther(found),
      (error) => live && setProblem(error.message),
    );
    return () => {
      live = false;
    };
  }, [id, against]);
  const base = against ? other?.config : trial.baselineConfig;
  const rows = base ? diff(base, trial.config) : [];
  const name = against ? `trial ${against}` : "the baseline";
  const all = leaves(trial.config).size;
  const submit = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const field = /** @type {HTMLInputElement} */ (/** @type {HTMLFormElement} */ (event.target).elements.namedItem("against"));
    onAgainst(field.value.trim() || null);
  };
  return html`
    <form class="section-controls" onSubmit=${submit}>
      <label class="choice">
        <span>compare with trial</span>
        <input class="text-field" name="against" value=${against} placeholder="index, or ID/index" size="18" key=${against} />
      </label>
      <button type="submit">Compare</button>
      ${against && html`<button type="button" onClick=${() => onAgainst(null)}>With the baseline</button>`}
      ${against && other && html`<a class="button" href=${href(["compare"], { t: [`${id}/${trial.index}`, `${other.experiment}/${other.index}`] })}>Side by side</a>`}
    </form>
    ${problem && html`<p class="problem" role="alert">${problem}</p>`}
    ${!base && !problem && html`<p class="faint">Loading ${name} …</p>`}
    ${base && rows.length === 0 && html`<p class="chart-empty">Its configuration is that of ${name}.</p>`}
    ${rows.length > 0 &&
    html`<div class="scroll" tabindex="0" role="region" aria-label="Differences of the configuration">
      <table class="diff">
        <thead>
          <tr><th scope="col">Setting</th><th scope="col">${name}</th><th scope="col">this trial</th></tr>
        </thead>
        <tbody>
          ${rows.map(
            (row) =>
              html`<tr key=${row.path} data-kind=${row.kind}>
                <th scope="row"><code>${row.path}</code></th>
                <td><del>${said(row.from)}</del></td>
                <td><ins>${said(row.to)}</ins></td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>`}
    <details class="log">
      <summary>The whole configuration (${all} settings)</summary>
      <pre class="log-text" tabindex="0" role="region" aria-label="The whole configuration">${JSON.stringify(trial.config, null, 2)}</pre>
    </details>
  `;
}
