// @ts-check
/** Keys that lead somewhere, their help, and the choice to have none of them. */
import { useEffect, useRef, useState } from "preact/hooks";
import { patience, pressed, shortcuts } from "../data/shortcuts.js";
import { html } from "../html.js";
import { go, href } from "../route.js";
import { Dialog } from "./dialog.js";

const kept = "fewstep:shortcuts";

/** Whether something is being typed, in the page or in a shadow root such as the editor's. */
function typing(/** @type {Event} */ event) {
  const at = event.composedPath()[0];
  if (!(at instanceof HTMLElement)) return false;
  const field = at instanceof HTMLInputElement && !["checkbox", "radio", "button", "submit", "range"].includes(at.type);
  return field || at instanceof HTMLTextAreaElement || at instanceof HTMLSelectElement || at.isContentEditable;
}

/** Listens; the frame of the page has one. */
export function Shortcuts() {
  const [open, setOpen] = useState(false);
  const [on, setOn] = useState(localStorage.getItem(kept) !== "off");
  const waiting = useRef({ key: "", at: 0 });
  useEffect(() => {
    const press = (/** @type {KeyboardEvent} */ event) => {
      if (!on || event.defaultPrevented || typing(event) || document.querySelector("dialog[open]")) return;
      const pending = event.timeStamp - waiting.current.at < patience ? waiting.current.key : "";
      const next = pressed(event, pending);
      waiting.current = { key: next.pending, at: event.timeStamp };
      if (next.path) go(href(next.path));
      else if (next.act === "help") setOpen(true);
      else if (next.act === "search") {
        const field = /** @type {HTMLElement | null} */ (document.querySelector("main input[type=search]"));
        if (!field) return;
        field.focus();
      } else return;
      event.preventDefault();
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, [on]);
  return html`
    <button type="button" class="button icon" aria-label="Keys" title="Keys that lead somewhere (?)" onClick=${() => setOpen(true)}>?</button>
    <${Dialog} open=${open} title="Keys" onClose=${() => setOpen(false)}>
      <dl class="shortcuts">
        ${shortcuts.map(
          (one) =>
            html`<div key=${one.keys}>
              <dt>${one.keys.split(" ").map((key) => html`<kbd key=${key}>${key}</kbd> `)}</dt>
              <dd>${one.says}</dd>
            </div>`,
        )}
      </dl>
      <p class="faint">
        Tables, charts, tabs and menus are walked through with the arrow keys, Home and End; Escape closes what is open.
      </p>
      <label class="check">
        <input
          type="checkbox"
          checked=${on}
          onChange=${(/** @type {any} */ event) => {
            setOn(event.target.checked);
            localStorage.setItem(kept, event.target.checked ? "on" : "off");
          }}
        />
        The page listens to these keys
      </label>
    <//>
  `;
}
