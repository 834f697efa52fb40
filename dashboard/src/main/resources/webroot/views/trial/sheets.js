// @ts-check
/** Samples of a trial: over its training, before and after, and while they are made of noise. */
import { useEffect, useRef, useState } from "preact/hooks";
import { artifactUrl } from "../../api.js";
import { artifactOf, frames, pairs } from "../../data/trial.js";
import { html } from "../../html.js";
import { Choice } from "../experiment/choice.js";

/** @param {any} artifact */
const address = (artifact) => artifactUrl(artifact.sha256, artifact.name);

/** @param {{role: (name: string) => any}} props role: a task by its role */
export function Sheets({ role }) {
  const finetune = role("FINETUNE");
  const over = frames(finetune);
  const both = pairs(role);
  const chain = artifactOf(finetune, "denoising.png");
  const single = [
    { title: "Base model", artifact: artifactOf(role("BASELINE"), "sheet.png") },
    { title: "Finetuned", artifact: artifactOf(role("EVALUATE"), "sheet.png") },
  ].filter((one) => one.artifact);
  if (over.length + both.length + single.length === 0) {
    return html`<p class="chart-empty">No sheet of samples yet. They come with the end of the finetune and of the evaluation.</p>`;
  }
  return html`<div class="sheet-grid">
    ${over.length > 1 && html`<${OverTraining} frames=${over} />`}
    ${both.length > 0
      ? html`<${Wipe} pairs=${both} />`
      : single.map((one) => html`<${Sheet} key=${one.title} title=${one.title} artifact=${one.artifact} />`)}
    ${chain && html`<${Chain} artifact=${chain} />`}
  </div>`;
}

/** @param {{title: string, artifact: any}} props */
const Sheet = ({ title, artifact }) => html`<figure class="sheet">
  <figcaption>${title}</figcaption>
  <img class="sheet-image" src=${address(artifact)} alt=${`${title}: a sheet of generated images`} />
</figure>`;

/**
 * One sheet of the same noise, moved through the training by a slider. Frames on the way have only
 * the first rows; the whole ones are cut to them.
 * @param {{frames: import("../../data/trial.js").Frame[]}} props
 */
function OverTraining({ frames: all }) {
  const [at, setAt] = useState(all.length - 1);
  const [shape, setShape] = useState(/** @type {string | undefined} */ (undefined));
  const now = Math.min(at, all.length - 1);
  const part = all.find((one) => one.partial);
  const words = all[now].label;
  return html`<figure class="sheet">
    <figcaption>Same noise over the training: <b aria-live="polite">${words}</b></figcaption>
    <div class="sheet-stack" style=${{ aspectRatio: shape ?? "1" }}>
      ${all.map(
        (one, i) =>
          html`<img
            key=${one.artifact.sha256 + one.artifact.name}
            class="sheet-image"
            data-shown=${i === now ? "yes" : undefined}
            aria-hidden=${i === now ? undefined : "true"}
            src=${address(one.artifact)}
            alt=${i === now ? `A sheet of generated images ${one.label}` : ""}
            onLoad=${(/** @type {any} */ event) =>
              (part === undefined || one === part) &&
              setShape(`${event.target.naturalWidth} / ${event.target.naturalHeight}`)}
          />`,
      )}
    </div>
    <label class="slider">
      <span class="for-ears">Step of the training</span>
      <input
        type="range"
        min="0"
        max=${all.length - 1}
        step="1"
        value=${now}
        aria-valuetext=${words}
        onInput=${(/** @type {any} */ event) => setAt(Number(event.target.value))}
      />
    </label>
    <p class="slider-ends"><span>${all[0].label}</span><span>${all[all.length - 1].label}</span></p>
    ${part && html`<p class="chart-note">Sheets on the way are of the weights as trained, not averaged; they have the first rows only.</p>`}
  </figure>`;
}

/**
 * Two sheets of the same noise over each other, and a line between them that is dragged.
 * @param {{pairs: {before: any, after: any, of: string}[]}} props
 */
function Wipe({ pairs: both }) {
  const [which, setWhich] = useState(0);
  const [at, setAt] = useState(50);
  const box = useRef(/** @type {HTMLDivElement | null} */ (null));
  const { before, after, of } = both[Math.min(which, both.length - 1)];
  useEffect(() => box.current?.style.setProperty("--at", `${at}%`), [at]);
  const drag = (/** @type {PointerEvent} */ event) => {
    if (event.type === "pointermove" && event.buttons === 0) return;
    const place = /** @type {HTMLDivElement} */ (box.current).getBoundingClientRect();
    setAt(Math.round(Math.max(0, Math.min(100, (100 * (event.clientX - place.left)) / place.width))));
  };
  return html`<figure class="sheet">
    <figcaption>Before and after, ${of}</figcaption>
    <div class="wipe" ref=${box} onPointerDown=${drag} onPointerMove=${drag}>
      <img class="sheet-image" src=${address(before)} alt="Base model: a sheet of generated images" draggable="false" />
      <img class="sheet-image wipe-over" src=${address(after)} alt="Finetuned: the same noise" draggable="false" />
      <span class="wipe-line" aria-hidden="true"></span>
    </div>
    <label class="slider">
      <span class="for-ears">How much of the base model shows</span>
      <input
        type="range"
        min="0"
        max="100"
        value=${at}
        aria-valuetext=${`${at} % base model, ${100 - at} % finetuned`}
        onInput=${(/** @type {any} */ event) => setAt(Number(event.target.value))}
      />
    </label>
    <p class="slider-ends"><span>left: base model</span><span>right: finetuned</span></p>
    ${both.length > 1 &&
    html`<${Choice}
      label="noise of"
      value=${String(which)}
      options=${both.map((one, i) => ({ value: String(i), label: one.of }))}
      onChange=${(/** @type {string} */ to) => setWhich(Number(to))}
    />`}
  </figure>`;
}

/** @param {{artifact: any}} props */
const Chain = ({ artifact }) => html`<figure class="sheet">
  <figcaption>From noise to images</figcaption>
  <img class="sheet-image" src=${address(artifact)} alt="Each row: the starting noise, then the clean image as predicted at each network evaluation, the last of which is the sample" />
  <p class="chart-note">
    A row is one sample: its starting noise, then the clean image as the finetuned network predicts it
    at each evaluation (at seven of them if there are more). The last is the sample.
  </p>
</figure>`;
