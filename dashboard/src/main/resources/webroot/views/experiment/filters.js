// @ts-check
/** The one filter of the experiment page: search, values of axes, states, ranges; chips of what holds. */
import { dimensions, distinct, inGroups, scores } from "../../data/columns.js";
import { everything, facets, isEverything, narrow, toggle, warm } from "../../data/filter.js";
import { number } from "../../format.js";
import { html } from "../../html.js";
import { Drop } from "./drop.js";

/**
 * @param {{
 *   table: import("../../data/columns.js").Table,
 *   filter: import("../../data/filter.js").Filter,
 *   shown: number,
 *   onFilter: (filter: import("../../data/filter.js").Filter) => void,
 * }} props
 */
export function Filters({ table, filter, shown, onFilter }) {
  const columns = dimensions(table);
  const ranged = [
    ...scores(table).slice(0, 12),
    ...inGroups(table, "fact").filter((one) => ["nfe", "deviceSeconds", "seconds"].includes(one.name)),
    ...inGroups(table, "axis").filter((one) => one.kind === "number" && distinct(one.values).length > 8),
  ];
  return html`<section class="filters" aria-label="Filter of trials">
    <div class="filter-bar">
      <label class="filter-search">
        <span class="for-ears">Search trials</span>
        <input
          type="search"
          placeholder="Search: rbf, seed=0, failed …"
          value=${filter.search}
          onFocus=${() => setTimeout(() => warm(table), 50)}
          onInput=${(/** @type {any} */ event) => onFilter({ ...filter, search: event.target.value })}
        />
      </label>
      <${Values} name="state" label="State" table=${table} filter=${filter} onFilter=${onFilter} />
      ${columns.map(
        (one) =>
          html`<${Values}
            key=${one.name}
            name=${one.name}
            label=${one.label}
            table=${table}
            filter=${filter}
            onFilter=${onFilter}
          />`,
      )}
      ${ranged.length > 0 && html`<${Ranges} columns=${ranged} filter=${filter} onFilter=${onFilter} />`}
      <span class="filter-count" role="status">
        ${shown === table.count ? `${table.count} trials` : `${shown} of ${table.count} trials`}
      </span>
    </div>
    ${!isEverything(filter) &&
    html`<ul class="chips" aria-label="What the filter asks for">
      ${conditions(filter).map(
        (one) =>
          html`<li key=${one.text}>
            <button type="button" class="chip" onClick=${() => onFilter(one.without)} title="Take this condition away">
              ${one.text} <span aria-hidden="true">×</span>
            </button>
          </li>`,
      )}
      <li><button type="button" onClick=${() => onFilter(everything())}>Show all trials</button></li>
    </ul>`}
  </section>`;
}

/**
 * @param {import("../../data/filter.js").Filter} filter
 */
function conditions(filter) {
  return [
    ...filter.states.map((state) => ({ text: `state ${state.toLowerCase()}`, without: toggle(filter, "state", state) })),
    ...Object.entries(filter.values).flatMap(([name, values]) =>
      values.map((value) => ({ text: `${name} = ${value}`, without: toggle(filter, name, value) })),
    ),
    ...Object.entries(filter.ranges).map(([name, [low, high]]) => ({
      text:
        low === null
          ? `${name} ≤ ${number(high)}`
          : high === null
            ? `${name} ≥ ${number(low)}`
            : `${name} ${number(low)} to ${number(high)}`,
      without: narrow(filter, name, null),
    })),
    ...(filter.search ? [{ text: `“${filter.search}”`, without: { ...filter, search: "" } }] : []),
  ];
}

/** Values that a panel lists at most, besides the chosen ones. */
const mostListed = 200;

/** @param {{name: string, label: string, table: any, filter: any, onFilter: (filter: any) => void}} props */
function Values({ name, label, table, filter, onFilter }) {
  const chosen = (name === "state" ? filter.states : (filter.values[name] ?? [])).length;
  const content = () => {
    const all = facets(table, filter, name);
    const listed = all.filter((one, i) => i < mostListed || one.chosen);
    return html`${listed.map(
      (one) =>
        html`<label key=${one.value} class="filter-value">
          <input
            type="checkbox"
            checked=${one.chosen}
            onChange=${() => onFilter(toggle(filter, name, one.value))}
          />
          <span>${name === "state" ? one.value.toLowerCase() : one.value}</span>
          <span class="filter-number">${one.count}</span>
        </label>`,
    )}
    ${listed.length < all.length && html`<p class="chart-note">${all.length - listed.length} more values: search for one, or use Ranges.</p>`}`;
  };
  return html`<${Drop} label=${label} count=${chosen} content=${content} />`;
}

/** @param {{columns: any[], filter: any, onFilter: (filter: any) => void}} props */
function Ranges({ columns, filter, onFilter }) {
  const set = (/** @type {string} */ name, /** @type {0 | 1} */ end) => (/** @type {any} */ event) => {
    const written = event.target.value.trim();
    const value = written === "" || !Number.isFinite(Number(written)) ? null : Number(written);
    const [low, high] = filter.ranges[name] ?? [null, null];
    onFilter(narrow(filter, name, end === 0 ? [value, high] : [low, value]));
  };
  const content = () =>
    columns.map((one) => {
      const [low, high] = filter.ranges[one.name] ?? [null, null];
      return html`<fieldset key=${one.name} class="filter-range">
        <legend>${one.label}</legend>
        <input type="number" step="any" aria-label=${`${one.label}, at least`} placeholder="from" value=${low ?? ""} onChange=${set(one.name, 0)} />
        <input type="number" step="any" aria-label=${`${one.label}, at most`} placeholder="to" value=${high ?? ""} onChange=${set(one.name, 1)} />
      </fieldset>`;
    });
  return html`<${Drop} label="Ranges" count=${Object.keys(filter.ranges).length} content=${content} />`;
}
