// @ts-check
/** One experiment of the list. */
import { bestText } from "../../data/experiments.js";
import { when } from "../../format.js";
import { html } from "../../html.js";
import { StateBadge } from "../../parts/badge.js";
import { StateBar } from "../../parts/bar.js";
import { Num } from "../../parts/num.js";
import { href, setQuery } from "../../route.js";

/** @param {{item: any, from: string}} props from: the API's address of the list */
export function Row({ item, from }) {
  const labels = Object.entries(item.labels ?? {});
  return html`<tr>
    <th scope="row" class="list-name">
      <a href=${href(["experiments", item.id])} title=${item.id}>${item.name}</a>
      <span class="faint list-id">${item.id.slice(item.name.length)}</span>
      ${
        labels.length > 0 &&
        html`<span class="list-labels">
          ${labels.map(
            ([name, value]) =>
              html`<button
                type="button"
                class="list-label"
                key=${name}
                title=${`Only experiments with ${name}=${value}`}
                onClick=${() => setQuery({ label: `${name}=${value}` })}
              >
                ${name}=${value}
              </button>`,
          )}
        </span>`
      }
    </th>
    <td>${item.project}</td>
    <td>
      <${StateBadge} state=${item.paused && item.state === "RUNNING" ? "PAUSED" : item.state} />
      ${item.priority !== 50 && html`<span class="faint"> priority ${item.priority}</span>`}
    </td>
    <td><${StateBar} counts=${item.tasks ?? {}} words=${false} /></td>
    <td class="number"><${Num} value=${item.trials} digits=${9} from=${from} /></td>
    <td>
      ${
        item.best
          ? html`<a href=${href(["experiments", item.id, "trials", item.best.trial])}
                ><${Num} value=${item.best.score} digits=${4} from=${from}
              /></a>
              <span class="faint list-best">${bestText(item.best)}</span>`
          : html`<span class="faint">–</span>`
      }
    </td>
    <td class="number"><${Num} value=${item.deviceSeconds} unit="s" from=${from} /></td>
    <td>${item.submittedBy ?? "–"}</td>
    <td><time datetime=${item.submittedAt}>${when(item.submittedAt)}</time></td>
  </tr>`;
}
