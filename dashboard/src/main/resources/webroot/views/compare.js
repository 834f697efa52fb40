// @ts-check
/** Any trials side by side: scores, what differs, curves over each other, samples of the same noise. */
import { useMemo, useState } from "preact/hooks";
import { LineChart, merge } from "../charts/line.js";
import { theme } from "../charts/theme.js";
import { dashes, most, named, place, places, scoreMatrix, warnings } from "../data/compare.js";
import { text } from "../data/columns.js";
import { differing, said } from "../data/diff.js";
import { lines as colours } from "../data/palette.js";
import { known, lines } from "../data/trial.js";
import { ratio } from "../format.js";
import { html } from "../html.js";
import { StateBadge } from "../parts/badge.js";
import { Empty, Loading } from "../parts/empty.js";
import { Num } from "../parts/num.js";
import { href, route, setQuery } from "../route.js";
import { useSides, waiting } from "./compare/load.js";
import { Matrix } from "./compare/matrix.js";
import { Choice } from "./experiment/choice.js";
import { trialPath } from "./trial/load.js";

/** @typedef {import("./compare/load.js").Side} Side */

const colourCount = colours(false).length;

export function Compare() {
  const { query } = route.value;
  const wanted = places(query.getAll("t"));
  const sides = useSides(wanted);
  const loaded = sides.filter((side) => side.trial !== null);
  document.title = "Compare trials – fewstep";
  const told = warnings(loaded.map(({ name, protocol }) => ({ name, protocol })));
  return html`
    <h1>Compare trials</h1>
    <${Add} wanted=${wanted} />
    ${wanted.length === 0
      ? html`<${Empty} title="No trial is chosen yet" text="Tick trials in the table of an experiment and press Compare, or name them above as EXPERIMENT/INDEX.">
          <p><a href=${href([])}>All experiments</a></p>
        <//>`
      : html`
          ${told.length > 0 &&
          html`<div class="notice" role="note">
            <p><b>The scores of these trials do not compare:</b> their protocols differ.</p>
            <ul>${told.map((one) => html`<li key=${one}>${one}</li>`)}</ul>
          </div>`}
          <${Facts} sides=${sides} comparable=${told.length === 0} />
          <section aria-label="Samples"><h2>Samples of the same noise</h2><${Matrix} sides=${sides} /></section>
          <section aria-label="Curves"><h2>Training</h2>${loaded.length === 0 && sides.some(waiting) ? html`<${Loading} height=${340} label="Loading the trials" />` : html`<${Curves} sides=${loaded} query=${query} />`}</section>
        `}
  `;
}

/** @param {{wanted: import("../data/compare.js").Place[]}} props */
function Add({ wanted }) {
  const [problem, setProblem] = useState("");
  const submit = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const field = /** @type {HTMLInputElement} */ (/** @type {HTMLFormElement} */ (event.target).elements.namedItem("trial"));
    const found = place(field.value);
    if (!found) return setProblem("Write a trial as EXPERIMENT/INDEX, for example kernels-1a2b3c4d/7.");
    if (wanted.length >= most) return setProblem(`At most ${most} trials are shown at once: take one away first.`);
    setProblem("");
    setQuery({ t: [...wanted.map(named), named(found)] }, { push: true });
    field.value = "";
  };
  return html`<form class="section-controls" onSubmit=${submit}>
    <label class="choice"><span>add trial</span><input class="text-field" name="trial" size="28" placeholder="EXPERIMENT/INDEX" aria-invalid=${problem ? "true" : undefined} /></label>
    <button type="submit">Add</button>
    ${problem && html`<span class="problem" role="alert">${problem}</span>`}
  </form>`;
}

/** Scores and configuration: trials are columns, only differences are rows. @param {{sides: Side[], comparable: boolean}} props */
function Facts({ sides, comparable }) {
  const trials = sides.map((side) => side.trial ?? {});
  const scores = scoreMatrix(trials, comparable);
  const config = differing(sides.map((side) => side.trial?.config ?? {}));
  const plain = sides.every((side) => side.trial) ? config : [];
  const without = (/** @type {Side} */ side) => () =>
    setQuery({ t: sides.filter((one) => one !== side).map((one) => one.name) }, { push: true });
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Trials side by side">
    <table class="diff compare">
      <thead>
        <tr>
          <td></td>
          ${sides.map(
            (side, i) =>
              html`<th scope="col" class="compare-head" key=${side.name}>
                <${Swatch} i=${i} /><a href=${href(["experiments", side.id, "trials", side.index])}>${side.name}</a>
                <button type="button" onClick=${without(side)} aria-label=${`Take ${side.name} away`} title="Take away">✕</button>
                ${side.problem && html`<p class="problem" role="alert">${side.problem}</p>`}
              </th>`,
          )}
        </tr>
      </thead>
      <tbody>
        <tr><th scope="row">State</th>${sides.map((side) => html`<td key=${side.name}>${side.trial ? html`<${StateBadge} state=${side.trial.state} />` : side.problem ? "–" : "loading …"}</td>`)}</tr>
        <tr><th scope="row">Values</th>${sides.map((side) => html`<td key=${side.name}>${Object.entries(side.trial?.values ?? {}).map(([name, value]) => `${name} = ${text(value)}`).join(", ") || "–"}</td>`)}</tr>
        <tr><th scope="row">Seed</th>${sides.map((side) => html`<td key=${side.name}>${text(side.trial?.seed)}</td>`)}</tr>
        <tr><th scope="row">NFE</th>${sides.map((side) => html`<td key=${side.name}><${Num} value=${side.trial?.nfe} from=${trialPath(side.id, side.index)} /></td>`)}</tr>
        ${scores.map(
          (row) =>
            html`<tr key=${`${row.space} ${row.metric}`}>
              <th scope="row">${row.metric.toUpperCase()} ${row.space}</th>
              ${row.cells.map(
                (cell, i) =>
                  html`<td key=${sides[i].name} data-best=${cell?.best ? "yes" : undefined}>
                    ${cell
                      ? html`${cell.best && html`<b title="the best of these">★ </b>`}<${Num} value=${cell.value} low=${cell.low} high=${cell.high} from=${trialPath(sides[i].id, sides[i].index)} />
                          <span class="faint"> ${ratio(cell.value, cell.baseline)} of the baseline${cell.trained ? ", trained in" : ""}</span>`
                      : "–"}
                  </td>`,
              )}
            </tr>`,
        )}
        <tr><th scope="row">Protocol</th>${sides.map((side) => html`<td key=${side.name} class="faint">${side.protocol ? `${side.protocol.samples} samples against ${side.protocol.reference}, seed ${side.protocol.seed}${side.protocol.bootstrap ? `, intervals of ${side.protocol.bootstrap} resamples` : ", no intervals"}` : "–"}</td>`)}</tr>
        ${plain.map(
          (row) =>
            html`<tr key=${row.path}>
              <th scope="row"><code>${row.path}</code></th>
              ${row.values.map((value, i) => html`<td key=${sides[i].name}>${said(value)}</td>`)}
            </tr>`,
        )}
      </tbody>
    </table>
    ${sides.length > 1 && plain.length === 0 && sides.every((side) => side.trial) && html`<p class="faint">Their configurations are the same.</p>`}
  </div>`;
}

/** The line of a trial in the charts. @param {{i: number}} props */
const Swatch = ({ i }) => html`<svg class="compare-line" width="28" height="10" aria-hidden="true">
  <line x1="0" y1="5" x2="28" y2="5" stroke=${colours(theme.value.dark)[i % colourCount]} stroke-width="3" stroke-dasharray=${dash(i)?.join(" ")} />
</svg>`;

/** @param {number} i */
const dash = (i) => dashes[(i + Math.floor(i / colourCount)) % dashes.length];

/** @param {{sides: Side[], query: URLSearchParams}} props */
function Curves({ sides, query }) {
  const found = useMemo(() => sides.map((side) => lines(side.points)), [sides.map((side) => side.points.length).join(), sides.map((side) => side.name).join()]);
  const names = known.filter((one) => found.some((all) => all.has(one.name)));
  const one = names.find(({ name }) => name === query.get("curve")) ?? names[0];
  const data = useMemo(() => (one ? merge(found.map((all) => all.get(one.name) ?? [])) : []), [found, one?.name]);
  if (!one) return html`<p class="chart-empty">No trial has begun its training yet.</p>`;
  return html`
    <div class="section-controls">
      <${Choice} label="curve" value=${one.name} options=${names.map(({ name, title }) => ({ value: name, label: title }))} onChange=${(/** @type {string} */ curve) => setQuery({ curve })} />
    </div>
    <${LineChart} title=${one.title} x="step" y=${one.unit || one.name} height=${340} data=${data} series=${sides.map((side, i) => ({ label: side.name, dash: dash(i) }))} />
  `;
}
