// @ts-check
/**
 * One experiment: its grid as a heat map, scores against NFE and cost, parallel coordinates, the
 * trials, the leaderboard. One filter, written in the URL, holds for all of them.
 */
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { column, scores } from "../data/columns.js";
import { apply, changes, parse, toggle } from "../data/filter.js";
import { html } from "../html.js";
import { href, route, setQuery } from "../route.js";
import { Choice } from "./experiment/choice.js";
import { CurveEnds, LiveLoss } from "./experiment/curves.js";
import { Downloads, Head } from "./experiment/facts.js";
import { Filters } from "./experiment/filters.js";
import { Heat } from "./experiment/heat.js";
import { Parallel } from "./experiment/lines.js";
import { useExperiment } from "./experiment/load.js";
import { Nfe, Pareto } from "./experiment/points.js";
import { Leaderboard, Rungs } from "./experiment/ranking.js";
import { Trials } from "./experiment/trials.js";

/** @param {{id: string}} props */
export function Experiment({ id }) {
  const hearers = useRef(/** @type {Set<(batch: any) => void>} */ (new Set()));
  const { experiment, table, base, problem, version, reload } = useExperiment(id, (batch) =>
    hearers.current.forEach((hear) => hear(batch)),
  );
  const [listen] = useState(() => (/** @type {(batch: any) => void} */ hear) => {
    hearers.current.add(hear);
    return () => hearers.current.delete(hear);
  });
  const { query } = route.value;
  const asked = parse(query);
  const filter = useMemo(() => asked, [JSON.stringify(asked)]);
  const rows = useMemo(() => (table ? apply(table, filter) : []), [table, filter]);

  document.title = `${experiment?.name ?? id} – fewstep`;
  if (experiment === null || table === null) {
    return html`<h1>${id}</h1>
      ${problem
        ? html`<${Broken} text=${problem} retry=${reload} /><p><a href=${href([])}>All experiments</a></p>`
        : html`<p class="experiment-waits" role="status">Loading the experiment …</p>`}`;
  }
  const all = scores(table);
  const score = all.find((one) => one.name === query.get("score"))?.name ?? all[0]?.name ?? "";
  const trials = column(table, "trial")?.values ?? [];
  const onFilter = (/** @type {import("../data/filter.js").Filter} */ next) =>
    setQuery(changes(next, route.value.query));
  const onTrial = (/** @type {number} */ row) => {
    location.hash = href(["experiments", id, "trials", String(trials[row])]);
  };
  const shared = {
    id,
    experiment,
    table,
    base,
    filter,
    rows,
    score,
    query,
    setQuery,
    onFilter,
    onTrial,
    onCell: (/** @type {number | null} */ row, /** @type {{name: string, value: string}[] | null} */ values) => {
      if (row !== null) return onTrial(row);
      onFilter(
        (values ?? []).reduce(
          (next, { name, value }) =>
            next.values[name]?.includes(value) ? next : toggle({ ...next, values: { ...next.values, [name]: [] } }, name, value),
          filter,
        ),
      );
    },
  };
  const tabs = [
    { id: "grid", label: "Grid" },
    { id: "leaderboard", label: "Leaderboard" },
    ...((experiment.rungs ?? []).length > 0 ? [{ id: "rungs", label: "Rungs" }] : []),
    { id: "curves", label: "Curves" },
  ];
  const tab = tabs.find((one) => one.id === query.get("tab"))?.id ?? "grid";
  return html`
    <${Head} id=${id} experiment=${experiment} table=${table} onDone=${reload} />
    ${problem && html`<${Broken} text=${problem} retry=${reload} />`}
    <${Filters} table=${table} filter=${filter} shown=${rows.length} onFilter=${onFilter} />
    <nav class="experiment-tabs" aria-label="Views of the experiment">
      ${tabs.map(
        (one) =>
          html`<a
            key=${one.id}
            href=${href(route.value.path, tabQuery(query, one.id))}
            aria-current=${one.id === tab ? "page" : undefined}
            >${one.label}</a
          >`,
      )}
    </nav>
    <div>
      <div class="section-controls">
        ${all.length > 0 &&
        tab !== "rungs" &&
        html`<${Choice}
          label="score"
          value=${score}
          options=${all.map((one) => ({ value: one.name, label: one.label }))}
          onChange=${(/** @type {string} */ to) => setQuery({ score: to })}
        />`}
        <${Downloads} id=${id} />
      </div>
      ${tab === "grid" && html`<${GridTab} shared=${shared} />`}
      ${tab === "leaderboard" && html`<${Leaderboard} ...${shared} version=${version} />`}
      ${tab === "rungs" && html`<${Rungs} experiment=${experiment} />`}
      ${tab === "curves" &&
      html`<div class="charts charts-single">
        <${LiveLoss} ...${shared} listen=${listen} />
        <${CurveEnds} ...${shared} />
      </div>`}
    </div>
  `;
}

/**
 * The query of another tab: the same filter and choices.
 * @param {URLSearchParams} query
 * @param {string} tab
 */
function tabQuery(query, tab) {
  const next = new URLSearchParams(query);
  if (tab === "grid") next.delete("tab");
  else next.set("tab", tab);
  return next;
}

/** @param {{text: string, retry: () => void}} props */
function Broken({ text, retry }) {
  return html`<p class="problem" role="alert">
    ${text} <button type="button" class="button" onClick=${retry}>Try again</button>
  </p>`;
}

/**
 * A value some time after it stopped changing.
 * @template T
 * @param {T} value
 * @param {number} millis
 * @returns {T}
 */
function useCalm(value, millis) {
  const [calm, setCalm] = useState(value);
  useEffect(() => {
    if (calm === value) return;
    const timer = setTimeout(() => setCalm(value), millis);
    return () => clearTimeout(timer);
  }, [value]);
  return calm;
}

/** @param {{shared: import("./experiment/parts.js").SectionProps}} props */
function GridTab({ shared }) {
  const { score, rows, table, filter } = shared;
  // The table follows at once; each chart a moment later in a task of its own, so that nothing waits.
  const heat = useCalm(rows, 60);
  const nfe = useCalm(rows, 120);
  const pareto = useCalm(rows, 180);
  const parallel = useCalm(filter, 240);
  return html`
    ${score === ""
      ? html`<p class="chart-empty">
          No trial has a score yet. The charts appear with the first one; the trials below show how
          far each is.
        </p>`
      : html`<div class="charts">
          <div class="chart-wide"><${Heat} ...${shared} rows=${heat} /></div>
          <${Nfe} ...${shared} rows=${nfe} />
          <${Pareto} ...${shared} rows=${pareto} />
          <div class="chart-wide"><${Parallel} ...${shared} filter=${parallel} /></div>
        </div>`}
    <h2>Trials${rows.length < table.count ? html` <span class="faint">(${rows.length} of ${table.count})</span>` : ""}</h2>
    <${Trials} ...${shared} />
  `;
}
