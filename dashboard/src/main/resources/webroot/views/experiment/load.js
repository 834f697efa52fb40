// @ts-check
/** What the experiment page shows, kept up to date by the server's events. */
import { useEffect, useRef, useState } from "preact/hooks";
import { get } from "../../api.js";
import { isSettled, join } from "../../data/columns.js";
import { changesTable } from "../../data/events.js";
import { follow } from "../../live.js";
import { paced } from "../../parts/paced.js";

/** Trials a request. */
const pageSize = 2000;

/**
 * @typedef {{experiment: any | null, table: import("../../data/columns.js").Table | null, base: any[],
 *   problem: string, version: number}} Loaded version: counts what was loaded, for what is derived
 */

/**
 * @param {string} id
 * @param {(batch: any) => void} [onMetrics]
 * @returns {Loaded & {reload: () => void}}
 */
export function useExperiment(id, onMetrics) {
  const [loaded, setLoaded] = useState(
    /** @type {Loaded} */ ({ experiment: null, table: null, base: [], problem: "", version: 0 }),
  );
  const metrics = useRef(onMetrics);
  metrics.current = onMetrics;
  const again = useRef(() => {});
  useEffect(() => {
    /** @type {any[]} */
    let pages = [];
    let before = /** @type {any} */ (null);
    let made = /** @type {import("../../data/columns.js").Table | null} */ (null);
    let live = true;
    const load = async () => {
      const path = `experiments/${encodeURIComponent(id)}`;
      try {
        const experiment = await get(path);
        if (before && begunAgain(before, experiment)) pages = [];
        const old = pages;
        pages = await loadPages(path, old);
        const same = made !== null && pages.length === old.length && pages.every((page, i) => page === old[i]);
        const base = (await get(`${path}/base`).catch(() => ({ items: [] }))).items;
        before = experiment;
        // The same table, so that nothing is drawn again for a change that is not in it.
        const table = same && made ? made : join(pages);
        made = table;
        if (live) {
          setLoaded((old) => ({ experiment, table, base, problem: "", version: old.version + 1 }));
        }
      } catch (error) {
        const { message } = /** @type {Error} */ (error);
        if (live) setLoaded((old) => ({ ...old, problem: message }));
      }
    };
    const ask = paced(load);
    again.current = ask;
    ask();
    const stop = follow(id, {
      onState: (events) => changesTable(events, (made?.total ?? 0) > pageSize) && ask(),
      onMetrics: (/** @type {any} */ batch) => metrics.current?.(batch),
    });
    return () => {
      live = false;
      stop();
    };
  }, [id]);
  return { ...loaded, reload: () => again.current() };
}

/**
 * Pages of columns; those whose trials have all ended are kept from before.
 * @param {string} path
 * @param {any[]} old
 */
async function loadPages(path, old) {
  /** @type {any[]} */
  const pages = [];
  let from = 0;
  do {
    const kept = old[pages.length];
    const page =
      kept?.from === from && kept.count === pageSize && isSettled(kept)
        ? kept
        : await get(`${path}/columns?from=${from}&limit=${pageSize}`);
    pages.push(page);
    from += page.count;
    if (page.count === 0) break;
  } while (from < pages[0].total);
  return pages;
}

/**
 * Whether trials that had ended may have begun again: more trials, or fewer tasks that are done.
 * @param {any} before
 * @param {any} now
 */
function begunAgain(before, now) {
  const done = (/** @type {any} */ one) =>
    ["SUCCEEDED", "CACHED", "FAILED", "CANCELLED"].reduce((sum, s) => sum + (one.tasks?.[s] ?? 0), 0);
  return before.trials !== now.trials || done(now) < done(before);
}
