// @ts-check
import { url } from "../api.js";
import { duration, number } from "../format.js";
import { html } from "../html.js";

/**
 * A number as people read it. Its tooltip has all digits and the API address that it came from.
 * @param {{
 *   value: number | null | undefined,
 *   unit?: string,
 *   from?: string,
 *   digits?: number,
 *   low?: number | null,
 *   high?: number | null,
 *   link?: boolean,
 * }} props unit: "s" is written as hours, minutes and seconds; from: path below /api/v1/; low, high:
 *     ends of its interval; link: the number leads to the address
 */
export function Num({ value, unit, from, digits = 4, low, high, link }) {
  if (value === null || value === undefined || !Number.isFinite(value)) {
    return html`<span class="num" title=${from ? `nothing is known yet, from /api/v1/${from}` : undefined}>–</span>`;
  }
  const interval = typeof low === "number" && typeof high === "number";
  const shown = unit === "s" ? duration(value) : `${number(value, digits)}${unit ? ` ${unit}` : ""}`;
  const title = [
    `${value}${unit ? ` ${unit}` : ""}`,
    ...(interval ? [`interval ${low} to ${high}`] : []),
    ...(from ? [`from /api/v1/${from}`] : []),
  ].join("\n");
  const body = html`${shown}${interval &&
  html` <span class="interval">[${number(low, 3)}, ${number(high, 3)}]</span>`}`;
  return link && from
    ? html`<a class="num" href=${url(from)} title=${title} target="_blank" rel="noopener">${body}</a>`
    : html`<span class="num" title=${title}>${body}</span>`;
}
