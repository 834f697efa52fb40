// @ts-check
import { html } from "../../html.js";

/**
 * A choice of one of a few, with its label.
 * @param {{label: string, value: string, options: {value: string, label: string}[],
 *   onChange: (value: string) => void}} props
 */
export function Choice({ label, value, options, onChange }) {
  return html`<label class="choice">
    <span>${label}</span>
    <select value=${value} onChange=${(/** @type {any} */ event) => onChange(event.target.value)}>
      ${options.map(
        (one) => html`<option key=${one.value} value=${one.value} selected=${one.value === value}>${one.label}</option>`,
      )}
    </select>
  </label>`;
}
