// @ts-check
/** Throughput and utilisation over time, by Prometheus or by the process's own meters. */
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { get } from "../api.js";
import { Chart } from "../charts/chart.js";
import { lastValues, panelOption, panelPath, panelTable, rangeOf, ranges } from "../data/panels.js";
import { html } from "../html.js";
import { ErrorBox, Loading } from "../parts/empty.js";
import { route, setQuery } from "../route.js";

/** The server's own samples reach back so far. */
const ownSeconds = 6 * 3600;

const sources = {
  prometheus: "From Prometheus, asked by the server.",
  process: "From this server process's own meters.",
};

/** @param {{pulse: number}} props pulse: another number when the state has changed */
export function Panels({ pulse }) {
  const [known, setKnown] = useState(/** @type {any} */ (null));
  const [problem, setProblem] = useState("");
  const [missing, setMissing] = useState(false);
  const range = rangeOf(route.value.query.get("range"));
  const load = () =>
    get("panels").then(
      (answer) => {
        setKnown(answer);
        setProblem("");
      },
      (error) => (error.status === 404 ? setMissing(true) : setProblem(error.message)),
    );
  useEffect(() => void load(), []);
  return html`<section aria-labelledby="panels">
    <div class="panels-head">
      <h2 id="panels">Over time</h2>
      <label class="choice">
        The last
        <select value=${range.id} onChange=${(/** @type {any} */ event) => setQuery({ range: event.target.value })}>
          ${ranges.filter((one) => one.id === range.id || known?.source !== "process" || one.seconds <= ownSeconds).map((one) => html`<option key=${one.id} value=${one.id}>${one.label}</option>`)}
        </select>
      </label>
    </div>
    ${problem && html`<${ErrorBox} text=${problem} retry=${load} />`}
    ${
      missing
        ? html`<p class="faint">This server tells nothing over time. Its meters of now are at <a href="metrics">/metrics</a>.</p>`
        : known === null
          ? !problem && html`<${Loading} height=${300} label="Loading the panels" />`
          : html`
            <p class="panels-source">
              <b>${sources[/** @type {keyof typeof sources} */ (known.source)] ?? known.source}</b> ${known.note ?? ""}
            </p>
            <div class="charts">
              ${known.panels.map((/** @type {any} */ panel) => html`<${Panel} key=${`${panel.id}/${range.id}`} panel=${panel} range=${range} pulse=${pulse} />`)}
            </div>
          `
    }
  </section>`;
}

/** @param {{panel: any, range: {id: string, seconds: number, step: number}, pulse: number}} props */
function Panel({ panel, range, pulse }) {
  const [answer, setAnswer] = useState(/** @type {any} */ (null));
  const [problem, setProblem] = useState("");
  const read = useRef(0);
  const path = useRef("");
  useEffect(() => {
    const now = Date.now();
    // Points are no closer than a step: asking more often would bring the same ones.
    if (now - read.current < Math.max(5, range.step) * 1000) return;
    read.current = now;
    path.current = panelPath(panel.id, range, now);
    get(path.current).then(
      (found) => {
        setAnswer(found);
        setProblem("");
      },
      (error) => setProblem(error.message),
    );
  }, [pulse, range.id]);
  const series = answer?.series ?? [];
  const empty = answer !== null && series.every((/** @type {any} */ one) => one.points.length === 0);
  const option = useMemo(
    () => (/** @type {any} */ theme, /** @type {any} */ size) => panelOption(panel, series, theme, size),
    [answer],
  );
  const now = lastValues(panel, series);
  return html`<${Chart}
    title=${panel.title}
    option=${option}
    height=${220}
    name=${`fewstep-${panel.id}`}
    table=${() => panelTable(panel, series)}
    empty=${problem ? html`<p>${problem}</p>` : answer === null ? "Loading …" : empty ? "Nothing was measured in this time." : undefined}
    note=${html`${panel.help}${panel.help && !/[.!?]$/.test(panel.help) ? "." : ""} ${now && html`<span title=${`from /api/v1/${path.current}`}>Last: ${now}.</span>`}`}
  />`;
}
