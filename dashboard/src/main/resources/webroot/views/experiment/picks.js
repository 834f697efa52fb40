// @ts-check
/** Trials that were ticked to be compared; they stand in the address. */
import { most } from "../../data/compare.js";
import { html } from "../../html.js";
import { toast } from "../../parts/toast.js";
import { href } from "../../route.js";

/** @typedef {{id: string, chosen: Set<number>, toggle: (trial: number) => void, clear: () => void}} Picks */

/**
 * @param {string} id of the experiment
 * @param {URLSearchParams} query
 * @param {(changes: Record<string, string | string[] | null>) => void} setQuery
 * @returns {Picks}
 */
export function usePicks(id, query, setQuery) {
  const chosen = new Set(query.getAll("t").filter((one) => /^\d{1,9}$/.test(one)).map(Number));
  return {
    id,
    chosen,
    toggle: (trial) => {
      const next = new Set(chosen);
      if (!next.delete(trial)) {
        if (next.size >= most) {
          toast(`At most ${most} trials are compared at once.`);
          return;
        }
        next.add(trial);
      }
      setQuery({ t: [...next].map(String) });
    },
    clear: () => setQuery({ t: null }),
  };
}

/** @param {{picks: Picks, trial: number}} props */
export const Pick = ({ picks, trial }) => html`<input
  type="checkbox"
  class="pick-box"
  checked=${picks.chosen.has(trial)}
  aria-label=${`Compare trial ${trial}`}
  onChange=${() => picks.toggle(trial)}
/>`;

/** @param {{picks: Picks}} props */
export function CompareLink({ picks }) {
  const count = picks.chosen.size;
  if (count === 0) return html`<span class="faint">Tick trials to compare them.</span>`;
  return html`<a class="button" href=${href(["compare"], { t: [...picks.chosen].map((trial) => `${picks.id}/${trial}`) })}>
      Compare ${count === 1 ? "trial" : `${count} trials`} ${[...picks.chosen].join(", ")}
    </a>
    <button type="button" onClick=${picks.clear}>Untick</button>`;
}
