// @ts-check
/** Short messages at the edge of the page, with a way back where there is one. */
import { signal } from "@preact/signals";
import { html } from "../html.js";

/**
 * @typedef {{id: number, text: any, kind: "info" | "problem", undo?: () => void | Promise<any>,
 *   undoLabel: string, timer?: ReturnType<typeof setTimeout>, until: number}} Shown
 */

/** @type {import("@preact/signals").Signal<Shown[]>} */
const shown = signal([]);
let last = 0;
const most = 4;

/**
 * @param {any} text
 * @param {{undo?: () => void | Promise<any>, undoLabel?: string, kind?: "info" | "problem", seconds?: number}} [how]
 *     undo: takes back what the text tells; with it the message stays longer. A problem stays until
 *     it is closed.
 * @returns {() => void} closes it
 */
export function toast(text, how = {}) {
  const id = ++last;
  const kind = how.kind ?? "info";
  const millis = 1000 * (how.seconds ?? (kind === "problem" ? 0 : how.undo ? 12 : 5));
  /** @type {Shown} */
  const one = { id, text, kind, undo: how.undo, undoLabel: how.undoLabel ?? "Undo", until: millis };
  shown.value = [...shown.value.slice(1 - most), one];
  wait(one);
  return () => close(id);
}

/** @param {Shown} one */
function wait(one) {
  if (one.until > 0) one.timer = setTimeout(() => close(one.id), one.until);
}

/** @param {number} id */
function close(id) {
  clearTimeout(shown.peek().find((one) => one.id === id)?.timer);
  shown.value = shown.peek().filter((one) => one.id !== id);
}

/** All messages of now; the frame of the page has one. A pointer or the focus on them holds them. */
export function Toasts() {
  const hold = () => shown.peek().forEach((one) => clearTimeout(one.timer));
  const release = () => shown.peek().forEach(wait);
  const undo = (/** @type {Shown} */ one) => async () => {
    close(one.id);
    try {
      await one.undo?.();
    } catch (error) {
      toast(`Not taken back: ${error instanceof Error ? error.message : error}`, { kind: "problem" });
    }
  };
  return html`<section
    class="toasts"
    aria-label="Messages"
    aria-live="polite"
    onMouseEnter=${hold}
    onMouseLeave=${release}
    onFocusIn=${hold}
    onFocusOut=${release}
  >
    ${shown.value.map(
      (one) =>
        html`<div class="toast" key=${one.id} data-kind=${one.kind} role=${one.kind === "problem" ? "alert" : undefined}>
          <span>${one.text}</span>
          ${one.undo && html`<button type="button" class="button" onClick=${undo(one)}>${one.undoLabel}</button>`}
          <button type="button" class="button icon" aria-label="Close the message" onClick=${() => close(one.id)}>✕</button>
        </div>`,
    )}
  </section>`;
}
