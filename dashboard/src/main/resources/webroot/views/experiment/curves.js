// @ts-check
/** Curves: where each trial's ended and was best, and the loss of those that run now. */
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { get } from "../../api.js";
import { Chart } from "../../charts/chart.js";
import { LineChart, merge } from "../../charts/line.js";
import { column, inGroups, text } from "../../data/columns.js";
import { curveEnds, curveNames, curvesOption, curvesTable } from "../../data/curves.js";
import { html } from "../../html.js";
import { Choice } from "./choice.js";

/** Running trials whose loss is shown at once. */
const mostLive = 6;

/** @param {import("./parts.js").SectionProps} props */
export function CurveEnds({ id, table, rows, query, setQuery, onTrial }) {
  const names = curveNames(table);
  const name = names.find((one) => one === query.get("curve")) ?? names[0];
  const curves = useMemo(() => (name ? curveEnds(table, rows, name) : []), [table, rows, name]);
  const option = useMemo(
    () => (/** @type {any} */ theme) => curvesOption(table, curves, name, theme),
    [curves, name],
  );
  if (!name) return html`<p class="chart-empty">No trial of this experiment has a curve to show yet. Of those that were cached, the pages of the trials show it.</p>`;
  return html`<${Chart}
    title=${`${name}: last and least value of each trial`}
    name=${`${id}-${name}`}
    option=${option}
    height=${340}
    table=${() => curvesTable(curves, name)}
    onPick=${(/** @type {any} */ item) => item.trials && onTrial(item.trials[0])}
    empty=${curves.length === 0 ? "No trial that the filter leaves has a curve yet." : undefined}
    note="A long line: the trial was better earlier than it ended."
  >
    <${Choice} label="curve" value=${name} options=${names.map((one) => ({ value: one, label: one }))} onChange=${(/** @type {string} */ curve) => setQuery({ curve })} />
  <//>`;
}

/**
 * Loss of the first trials that run, point by point as they come.
 * @param {import("./parts.js").SectionProps & {listen: (hear: (batch: any) => void) => () => void}} props
 */
export function LiveLoss({ id, table, rows, listen }) {
  const states = column(table, "state")?.values ?? [];
  const trials = column(table, "trial")?.values ?? [];
  const running = rows.filter((row) => states[row] === "RUNNING").slice(0, mostLive);
  const wanted = running.map((row) => trials[row]).join(",");
  const [curves, setCurves] = useState(/** @type {Record<string, {key: string, points: any[]}>} */ ({}));
  const keys = useRef(/** @type {Map<string, string>} */ (new Map()));

  useEffect(() => {
    let live = true;
    for (const trial of wanted.split(",").filter(Boolean)) {
      if (curves[trial]) continue;
      finetuneOf(id, Number(trial))
        .then(async (key) => {
          if (!key) return;
          const { points } = await get(`tasks/${key}/curve`);
          keys.current.set(key, trial);
          if (live) setCurves((old) => ({ ...old, [trial]: { key, points } }));
        })
        .catch(() => {});
    }
    return () => {
      live = false;
    };
  }, [id, wanted]);
  useEffect(
    () =>
      listen((batch) => {
        const trial = keys.current.get(batch.taskKey);
        if (trial === undefined) return;
        setCurves((old) => ({
          ...old,
          [trial]: { key: batch.taskKey, points: [...(old[trial]?.points ?? []), ...batch.points] },
        }));
      }),
    [listen],
  );

  const shown = running.filter((row) => curves[trials[row]]?.points.some((point) => point.name === "loss"));
  const data = useMemo(
    () =>
      merge(
        shown.map((row) =>
          curves[trials[row]].points
            .filter((point) => point.name === "loss")
            .map((point) => ({ x: point.step, y: point.value })),
        ),
      ),
    [curves, wanted],
  );
  if (shown.length === 0) return null;
  const axes = inGroups(table, "axis");
  return html`<${LineChart}
    title="Loss of trials that run now (unbiased MMD², may be negative)"
    x="step"
    y="loss"
    data=${data}
    series=${shown.map((row) => ({
      label: `${trials[row]}: ${axes.map((axis) => text(axis.values[row])).join(", ")}`,
    }))}
  />`;
}

/**
 * Key of the task that finetunes a trial.
 * @param {string} id
 * @param {number} trial
 * @returns {Promise<string | undefined>}
 */
async function finetuneOf(id, trial) {
  const after = trial > 0 ? `&after=${trial - 1}` : "";
  const page = await get(`experiments/${encodeURIComponent(id)}/trials?limit=1${after}`);
  return page.items[0]?.tasks?.finetune;
}
