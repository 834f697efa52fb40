// @ts-check
/** The grid as a heat map over any two axes, with facets by a third. */
import { useMemo } from "preact/hooks";
import { Chart } from "../../charts/chart.js";
import { column, dimensions, distinct, text } from "../../data/columns.js";
import { heatGrid, heatTable } from "../../data/heatmap.js";
import { heatHeight, heatOption } from "../../data/heatoption.js";
import { aggregates } from "../../data/statistics.js";
import { html } from "../../html.js";
import { Choice } from "./choice.js";

const mostCells = 20_000;
const mostFacets = 60;

/** Axes with more values are not chosen by themselves. */
const mostValues = 100;

/** @param {import("./parts.js").SectionProps} props */
export function Heat({ id, table, rows, score, query, setQuery, onCell }) {
  const all = dimensions(table);
  const chosen = axesOf(all, query);
  const how = /** @type {any} */ (aggregates.find((one) => one === query.get("how")) ?? "median");
  const cells = [chosen?.x, chosen?.y, chosen?.facet]
    .map((name) => (name && column(table, name)?.values) || null)
    .reduce((product, values) => product * (values ? distinct(values).length : 1), 1);
  const grid = useMemo(
    () => (chosen ? heatGrid(table, cells > mostCells ? [] : rows, { ...chosen, score, how }) : null),
    [table, rows, chosen?.x, chosen?.y, chosen?.facet, score, how],
  );
  const label = (/** @type {string | null} */ name) => (name && (column(table, name)?.label ?? name)) || "";
  const names = chosen && {
    x: label(chosen.x),
    y: chosen.y && label(chosen.y),
    score: label(score),
    how: rows.length === grid?.xs.length ? "" : how,
  };
  const option = useMemo(
    () => (/** @type {any} */ theme, /** @type {any} */ size) => heatOption(/** @type {any} */ (grid), /** @type {any} */ (names), theme, size),
    [grid, score, how],
  );
  if (!chosen || !grid || !names) return null;
  const better = column(table, score)?.better ?? "lower";
  const options = all.map((one) => ({ value: one.name, label: one.label }));
  const none = { value: "", label: "none" };
  const lacking = grid.facets.flatMap((facet) => facet.cells).filter((cell) => cell.value === null).length;
  const tooMuch =
    cells > mostCells
      ? `These axes have ${cells} cells: choose axes with fewer values.`
      : rows.length === 0
        ? "The filter leaves no trial."
        : grid.facets.length > mostFacets
          ? `More than ${mostFacets} facets: choose a facet axis with fewer values, or filter.`
          : undefined;
  const pick = (/** @type {any} */ item) => {
    if (!item.cell) return;
    if (item.cell.trials.length === 1) return onCell(item.cell.trials[0], null);
    onCell(null, [
      { name: chosen.x, value: text(grid.xs[item.cell.x]) },
      ...(chosen.y ? [{ name: chosen.y, value: text(grid.ys[item.cell.y]) }] : []),
    ]);
  };
  return html`<${Chart}
    title=${`${names.score} over the grid`}
    name=${`${id}-heatmap`}
    option=${option}
    height=${(/** @type {number} */ width) => heatHeight(grid, width)}
    table=${() => heatTable(grid, names)}
    onPick=${pick}
    empty=${tooMuch}
    note=${`★ and a thick border: the best cell; ${better} is better. A cell is the ${how} of its trials' scores over the axes that are not chosen (n = how many); a click shows its trials.${
      lacking > 0 ? ` Patterned cells (${lacking}) have no score, or none yet, and say why.` : ""
    }`}
  >
    <${Choice} label="across" value=${chosen.x} options=${options} onChange=${(/** @type {string} */ x) => setQuery({ x })} />
    <${Choice} label="down" value=${chosen.y ?? ""} options=${[none, ...options]} onChange=${(/** @type {string} */ y) => setQuery({ y: y || "none" })} />
    <${Choice} label="facets" value=${chosen.facet ?? ""} options=${[none, ...options]} onChange=${(/** @type {string} */ facet) => setQuery({ facet: facet || null })} />
    <${Choice} label="shows" value=${how} options=${aggregates.map((one) => ({ value: one, label: one }))} onChange=${(/** @type {string} */ to) => setQuery({ how: to === "median" ? null : to })} />
  <//>`;
}

/**
 * The axes that the URL names, or else the two with the most values, but not too many.
 * @param {import("../../data/columns.js").Column[]} all
 * @param {URLSearchParams} query
 */
function axesOf(all, query) {
  const named = (/** @type {string} */ key) => all.find((one) => one.name === query.get(key))?.name ?? null;
  const sized = all
    .filter((one) => one.name !== "seed" && one.name !== "nfe")
    .map((one) => ({ name: one.name, size: distinct(one.values).length }));
  // Axes that were searched over rather than laid out as a grid have about as many values as trials.
  const bySize = [
    ...sized.filter((one) => one.size <= mostValues).sort((a, b) => b.size - a.size),
    ...sized.filter((one) => one.size > mostValues).sort((a, b) => a.size - b.size),
  ];
  const x = named("x") ?? bySize.find((one) => one.name !== named("y"))?.name ?? all[0]?.name;
  if (!x) return null;
  const y =
    query.get("y") === "none"
      ? null
      : (named("y") ?? bySize.find((one) => one.name !== x && one.size > 1)?.name ?? null);
  return { x, y: y === x ? null : y, facet: named("facet") };
}
