// @ts-check
import { useId, useRef } from "preact/hooks";
import { html } from "../html.js";

/**
 * Tabs by the pattern of WAI-ARIA: arrows walk, Home and End jump. What the chosen one shows is given
 * as children.
 * @param {{
 *   label: string,
 *   tabs: {id: string, label: any}[],
 *   current: string,
 *   onChange: (id: string) => void,
 *   children?: any,
 * }} props
 */
export function Tabs({ label, tabs, current, onChange, children }) {
  const id = useId();
  const list = useRef(/** @type {HTMLDivElement | null} */ (null));
  const key = (/** @type {KeyboardEvent} */ event) => {
    const at = tabs.findIndex((one) => one.id === current);
    const next = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1 }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    const to = (next + tabs.length) % tabs.length;
    onChange(tabs[to].id);
    /** @type {HTMLElement | undefined} */ (list.current?.children[to])?.focus();
  };
  return html`<div class="tabs">
    <div class="tablist" role="tablist" aria-label=${label} ref=${list} onKeyDown=${key}>
      ${tabs.map(
        (one) =>
          html`<button
            type="button"
            role="tab"
            key=${one.id}
            id=${`${id}-${one.id}`}
            aria-selected=${one.id === current}
            aria-controls=${`${id}-panel`}
            tabindex=${one.id === current ? 0 : -1}
            onClick=${() => onChange(one.id)}
          >
            ${one.label}
          </button>`,
      )}
    </div>
    <div role="tabpanel" id=${`${id}-panel`} aria-labelledby=${`${id}-${current}`}>${children}</div>
  </div>`;
}
