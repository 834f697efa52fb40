// @ts-check
/** The list of experiments: searched, filtered, sorted, a page at a time, live. */
import { useEffect, useRef, useState } from "preact/hooks";
import { get } from "../api.js";
import { columns, direction, filtered, first, joined, listPath, nextSort, pageSize } from "../data/experiments.js";
import { html } from "../html.js";
import { follow } from "../live.js";
import { Empty, ErrorBox, Loading } from "../parts/empty.js";
import { paced } from "../parts/paced.js";
import { route, setQuery } from "../route.js";
import { Filters } from "./list/filters.js";
import { Row } from "./list/row.js";

/** Changes of the state between two readings of the list, in milliseconds. */
const settle = 1500;

/** Every experiment, newest first unless the address says otherwise. */
export function Experiments() {
  const { query } = route.value;
  const [items, setItems] = useState(/** @type {any[] | null} */ (null));
  const [next, setNext] = useState(/** @type {string | undefined} */ (undefined));
  const [problem, setProblem] = useState("");
  const asked = listPath(query);
  // rows: how many are wanted, which reading again must not make fewer
  const shown = useRef({ rows: pageSize, turn: 0 });

  /** Reads what is shown anew, and gives way to whatever is asked for later. */
  const load = async () => {
    const turn = ++shown.current.turn;
    const asking = route.peek().query;
    try {
      const page = await first((part) => get(listPath(asking, part)), shown.current.rows);
      if (turn !== shown.current.turn) return;
      setItems(page.items);
      setNext(page.next);
      setProblem("");
    } catch (error) {
      if (turn === shown.current.turn) setProblem(/** @type {Error} */ (error).message);
    }
  };
  const more = async () => {
    const turn = ++shown.current.turn;
    shown.current.rows += pageSize;
    try {
      const page = await get(listPath(query, { after: next }));
      // Else the rows come with what was asked for meanwhile.
      if (turn !== shown.current.turn) return;
      setItems((before) => joined(before ?? [], page.items));
      setNext(page.next);
      setProblem("");
    } catch (error) {
      if (turn === shown.current.turn) setProblem(/** @type {Error} */ (error).message);
    }
  };

  useEffect(() => {
    document.title = "Experiments – fewstep";
  }, []);
  useEffect(() => {
    shown.current.rows = pageSize;
    load();
  }, [asked]);
  useEffect(() => {
    let here = true;
    const stop = follow(undefined, { onState: paced(async () => (here ? load() : undefined), settle) });
    return () => {
      here = false;
      stop();
    };
  }, []);

  return html`
    <h1>Experiments</h1>
    <${Filters} items=${items ?? []} />
    ${problem && html`<${ErrorBox} text=${problem} retry=${load} />`}
    ${
      items === null
        ? !problem && html`<${Loading} height=${420} label="Loading the experiments" />`
        : items.length === 0
          ? html`<${Nothing} narrowed=${filtered(query)} />`
          : html`<${Table} items=${items} sort=${query.get("sort")} from=${asked} />
            <p class="list-foot" role="status">
              ${items.length}${next ? " of more" : ""} ${items.length === 1 ? "experiment" : "experiments"}
              ${next && html`<button type="button" class="button" onClick=${more}>Show more</button>`}
            </p>`
    }
  `;
}

/** @param {{narrowed: boolean}} props */
function Nothing({ narrowed }) {
  return narrowed
    ? html`<${Empty} title="No experiment fits" text="Nothing has all that is asked for above.">
        <p>
          <button
            type="button"
            class="button"
            onClick=${() => setQuery({ q: null, project: null, label: null, state: null })}
          >
            Show all
          </button>
        </p>
      <//>`
    : html`<${Empty}
        title="Nothing has been submitted yet"
        text="An experiment is a grid of finetunes and their evaluations, written down in a few lines of YAML."
      >
        <p><a class="button primary" href="#/submit">Submit the first one</a></p>
        <p>or <code>fewstep submit FILE --watch</code></p>
      <//>`;
}

/** @param {{items: any[], sort: string | null, from: string}} props */
function Table({ items, sort, from }) {
  return html`<div class="scroll">
    <table class="list">
      <caption class="hidden">Experiments</caption>
      <thead>
        <tr>
          ${columns.map(
            (column) =>
              html`<th
                key=${column.id}
                scope="col"
                class=${column.number ? "number" : ""}
                aria-sort=${direction(sort, column)}
              >
                ${
                  column.sort
                    ? html`<button
                        type="button"
                        class="sort"
                        onClick=${() => setQuery({ sort: nextSort(sort, column) })}
                      >
                        ${column.label}<span class="sort-mark" aria-hidden="true"
                          >${marks[direction(sort, column) ?? "none"]}</span
                        >
                      </button>`
                    : column.label
                }
              </th>`,
          )}
        </tr>
      </thead>
      <tbody>
        ${items.map((item) => html`<${Row} key=${item.id} item=${item} from=${from} />`)}
      </tbody>
    </table>
  </div>`;
}

const marks = { ascending: "▲", descending: "▼", none: "" };
