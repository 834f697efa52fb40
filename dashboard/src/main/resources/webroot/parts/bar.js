// @ts-check
import { html } from "../html.js";

/** States in the order that bars show them: done, going on, to come, gone wrong. */
const order = ["SUCCEEDED", "CACHED", "RUNNING", "QUEUED", "PENDING", "FAILED", "CANCELLED", "STOPPED"];

/**
 * How many are in which state, as a bar (colour and pattern) with its words.
 * @param {{counts: Record<string, number>, words?: boolean}} props words: false leaves them to the
 *     tooltip and to readers of screens
 */
export function StateBar({ counts, words = true }) {
  const parts = order.filter((state) => counts[state] > 0);
  if (parts.length === 0) return html`<span class="faint">nothing yet</span>`;
  const text = parts.map((state) => `${counts[state]} ${state.toLowerCase()}`).join(", ");
  return html`<span class="statebar">
    <span class="bar" role="img" aria-label=${text} title=${text}>
      ${parts.map(
        (state) =>
          html`<span key=${state} data-state=${state} style=${{ flexGrow: counts[state] }}></span>`,
      )}
    </span>
    ${words && html`<span class="counts" aria-hidden="true">${text}</span>`}
  </span>`;
}
