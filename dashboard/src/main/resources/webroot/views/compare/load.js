// @ts-check
/** Trials with their protocols and curves; those that run are kept up to date. */
import { useEffect, useState } from "preact/hooks";
import { get } from "../../api.js";
import { named } from "../../data/compare.js";
import { isFinal } from "../../data/columns.js";
import { afterEvents } from "../../data/events.js";
import { follow } from "../../live.js";
import { trialPath } from "../trial/load.js";

/**
 * @typedef {{name: string, id: string, index: number, trial: any | null, protocol: any | null,
 *   points: import("../../data/trial.js").Point[], problem: string, missing: boolean}} Side
 *     missing: there is no such trial, so that nothing is to be waited for
 */

/** Whether it is still on its way. @param {Side} side */
export const waiting = (side) => side.trial === null && side.problem === "";

/** Milliseconds between two looks at trials that run. */
const pace = 2000;

/**
 * @param {import("../../data/compare.js").Place[]} wanted
 * @returns {Side[]} in the order asked for
 */
export function useSides(wanted) {
  const [sides, setSides] = useState(/** @type {Record<string, Side>} */ ({}));
  const key = wanted.map(named).join(" ");
  useEffect(() => {
    let live = true;
    /** @type {any} */
    let timer;
    const put = (/** @type {Side} */ side) => live && setSides((old) => ({ ...old, [side.name]: side }));
    const load = async (/** @type {boolean} */ all) => {
      await Promise.all(
        wanted.map(async (one) => {
          const name = named(one);
          const before = sidesNow.get(name);
          if (!all && (!before || isFinal(before.trial?.state) || before.missing)) return;
          const side = await read(one).catch((error) => ({
            ...empty(one),
            problem: /** @type {Error} */ (error).message,
            missing: error.status === 404,
          }));
          sidesNow.set(name, side);
          put(side);
        }),
      );
    };
    /** @type {Map<string, Side>} */
    const sidesNow = new Map();
    load(true);
    const again = () => {
      timer ??= setTimeout(() => {
        timer = undefined;
        load(false);
      }, pace);
    };
    const stop = follow(undefined, {
      onState: (events) => {
        const concerned = [...sidesNow.values()].some((side) => !side.missing && afterEvents(side.trial, events).reload);
        if (concerned) again();
      },
    });
    return () => {
      live = false;
      clearTimeout(timer);
      stop();
    };
  }, [key]);
  return wanted.map((one) => sides[named(one)] ?? empty(one));
}

/** @param {import("../../data/compare.js").Place} one @returns {Side} */
const empty = (one) => ({ name: named(one), ...one, trial: null, protocol: null, points: [], problem: "", missing: false });

/** @param {import("../../data/compare.js").Place} one @returns {Promise<Side>} */
async function read(one) {
  const [trial, table] = await Promise.all([
    get(trialPath(one.id, one.index)),
    get(`experiments/${encodeURIComponent(one.id)}/columns?from=${one.index}&limit=1`),
  ]);
  const finetune = trial.tasks.find((/** @type {any} */ task) => task.role === "FINETUNE");
  const begun = finetune && ["RUNNING", "SUCCEEDED", "CACHED", "FAILED"].includes(finetune.state);
  const curve = begun ? await get(`tasks/${finetune.key}/curve`).catch(() => null) : null;
  return { ...empty(one), trial, protocol: table.spec, points: curve?.points ?? [] };
}
