// @ts-check
/** What narrows the list: it lives in the address, and named views keep it. */
import { useEffect, useState } from "preact/hooks";
import { get } from "../../api.js";
import { filtered, states, viewsOf, viewText, withView } from "../../data/experiments.js";
import { html } from "../../html.js";
import { Confirm } from "../../parts/dialog.js";
import { Menu } from "../../parts/menu.js";
import { go, href, route, setQuery } from "../../route.js";

const kept = "fewstep.views";
const pause = 250;

/** @param {{items: any[]}} props items: those that are shown, of which projects are known */
export function Filters({ items }) {
  const { query } = route.value;
  const [projects, setProjects] = useState(/** @type {string[]} */ ([]));
  useEffect(() => {
    get("projects").then(
      (answer) => setProjects(answer.items.map((/** @type {any} */ one) => one.name)),
      () => {}, // Those of the experiments that are shown are known anyway.
    );
  }, []);
  const names = [...new Set([...projects, ...items.map((one) => one.project), query.get("project")])]
    .filter((one) => typeof one === "string" && one !== "")
    .sort();
  const chosen = (query.get("state") ?? "").split(",").filter(Boolean);
  return html`<div class="list-filters" role="search">
    <label class="list-field list-search">
      <span>Search</span>
      <${Search} value=${query.get("q") ?? ""} part="q" id="search" hint="id, project, person or label" />
    </label>
    <label class="list-field">
      <span>Project</span>
      <select
        value=${query.get("project") ?? ""}
        onChange=${(/** @type {any} */ event) => setQuery({ project: event.target.value || null })}
      >
        <option value="">all</option>
        ${names.map((one) => html`<option key=${one} value=${one}>${one}</option>`)}
      </select>
    </label>
    <label class="list-field">
      <span>Label</span>
      <${Search} value=${query.get("label") ?? ""} part="label" hint="name=value" />
    </label>
    <div class="list-field">
      <span id="states">State</span>
      <${Menu}
        name="States that are shown"
        label=${chosen.length === 0 ? "all" : chosen.map((one) => one.toLowerCase()).join(", ")}
        items=${states.map((state) => ({
          label: state.toLowerCase(),
          checked: chosen.includes(state),
          onSelect: () =>
            setQuery({
              state: states.filter((one) => (one === state) !== chosen.includes(one)).join(",") || null,
            }),
        }))}
      />
    </div>
    <${Views} />
    ${
      filtered(query) &&
      html`<button
        type="button"
        class="button"
        onClick=${() => setQuery({ q: null, project: null, label: null, state: null })}
      >
        Clear
      </button>`
    }
  </div>`;
}

/** @param {{value: string, part: string, hint: string, id?: string}} props */
function Search({ value, part, hint, id }) {
  const [text, setText] = useState(value);
  useEffect(() => setText(value), [value]);
  useEffect(() => {
    if (text === value) return;
    const timer = setTimeout(() => setQuery({ [part]: text.trim() || null }), pause);
    return () => clearTimeout(timer);
  }, [text]);
  return html`<input
    type="search"
    id=${id}
    value=${text}
    placeholder=${hint}
    onInput=${(/** @type {any} */ event) => setText(event.target.value)}
  />`;
}

/** The views that this browser keeps by name. */
function Views() {
  const { query } = route.value;
  const [views, setViews] = useState(() => viewsOf(localStorage.getItem(kept)));
  const now = viewText(query);
  /** @param {{name: string, query: string}[]} next */
  const keep = (next) => {
    localStorage.setItem(kept, JSON.stringify(next));
    setViews(next);
  };
  const [name, setName] = useState(/** @type {string | null} */ (null));
  const here = views.find((one) => one.query === now);
  return html`<div class="list-field">
    <span>View</span>
    <${Menu}
      name="Views"
      label=${here?.name ?? (now === "" ? "all" : "unnamed")}
      items=${[
        { label: "All experiments", onSelect: () => go(href([])) },
        ...views.map((one) => ({
          label: one.name,
          checked: one.query === now,
          onSelect: () => go(href([], new URLSearchParams(one.query))),
        })),
        now !== "" && !here && { label: "Keep this view …", onSelect: () => setName("") },
        here && {
          label: `Forget “${here.name}”`,
          danger: true,
          onSelect: () => keep(views.filter((one) => one !== here)),
        },
      ]}
    />
    <${Confirm}
      open=${name !== null}
      title="Keep this view"
      text="This browser keeps the filters and the order under a name. The address of the page does for others."
      confirm="Keep"
      disabled=${!name?.trim()}
      onConfirm=${() => keep(withView(views, (name ?? "").trim(), now))}
      onClose=${() => setName(null)}
    >
      <label class="list-field">
        <span>Name</span>
        <input value=${name ?? ""} maxlength="60" autofocus onInput=${(/** @type {any} */ event) => setName(event.target.value)} />
      </label>
    <//>
  </div>`;
}
