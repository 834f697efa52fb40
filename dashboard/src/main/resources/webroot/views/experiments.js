// @ts-check
import { useEffect, useState } from "preact/hooks";
import { all } from "../api.js";
import { when } from "../format.js";
import { html } from "../html.js";
import { follow } from "../live.js";
import { StateBar } from "./state.js";

/** Every experiment, newest first. */
export function Experiments() {
  const [items, setItems] = useState(/** @type {any[] | null} */ (null));
  const [problem, setProblem] = useState("");

  useEffect(() => {
    const load = () =>
      all("experiments")
        .then((found) => {
          setItems(found.sort((a, b) => (a.submittedAt < b.submittedAt ? 1 : -1)));
          setProblem("");
        })
        .catch((error) => setProblem(error.message));
    load();
    return follow(undefined, { onState: load });
  }, []);

  document.title = "fewstep";
  return html`
    <h1>Experiments</h1>
    ${problem && html`<p class="problem" role="alert">${problem}</p>`}
    ${items === null && !problem && html`<p>Loading …</p>`}
    ${items !== null &&
    items.length === 0 &&
    html`<p>
      Nothing has been submitted yet. Try <code>fewstep submit FILE --watch</code>, or
      <code>fewstep demo</code>.
    </p>`}
    ${items !== null &&
    items.length > 0 &&
    html`<div class="scroll">
      <table>
        <thead>
          <tr>
            <th scope="col">Experiment</th>
            <th scope="col">Project</th>
            <th scope="col">State</th>
            <th scope="col">Tasks</th>
            <th scope="col" class="number">Trials</th>
            <th scope="col">Submitted</th>
          </tr>
        </thead>
        <tbody>
          ${items.map(
            (item) =>
              html`<tr key=${item.id}>
                <th scope="row">
                  <a href=${`#/experiments/${encodeURIComponent(item.id)}`}>${item.id}</a>
                </th>
                <td>${item.project}</td>
                <td><span class="state" data-state=${item.state}>${item.state}</span></td>
                <td><${StateBar} counts=${item.tasks ?? {}} /></td>
                <td class="number">${item.trials}</td>
                <td>${when(item.submittedAt)}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>`}
  `;
}
