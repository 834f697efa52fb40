// @ts-check
/** The leaderboard with its protocol, and the rungs of an experiment that halves its trials. */
import { useEffect, useState } from "preact/hooks";
import { get } from "../../api.js";
import { column, spaceOf, text } from "../../data/columns.js";
import { number, ratio } from "../../format.js";
import { html } from "../../html.js";
import { Choice } from "./choice.js";
import { CompareLink, Pick, usePicks } from "./picks.js";

/** @param {import("./parts.js").SectionProps & {version: number}} props */
export function Leaderboard({ id, table, rows, score, version, query, setQuery, onTrial }) {
  const [board, setBoard] = useState(/** @type {any} */ (null));
  const [problem, setProblem] = useState("");
  const asked = query.get("space") ?? (score.includes(":") ? spaceOf(score) : "");
  const path = `experiments/${encodeURIComponent(id)}/leaderboard?limit=500${asked ? `&space=${encodeURIComponent(asked)}` : ""}`;
  useEffect(() => {
    let live = true;
    get(path).then(
      (found) => live && (setBoard(found), setProblem("")),
      (error) => live && setProblem(error.message),
    );
    return () => {
      live = false;
    };
  }, [path, version]);
  if (problem && !board) return html`<p class="problem" role="alert">${problem}</p>`;
  if (!board) return html`<p class="faint">Loading the leaderboard …</p>`;
  const picks = usePicks(id, query, setQuery);
  const trials = column(table, "trial")?.values ?? [];
  const shown = new Map(rows.map((row) => [trials[row], row]));
  const items = board.items.filter((/** @type {any} */ one) => one.trials.some((/** @type {number} */ trial) => shown.has(trial)));
  const axes = [...new Set(board.items.flatMap((/** @type {any} */ one) => Object.keys(one.values)))];
  return html`
    <div class="section-controls">
      <${Choice}
        label="scored in"
        value=${board.space}
        options=${board.spaces.map((/** @type {string} */ one) => ({ value: one, label: one === board.trainedSpace ? `${one} (trained in)` : `${one} (held out)` }))}
        onChange=${(/** @type {string} */ space) => setQuery({ space })}
      />
      <${CompareLink} picks=${picks} />
      <span class="filter-count" role="status">${items.length} of ${board.items.length} rows</span>
    </div>
    <p class="protocol">
      Protocol: <code>${board.protocol}</code>. Two scores compare only under the same protocol.
      ${board.space === board.trainedSpace &&
      html` <b>This space was trained in</b>: a held-out space is the honest judge.`}
    </p>
    ${problem && html`<p class="problem" role="alert">${problem}</p>`}
    ${items.length === 0
      ? html`<p class="faint">No trial that the filter leaves has a score in this space yet.</p>`
      : html`<div class="scroll" tabindex="0" role="region" aria-label="Leaderboard">
          <table>
            <thead>
              <tr>
                <th scope="col" class="number">Rank</th>
                ${axes.map((axis) => html`<th scope="col">${axis}</th>`)}
                <th scope="col" class="number">NFE</th>
                <th scope="col" class="number">FD (mean)</th>
                <th scope="col" class="number">95 % ±</th>
                <th scope="col" class="number">least to greatest</th>
                <th scope="col" class="number">Seeds</th>
                <th scope="col" class="number">Baseline</th>
                <th scope="col" class="number">Ratio</th>
                <th scope="col">Trials</th>
              </tr>
            </thead>
            <tbody>
              ${items.map((/** @type {any} */ one) => html`<${Row} key=${one.rank} one=${one} axes=${axes} shown=${shown} onTrial=${onTrial} path=${path} picks=${picks} />`)}
            </tbody>
          </table>
        </div>`}
  `;
}

/** @param {{one: any, axes: any[], shown: Map<number, number>, onTrial: (row: number) => void, path: string, picks: import("./picks.js").Picks}} props */
function Row({ one, axes, shown, onTrial, path, picks }) {
  const seeds = one.overSeeds ?? {};
  const several = seeds.count > 1;
  return html`<tr>
    <th scope="row" class="number">${one.rank}</th>
    ${axes.map((axis) => html`<td>${text(one.values[axis])}</td>`)}
    <td class="number">${number(one.nfe)}</td>
    <td class="number" title=${`score ${one.score}, from ${path}`}>${number(one.score)}</td>
    <td class="number">${number(seeds.halfWidth)}</td>
    <td class="number">${several ? `${number(seeds.least)} to ${number(seeds.greatest)}` : "–"}</td>
    <td class="number">${seeds.count ?? 1}</td>
    <td class="number">${number(one.baseline)}</td>
    <td class="number">${ratio(one.score, one.baseline)}</td>
    <td>
      ${one.trials.map((/** @type {number} */ trial) =>
        shown.has(trial)
          ? html`<span class="ranked"><${Pick} picks=${picks} trial=${trial} /><button type="button" onClick=${() => onTrial(/** @type {number} */ (shown.get(trial)))} aria-label=${`Trial ${trial}`}>${trial}</button></span> `
          : html`<span class="faint" title="left out by the filter">${trial}</span> `,
      )}
    </td>
  </tr>`;
}

/** @param {{experiment: any}} props */
export function Rungs({ experiment }) {
  const rungs = /** @type {any[]} */ (experiment.rungs ?? []);
  const most = Math.max(1, ...rungs.map((one) => one.trials));
  return html`
    <p class="faint">
      Successive halving: a trial that others of its rung are better than by validation MMD is
      stopped there; the rest go on to more iterations.
    </p>
    <div class="scroll" tabindex="0" role="region" aria-label="Rungs">
      <table>
        <thead>
          <tr>
            <th scope="col">Rung</th>
            <th scope="col" class="number">Iterations</th>
            <th scope="col">Trials</th>
            <th scope="col" class="number">Completed</th>
            <th scope="col" class="number">Failed</th>
            <th scope="col" class="number">Promoted</th>
            <th scope="col" class="number">Best validation MMD</th>
          </tr>
        </thead>
        <tbody>
          ${rungs.map(
            (one) =>
              html`<tr key=${one.rung}>
                <th scope="row">${one.rung}</th>
                <td class="number">${one.iterations}</td>
                <td>
                  <span class="rung-bar" aria-hidden="true"><span style=${{ width: `${(100 * one.trials) / most}%` }}></span></span>
                  ${one.trials}
                </td>
                <td class="number">${one.completed}</td>
                <td class="number">${one.failed}</td>
                <td class="number">${one.promoted}</td>
                <td class="number" title=${one.best ?? undefined}>${number(one.best)}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
  `;
}
