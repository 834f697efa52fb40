// @ts-check
/** What a page shows when it has nothing to show: nothing yet, not yet, or not at all. */
import { html } from "../html.js";

/**
 * Nothing is there, and what to do about it.
 * @param {{title?: string, text?: any, children?: any}} props
 */
export function Empty({ title, text, children }) {
  return html`<div class="empty">
    ${title && html`<p class="empty-title">${title}</p>`} ${text && html`<p>${text}</p>`} ${children}
  </div>`;
}

/**
 * The place of what is still to come, as high as that will be.
 * @param {{rows?: number, height?: number, label?: string}} props rows: lines of text; height: px of
 *     one box instead
 */
export function Loading({ rows = 3, height, label = "Loading" }) {
  return html`<div class="loading" role="status" aria-label=${label}>
    ${height
      ? html`<div class="skeleton" style=${{ height: `${height}px` }}></div>`
      : Array.from(
          { length: rows },
          (_, i) => html`<div class="skeleton" key=${i} style=${{ width: `${95 - ((i * 37) % 40)}%` }}></div>`,
        )}
  </div>`;
}

/**
 * What went wrong and how to go on.
 * @param {{text: string, retry?: () => void, title?: string, children?: any}} props
 */
export function ErrorBox({ text, retry, title, children }) {
  return html`<div class="problem" role="alert">
    ${title && html`<p class="empty-title">${title}</p>`}
    <p>${text} ${retry && html`<button type="button" class="button" onClick=${retry}>Try again</button>`}</p>
    ${children}
  </div>`;
}
