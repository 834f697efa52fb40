// @ts-check
import { useEffect, useRef, useState } from "preact/hooks";
import { html } from "../html.js";

/** Two sheets, one on the other: drawn, as few fonts have the sign. */
const sheets = () => html`<svg width="14" height="14" viewBox="0 0 14 14" fill="none" stroke="currentColor" stroke-width="1.4">
  <rect x="1" y="1" width="8.5" height="8.5" rx="1" />
  <path d="M4.5 12.9h7.4a1 1 0 0 0 1-1V4.5" />
</svg>`;

/**
 * A button that puts a text into the clipboard and says so.
 * @param {{text: string, label?: string, title?: string}} props label: words on the button; without,
 *     only the sign
 */
export function Copy({ text, label, title }) {
  const [said, setSaid] = useState("");
  const timer = useRef(/** @type {ReturnType<typeof setTimeout> | undefined} */ (undefined));
  useEffect(() => () => clearTimeout(timer.current), []);
  const copy = async () => {
    const done = await write(text);
    setSaid(done ? "copied" : "not copied: the browser refused");
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setSaid(""), 2000);
  };
  const name = title ?? `Copy ${label ? "" : text.length > 60 ? `${text.slice(0, 60)} …` : text}`.trim();
  return html`<span class="copy">
    <button type="button" class="copy-button" onClick=${copy} title=${name} aria-label=${label ? undefined : name}>
      <span aria-hidden="true">${said === "copied" ? "✓" : sheets()}</span>${label && html` ${label}`}
    </button>
    <span class=${said && said !== "copied" ? "copy-said" : "for-ears"} role="status">${said}</span>
  </span>`;
}

/**
 * @param {string} text
 * @returns {Promise<boolean>}
 */
async function write(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Without TLS there is no clipboard of this kind; the old way still works.
    const field = document.createElement("textarea");
    field.value = text;
    field.className = "for-ears";
    const before = /** @type {HTMLElement | null} */ (document.activeElement);
    document.body.append(field);
    field.select();
    const done = document.execCommand("copy");
    field.remove();
    before?.focus();
    return done;
  }
}
