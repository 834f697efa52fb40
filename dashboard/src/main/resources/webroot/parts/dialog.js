// @ts-check
/** Questions before something happens, in the browser's own dialog. */
import { signal } from "@preact/signals";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { html } from "../html.js";

/**
 * A dialog over the page. Escape and a click beside it close it; the focus goes back to where it was.
 * @param {{open: boolean, title: any, onClose: () => void, children?: any, wide?: boolean}} props
 */
export function Dialog({ open, title, onClose, children, wide }) {
  const id = useId();
  const box = useRef(/** @type {HTMLDialogElement | null} */ (null));
  useEffect(() => {
    if (!open || !box.current) return;
    const element = box.current;
    const before = /** @type {HTMLElement | null} */ (document.activeElement);
    element.showModal();
    return () => {
      element.close();
      if (before?.isConnected) before.focus();
    };
  }, [open]);
  if (!open) return null;
  return html`<dialog
    class=${wide ? "dialog dialog-wide" : "dialog"}
    ref=${box}
    aria-labelledby=${id}
    onCancel=${(/** @type {Event} */ event) => {
      event.preventDefault();
      onClose();
    }}
    onClick=${(/** @type {MouseEvent} */ event) => event.target === box.current && onClose()}
  >
    <div class="dialog-body">
      <div class="dialog-head">
        <h2 id=${id}>${title}</h2>
        <button type="button" class="button icon" aria-label="Close" onClick=${onClose}>✕</button>
      </div>
      ${children}
    </div>
  </dialog>`;
}

/**
 * Asks before something is done; waits while it is being done and shows what went wrong.
 * @param {{
 *   open: boolean,
 *   title: any,
 *   text?: any,
 *   confirm: string,
 *   danger?: boolean,
 *   disabled?: boolean,
 *   onConfirm: () => void | Promise<any>,
 *   onClose: () => void,
 *   children?: any,
 * }} props confirm: the word on the button, a verb; onClose: also called after onConfirm is done
 */
export function Confirm({ open, title, text, confirm, danger, disabled, onConfirm, onClose, children }) {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState("");
  useEffect(() => setProblem(""), [open]);
  const run = async (/** @type {Event} */ event) => {
    event.preventDefault();
    setBusy(true);
    setProblem("");
    try {
      await onConfirm();
      onClose();
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    } finally {
      setBusy(false);
    }
  };
  return html`<${Dialog} open=${open} title=${title} onClose=${() => !busy && onClose()}>
    <form onSubmit=${run}>
      ${text && html`<p>${text}</p>`} ${children}
      ${problem && html`<p class="problem" role="alert">${problem}</p>`}
      <p class="dialog-buttons">
        <button type="button" class="button" onClick=${onClose} disabled=${busy}>Back</button>
        <button type="submit" class="button primary" data-danger=${danger ? "yes" : undefined} disabled=${busy || disabled} autofocus>
          ${busy ? "…" : confirm}
        </button>
      </p>
    </form>
  <//>`;
}

/** @type {import("@preact/signals").Signal<null | {question: any, done: (yes: boolean) => void}>} */
const asked = signal(null);

/**
 * The same from code: resolves to whether it was confirmed.
 * @param {{title: any, text?: any, confirm: string, danger?: boolean}} question
 * @returns {Promise<boolean>}
 */
export const ask = (question) =>
  new Promise((done) => {
    asked.peek()?.done(false);
    asked.value = { question, done };
  });

/** Shows what `ask` asks; the frame of the page has one. */
export function Asked() {
  const now = asked.value;
  if (now === null) return null;
  const end = (/** @type {boolean} */ yes) => {
    if (asked.peek() === now) asked.value = null;
    now.done(yes);
  };
  return html`<${Confirm} open=${true} ...${now.question} onConfirm=${() => end(true)} onClose=${() => end(false)} />`;
}
