// @ts-check
/** The trials as a table: only the rows in view are made; sorted by any column; own columns kept. */
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { choosable, defaultColumns, sortRows } from "../../data/trialtable.js";
import { text } from "../../data/columns.js";
import { duration, number } from "../../format.js";
import { html } from "../../html.js";
import { StateBadge } from "../../parts/badge.js";
import { Drop } from "./drop.js";
import { CompareLink, Pick, usePicks } from "./picks.js";

const rowHeight = 36;
const viewHeight = 540;

/** @param {import("./parts.js").SectionProps} props */
export function Trials({ id, experiment, table, rows, query, setQuery, onTrial }) {
  const store = `fewstep.columns.${experiment.name ?? id}`;
  const [top, setTop] = useState(0);
  const box = useRef(/** @type {HTMLDivElement | null} */ (null));
  const names = chosenNames(table, query, store);
  const columns = names.flatMap((name) => table.columns.find((one) => one.name === name) ?? []);
  const sort = query.get("sort") ?? "trial";
  const [by, down] = sort.startsWith("-") ? [sort.slice(1), true] : [sort, false];
  const ordered = useMemo(() => sortRows(table, rows, by, down), [table, rows, by, down]);
  useEffect(() => {
    if (box.current) box.current.scrollTop = 0;
  }, [sort]);
  const first = Math.max(0, Math.min(Math.floor(top / rowHeight) - 8, ordered.length - 1));
  const shown = ordered.slice(first, first + Math.ceil(viewHeight / rowHeight) + 16);
  const choose = (/** @type {string[]} */ next) => {
    try {
      localStorage.setItem(store, JSON.stringify(next));
    } catch {
      // The address keeps them all the same.
    }
    setQuery({ cols: next });
  };
  const toggle = (/** @type {string} */ name) =>
    choose(names.includes(name) ? names.filter((one) => one !== name) : [...names, name]);
  const source = `experiments/${id}/columns`;
  const picks = usePicks(id, query, setQuery);
  const indexes = table.columns.find((one) => one.name === "trial")?.values ?? [];
  return html`
    <div class="section-controls">
      <${Drop}
        label="Columns"
        count=${0}
        content=${() => html`${choosable(table).map(
          ({ column: one, known }) =>
            html`<label key=${one.name} class="filter-value">
              <input type="checkbox" checked=${names.includes(one.name)} onChange=${() => toggle(one.name)} />
              <span>${one.label}</span>
              <span class="filter-number">${known ? one.group : "nothing yet"}</span>
            </label>`,
        )}
        <button type="button" onClick=${() => choose(defaultColumns(table))}>As at first</button>`}
      />
      <${CompareLink} picks=${picks} />
    </div>
    <div
      class="trial-table scroll"
      ref=${box}
      tabindex="0"
      role="region"
      aria-label="Trials"
      style=${{ maxHeight: `${viewHeight}px` }}
      onScroll=${(/** @type {any} */ event) => setTop(event.target.scrollTop)}
    >
      <table aria-rowcount=${ordered.length + 1}>
        <thead>
          <tr>
            <th scope="col"><span class="for-ears">Compare</span></th>
            ${columns.map(
              (one) =>
                html`<th key=${one.name} scope="col" class=${one.kind === "number" ? "number" : ""} aria-sort=${one.name === by ? (down ? "descending" : "ascending") : undefined}>
                  <button type="button" onClick=${() => setQuery({ sort: one.name === by && !down ? `-${one.name}` : one.name })}>
                    ${one.label}${one.name === by ? (down ? " ▼" : " ▲") : ""}
                  </button>
                </th>`,
            )}
          </tr>
        </thead>
        <tbody>
          ${first > 0 && html`<tr aria-hidden="true"><td colspan=${columns.length + 1} style=${{ height: `${first * rowHeight}px`, padding: 0 }}></td></tr>`}
          ${shown.map(
            (row, i) =>
              html`<tr key=${row} aria-rowindex=${first + i + 2}>
                <td class="pick"><${Pick} picks=${picks} trial=${indexes[row]} /></td>
                ${columns.map((one) => html`<${Cell} key=${one.name} one=${one} value=${one.values[row]} source=${source} open=${() => onTrial(row)} />`)}
              </tr>`,
          )}
          ${first + shown.length < ordered.length &&
          html`<tr aria-hidden="true"><td colspan=${columns.length + 1} style=${{ height: `${(ordered.length - first - shown.length) * rowHeight}px`, padding: 0 }}></td></tr>`}
        </tbody>
      </table>
      ${ordered.length === 0 && html`<p class="chart-empty">The filter leaves no trial.</p>`}
    </div>
  `;
}

/** @param {{one: import("../../data/columns.js").Column, value: any, source: string, open: () => void}} props */
function Cell({ one, value, source, open }) {
  if (one.name === "trial") {
    return html`<th scope="row" class="number"><button type="button" onClick=${open} aria-label=${`Trial ${value}`}>${value}</button></th>`;
  }
  if (one.name === "state") return html`<td><${StateBadge} state=${value} /></td>`;
  if (one.kind !== "number" || one.group === "axis") return html`<td>${text(value)}</td>`;
  const known = typeof value === "number";
  const said = one.unit === "s" ? duration(value) : one.name === "seed" ? text(value) : number(value);
  return html`<td class="number" title=${known ? `${one.name} = ${value}, from ${source}` : undefined}>${said}</td>`;
}

/**
 * Columns of the address, or else the reader's own for experiments of this name, or else the usual.
 * @param {import("../../data/columns.js").Table} table
 * @param {URLSearchParams} query
 * @param {string} store
 */
function chosenNames(table, query, store) {
  const there = (/** @type {any} */ names) =>
    Array.isArray(names) ? names.filter((name) => table.columns.some((one) => one.name === name)) : [];
  const named = there(query.getAll("cols"));
  if (named.length > 0) return named;
  try {
    const own = there(JSON.parse(localStorage.getItem(store) ?? "[]"));
    if (own.length > 0) return own;
  } catch {
    // As if nothing had been kept.
  }
  return defaultColumns(table);
}
