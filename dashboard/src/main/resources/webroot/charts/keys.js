// @ts-check
/** Walks through a chart's items by keyboard. Pure functions. */

/** @typedef {{series: number, item: number}} Place */

/**
 * Places that have words, series by series.
 * @param {any} option of ECharts
 * @returns {number[][]} indices of items, by index of series
 */
const spoken = (option) =>
  (option.series ?? []).map((/** @type {any} */ series) =>
    series.silent ? [] : (series.data ?? []).flatMap((/** @type {any} */ one, /** @type {number} */ i) => (one?.name ? [i] : [])),
  );

/**
 * @param {any} option
 * @param {Place | null} from
 * @param {string} key as a keydown event calls it
 * @returns {Place | null} null when the key moves nothing
 */
export function step(option, from, key) {
  const items = spoken(option);
  const filled = items.flatMap((list, i) => (list.length > 0 ? [i] : []));
  if (filled.length === 0) return null;
  if (!["ArrowRight", "ArrowLeft", "ArrowUp", "ArrowDown", "Home", "End"].includes(key)) return null;
  if (from === null || !items[from.series]?.length) return { series: filled[0], item: items[filled[0]][0] };
  const list = items[from.series];
  const at = list.indexOf(from.item);
  const bound = (/** @type {number} */ i, /** @type {number} */ length) => (i + length) % length;
  if (key === "Home") return { series: from.series, item: list[0] };
  if (key === "End") return { series: from.series, item: list[list.length - 1] };
  if (key === "ArrowRight" || key === "ArrowLeft") {
    return { series: from.series, item: list[bound(at + (key === "ArrowRight" ? 1 : -1), list.length)] };
  }
  const next = filled[bound(filled.indexOf(from.series) + (key === "ArrowDown" ? 1 : -1), filled.length)];
  return { series: next, item: items[next][Math.min(Math.max(at, 0), items[next].length - 1)] };
}

/**
 * @param {any} option
 * @param {Place} place
 */
export const itemAt = (option, place) => option.series?.[place.series]?.data?.[place.item];
