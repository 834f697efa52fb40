// @ts-check
import { useEffect, useRef, useState } from "preact/hooks";
import { html } from "../../html.js";

/**
 * A button with a panel below it, whose content is made when it is opened.
 * @param {{label: string, count: number, content: () => any}} props
 */
export function Drop({ label, count, content }) {
  const [open, setOpen] = useState(false);
  const box = useRef(/** @type {HTMLDetailsElement | null} */ (null));
  useEffect(() => {
    const away = (/** @type {Event} */ event) => {
      const element = box.current;
      if (element?.open && !element.contains(/** @type {Node} */ (event.target))) element.open = false;
    };
    document.addEventListener("pointerdown", away);
    document.addEventListener("focusin", away);
    return () => {
      document.removeEventListener("pointerdown", away);
      document.removeEventListener("focusin", away);
    };
  }, []);
  const escape = (/** @type {KeyboardEvent} */ event) => {
    if (event.key === "Escape" && box.current?.open) {
      box.current.open = false;
      box.current.querySelector("summary")?.focus();
    }
  };
  return html`<details
    class="filter"
    ref=${box}
    onKeyDown=${escape}
    onToggle=${(/** @type {any} */ event) => setOpen(event.target.open)}
  >
    <summary>${label}${count > 0 && html` <b class="filter-chosen">${count}</b>`}</summary>
    <div class="filter-panel">${open && content()}</div>
  </details>`;
}
