// @ts-check
/** What a trial is made of: inputs, tasks and artifacts, as a picture and as a list. */
import { useMemo, useRef, useState } from "preact/hooks";
import { artifactUrl, url } from "../../api.js";
import { beside, layout, related } from "../../data/lineage.js";
import { html } from "../../html.js";
import { StateBadge } from "../../parts/badge.js";

/** A shape for each kind, so that colour is not needed to tell them apart. */
const signs = { DATASET: "▦", WEIGHTS: "◆", EXTRACTOR: "◉", STATISTICS: "∑", TASK: "▶", ARTIFACT: "▤" };

/** @param {string} kind */
const sign = (kind) => signs[/** @type {keyof typeof signs} */ (kind)] ?? "•";

/** @param {any} node */
const told = (node) => `${node.kind.toLowerCase()} ${node.label}${node.state ? `, ${node.state.toLowerCase()}` : ""}`;

/** @param {{lineage: {nodes: any[], edges: any[]}}} props */
export function Lineage({ lineage }) {
  const picture = useMemo(() => layout(lineage), [lineage]);
  const [at, setAt] = useState(/** @type {string | null} */ (null));
  const box = useRef(/** @type {SVGSVGElement | null} */ (null));
  const lit = useMemo(() => (at ? related(lineage, at) : null), [lineage, at]);
  const node = lineage.nodes.find((one) => one.id === at);
  if (lineage.nodes.length === 0) return html`<p class="chart-empty">Nothing is planned yet.</p>`;

  const move = (/** @type {KeyboardEvent} */ event, /** @type {any} */ from) => {
    const rows = picture.boxes.filter((one) => one.column === from.column);
    const row = rows.indexOf(from);
    const near = (/** @type {number} */ by) =>
      picture.boxes
        .filter((one) => one.column === from.column + by)
        .sort((a, b) => Math.abs(a.y - from.y) - Math.abs(b.y - from.y))[0];
    const to = { ArrowUp: rows[row - 1], ArrowDown: rows[row + 1], ArrowLeft: near(-1), ArrowRight: near(1) }[event.key];
    if (!to) return;
    event.preventDefault();
    /** @type {SVGElement | null | undefined} */ (box.current?.querySelector(`[data-id="${CSS.escape(to.node.id)}"]`))?.focus();
  };
  return html`
    <div class="lineage scroll">
      <svg
        ref=${box}
        width=${picture.width}
        height=${picture.height}
        viewBox=${`0 0 ${picture.width} ${picture.height}`}
        role="group"
        aria-label="Lineage: what each task reads and makes. Arrow keys walk through it."
      >
        ${picture.edges.map(
          (edge) =>
            html`<path
              key=${`${edge.from.node.id} ${edge.to.node.id}`}
              class="lineage-edge"
              data-lit=${lit?.has(edge.from.node.id) && lit.has(edge.to.node.id) ? "yes" : undefined}
              d=${edge.path}
            />`,
        )}
        ${picture.boxes.map((one, i) => {
          const { node: own } = one;
          return html`<g
            key=${own.id}
            class="lineage-node"
            data-id=${own.id}
            data-kind=${own.kind}
            data-state=${own.state}
            data-lit=${lit ? (lit.has(own.id) ? "yes" : "no") : undefined}
            role="button"
            aria-label=${told(own)}
            aria-pressed=${own.id === at}
            tabindex=${(at ?? picture.boxes[0].node.id) === own.id || (at === null && i === 0) ? 0 : -1}
            transform=${`translate(${one.x} ${one.y})`}
            onFocus=${() => setAt(own.id)}
            onClick=${() => setAt(own.id)}
            onKeyDown=${(/** @type {KeyboardEvent} */ event) => move(event, one)}
          >
            <title>${told(own)}</title>
            <rect width=${one.width} height=${one.height} rx=${own.kind === "TASK" ? 20 : 4} />
            <text x="14" y="25" aria-hidden="true"><tspan class="lineage-sign">${sign(own.kind)}</tspan> ${cut(own.label)}</text>
          </g>`;
        })}
      </svg>
    </div>
    <div class="lineage-told" aria-live="polite">
      ${node
        ? html`<${Told} node=${node} lineage=${lineage} />`
        : html`<p class="faint">
            ${Object.entries(signs).map(([kind, one]) => html`<span class="lineage-key">${one} ${kind.toLowerCase()}</span> `)}
            Choose one to see what it comes from and what comes from it.
          </p>`}
    </div>
    <details class="log">
      <summary>As a list</summary>
      <ul class="lineage-list">
        ${lineage.nodes.map((one) => html`<li key=${one.id}><${Told} node=${one} lineage=${lineage} /></li>`)}
      </ul>
    </details>
  `;
}

/** @param {string} label */
const cut = (label) => (label.length > 21 ? `${label.slice(0, 20)}…` : label);

/** @param {{node: any, lineage: any}} props */
function Told({ node, lineage }) {
  const { before, after } = beside(lineage, node.id);
  const names = (/** @type {any[]} */ list) => list.map((one) => one.label).join(", ");
  return html`<span class="lineage-line">
    <b>${sign(node.kind)} ${node.label}</b> <span class="faint">${node.kind.toLowerCase()}</span>
    ${node.state && html` <${StateBadge} state=${node.state} />`}
    ${node.sha256 && html` <a href=${artifactUrl(node.sha256, node.label)} download title=${`sha256 ${node.sha256}`}>download</a>`}
    ${node.kind === "TASK" && html` <a href=${url(`tasks/${node.taskKey}`)} target="_blank" rel="noopener"><code>${node.taskKey.slice(0, 12)}</code></a>`}
    ${before.length > 0 && html` <span class="faint">from ${names(before)}</span>`}
    ${after.length > 0 && html` <span class="faint">→ ${names(after)}</span>`}
  </span>`;
}
