// @ts-check
import { html } from "../html.js";

const order = ["SUCCEEDED", "CACHED", "RUNNING", "QUEUED", "PENDING", "FAILED", "CANCELLED"];

/**
 * How many tasks are in which state, as a bar with its words.
 * @param {{counts: Record<string, number>}} props
 */
export function StateBar({ counts }) {
  const total = Object.values(counts).reduce((sum, n) => sum + n, 0);
  if (total === 0) return html`<span>–</span>`;
  const parts = order.filter((state) => counts[state]);
  const text = parts.map((state) => `${counts[state]} ${state.toLowerCase()}`).join(", ");
  return html`<span class="bar" role="img" aria-label=${text} title=${text}>
      ${parts.map(
        (state) =>
          html`<span data-state=${state} style=${{ flexGrow: counts[state] }}></span>`,
      )}
    </span>
    <span class="counts">${text}</span>`;
}
