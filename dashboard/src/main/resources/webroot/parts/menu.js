// @ts-check
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { html } from "../html.js";

/**
 * @typedef {{label: any, onSelect?: () => void, href?: string, disabled?: boolean, title?: string,
 *   checked?: boolean, danger?: boolean}} MenuItem checked: makes it a choice that is on or off
 */

/**
 * A button with a menu below it, by the pattern of WAI-ARIA.
 * @param {{label: any, items: (MenuItem | false | null | undefined)[], title?: string, name?: string,
 *   align?: "start" | "end"}} props name: said by readers of screens in place of the label
 */
export function Menu({ label, items, title, name, align = "start" }) {
  const id = useId();
  const [open, setOpen] = useState(false);
  const box = useRef(/** @type {HTMLSpanElement | null} */ (null));
  const button = useRef(/** @type {HTMLButtonElement | null} */ (null));
  const shown = /** @type {MenuItem[]} */ (items.filter(Boolean));
  // What is seen is part of what is said, so that who speaks to the page can name it.
  const said = name && typeof label === "string" && !name.includes(label) ? `${name}: ${label}` : name;

  const entries = () =>
    /** @type {HTMLElement[]} */ ([...(box.current?.querySelectorAll("[role^=menuitem]:not([aria-disabled=true])") ?? [])]);
  const close = (back = true) => {
    setOpen(false);
    if (back) button.current?.focus();
  };
  useEffect(() => {
    if (!open) return;
    entries()[0]?.focus();
    const away = (/** @type {Event} */ event) => {
      if (!box.current?.contains(/** @type {Node} */ (event.target))) close(false);
    };
    document.addEventListener("pointerdown", away);
    document.addEventListener("focusin", away);
    return () => {
      document.removeEventListener("pointerdown", away);
      document.removeEventListener("focusin", away);
    };
  }, [open]);

  const key = (/** @type {KeyboardEvent} */ event) => {
    const all = entries();
    const at = all.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
    if (event.key === "Escape") {
      event.stopPropagation();
      close();
    } else if (to !== undefined && all.length > 0) {
      event.preventDefault();
      all[(to + all.length) % all.length].focus();
    } else if (event.key.length === 1 && /\S/.test(event.key)) {
      all.find((one) => one.textContent?.trim().toLowerCase().startsWith(event.key.toLowerCase()))?.focus();
    }
  };
  const select = (/** @type {MenuItem} */ item) => () => {
    if (item.disabled) return;
    if (item.checked === undefined) close();
    item.onSelect?.();
  };
  return html`<span class="menu" ref=${box}>
    <button
      type="button"
      class="button"
      ref=${button}
      aria-haspopup="menu"
      aria-expanded=${open}
      aria-controls=${open ? id : undefined}
      aria-label=${said}
      title=${title}
      onClick=${() => setOpen(!open)}
      onKeyDown=${(/** @type {KeyboardEvent} */ event) => {
        if (event.key !== "ArrowDown" || open) return;
        event.preventDefault();
        setOpen(true);
      }}
    >
      ${label} <span aria-hidden="true">▾</span>
    </button>
    ${open &&
    html`<div class="menu-panel" role="menu" id=${id} data-align=${align} onKeyDown=${key}>
      ${shown.map((item) =>
        item.href
          ? html`<a role="menuitem" tabindex="-1" href=${item.href} title=${item.title} onClick=${() => close(false)}>${item.label}</a>`
          : html`<button
              type="button"
              role=${item.checked === undefined ? "menuitem" : "menuitemcheckbox"}
              aria-checked=${item.checked}
              aria-disabled=${item.disabled ? "true" : undefined}
              tabindex="-1"
              title=${item.title}
              data-danger=${item.danger ? "yes" : undefined}
              onClick=${select(item)}
            >
              ${item.checked !== undefined &&
              html`<span class="menu-mark" aria-hidden="true">${item.checked ? "✓" : ""}</span>`}${item.label}
            </button>`,
      )}
    </div>`}
  </span>`;
}
