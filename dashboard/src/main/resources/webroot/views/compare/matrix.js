// @ts-check
/** Samples of the same noise: a row for each trial, a column for each noise. */
import { useEffect, useState } from "preact/hooks";
import { artifactUrl } from "../../api.js";
import { tiles } from "../../data/compare.js";
import { artifactOf } from "../../data/trial.js";
import { html } from "../../html.js";
import { Loading } from "../../parts/empty.js";
import { waiting } from "./load.js";

const shown = 8;
const edge = 64;

/** @param {{sides: import("./load.js").Side[]}} props */
export function Matrix({ sides }) {
  const [from, setFrom] = useState(0);
  const rows = sides.flatMap((side) => {
    const of = (/** @type {string} */ role) => side.trial?.tasks.find((/** @type {any} */ task) => task.role === role);
    const artifact = artifactOf(of("EVALUATE"), "sheet.png");
    const base = artifactOf(of("BASELINE"), "sheet.png");
    return [
      ...(base ? [{ name: `${side.name}, base model`, artifact: base, base: true, nfe: side.trial.baseline?.nfe }] : []),
      ...(artifact ? [{ name: side.name, artifact, base: false, nfe: side.trial.nfe }] : []),
    ];
  });
  // A baseline that trials share is one row.
  const seen = new Set();
  const single = rows.filter((row) => {
    if (!row.base) return true;
    const fresh = !seen.has(row.artifact.sha256);
    seen.add(row.artifact.sha256);
    return fresh;
  });
  const ordered = [...single.filter((row) => row.base), ...single.filter((row) => !row.base)];
  const seeds = [...new Set(sides.flatMap((side) => (side.protocol ? [side.protocol.seed] : [])))];
  const sheets = useSheets(ordered.map((row) => artifactUrl(row.artifact.sha256, row.artifact.name)));
  const count = Math.max(0, ...sheets.map((one) => (one ? one.columns * one.rows : 0)));
  if (ordered.length === 0 && sides.some(waiting)) return html`<${Loading} height=${160} label="Loading the trials" />`;
  if (ordered.length === 0) return html`<p class="chart-empty">No trial has been evaluated yet.</p>`;
  const here = Math.min(from, Math.max(0, count - 1));
  const noises = Array.from({ length: Math.max(0, Math.min(shown, count - here)) }, (_, i) => here + i);
  return html`
    ${seeds.length > 1 &&
    html`<div class="notice" role="note"><p>These are <b>not of the same noise</b>: the evaluations' seeds are ${seeds.join(", ")}.</p></div>`}
    <div class="section-controls">
      <button type="button" disabled=${here === 0} onClick=${() => setFrom(Math.max(0, here - shown))}>← Noises before</button>
      <span class="faint" role="status">${count > 0 ? `noises ${here} to ${here + noises.length - 1} of ${count}` : "loading the sheets …"}</span>
      <button type="button" disabled=${here + shown >= count} onClick=${() => setFrom(here + shown)}>More noises →</button>
    </div>
    <div class="scroll" tabindex="0" role="region" aria-label="Samples: trials by noise">
      <table class="matrix">
        <thead><tr><th scope="col">Trial</th>${noises.map((i) => html`<th scope="col" key=${i}>noise ${i}</th>`)}</tr></thead>
        <tbody>
          ${ordered.map((row, at) => {
            const sheet = sheets[at];
            return html`<tr key=${row.name}>
              <th scope="row">${row.name}${row.nfe !== undefined && html` <span class="faint">NFE ${row.nfe}</span>`}</th>
              ${noises.map((i) => html`<td key=${i}><${Tile} sheet=${sheet} at=${i} label=${`${row.name}, noise ${i}`} /></td>`)}
            </tr>`;
          })}
        </tbody>
      </table>
    </div>
  `;
}

/** @param {{sheet: any, at: number, label: string}} props */
function Tile({ sheet, at, label }) {
  if (!sheet) return html`<span class="tile" role="img" aria-label=${`${label}: loading`}></span>`;
  if (at >= sheet.columns * sheet.rows) return html`<span class="faint">–</span>`;
  const scale = edge / sheet.edge;
  const left = (at % sheet.columns) * (sheet.edge + 2) * scale;
  const top = Math.floor(at / sheet.columns) * (sheet.edge + 2) * scale;
  return html`<span
    class="tile"
    role="img"
    aria-label=${label}
    title=${label}
    style=${{
      backgroundImage: `url("${sheet.address}")`,
      backgroundSize: `${sheet.width * scale}px ${sheet.height * scale}px`,
      backgroundPosition: `-${left}px -${top}px`,
    }}
  ></span>`;
}

/**
 * How sheets are divided, as far as they are loaded.
 * @param {string[]} addresses
 */
function useSheets(addresses) {
  const [found, setFound] = useState(/** @type {Record<string, any>} */ ({}));
  const key = addresses.join(" ");
  useEffect(() => {
    let live = true;
    for (const address of addresses) {
      if (found[address]) continue;
      const image = new Image();
      image.onload = () => {
        const parts = tiles(image.naturalWidth, image.naturalHeight);
        if (live && parts) {
          setFound((old) => ({
            ...old,
            [address]: { ...parts, address, width: image.naturalWidth, height: image.naturalHeight },
          }));
        }
      };
      image.src = address;
    }
    return () => {
      live = false;
    };
  }, [key]);
  return addresses.map((address) => found[address] ?? null);
}
