// @ts-check
import { html } from "../html.js";

/** A shape for each state, so that colour is not needed to tell them apart. */
const shapes = {
  SUCCEEDED: "✓",
  CACHED: "⟲",
  RUNNING: "▶",
  PLANNING: "▷",
  QUEUED: "◷",
  PENDING: "○",
  WAITING: "○",
  PAUSED: "⏸︎",
  FAILED: "✕",
  CANCELLED: "⊘",
  STOPPED: "■",
  DRAINING: "▽",
  LOST: "?",
};

/**
 * A state with its shape, its colour and its word.
 * @param {{state: string | null | undefined, title?: string}} props
 */
export function StateBadge({ state, title }) {
  if (!state) return html`<span class="faint">–</span>`;
  const shape = shapes[/** @type {keyof typeof shapes} */ (state)] ?? "•";
  return html`<span class="state" data-state=${state} title=${title}
    ><span class="state-shape" aria-hidden="true">${shape}</span>${state.toLowerCase()}</span
  >`;
}
