// @ts-check
/** A trial and the curves of its tasks, kept up to date by the server's events. */
import { useEffect, useRef, useState } from "preact/hooks";
import { get } from "../../api.js";
import { afterEvents } from "../../data/events.js";
import { withLines } from "../../data/trial.js";
import { follow } from "../../live.js";
import { paced } from "../../parts/paced.js";

/** @typedef {import("../../data/trial.js").Point} Point */

const training = new Set(["FINETUNE", "PRETRAIN"]);
const begun = new Set(["RUNNING", "SUCCEEDED", "CACHED", "FAILED"]);

/** @param {string} id @param {string | number} index */
export const trialPath = (id, index) => `experiments/${encodeURIComponent(id)}/trials/${index}`;

/**
 * @param {string} id
 * @param {string} index
 * @returns {{trial: any, curves: Record<string, Point[]>, logs: Record<string, string[]>, problem: string,
 *   reload: () => void}} curves and logs by task key
 */
export function useTrial(id, index) {
  const [trial, setTrial] = useState(/** @type {any} */ (null));
  const [problem, setProblem] = useState("");
  const [curves, setCurves] = useState(/** @type {Record<string, Point[]>} */ ({}));
  const [logs, setLogs] = useState(/** @type {Record<string, string[]>} */ ({}));
  const again = useRef(() => {});
  useEffect(() => {
    let live = true;
    /** @type {Map<string, string>} */
    const loaded = new Map();
    /** Points of running tasks that came since the last drawing. @type {Map<string, Point[]>} */
    const waiting = new Map();
    /** @type {any} */
    let drawing;
    let keys = new Set();
    /** @type {any} */
    let now = null;
    const load = async () => {
      try {
        const found = await get(trialPath(id, index));
        if (!live) return;
        now = found;
        setTrial(found);
        setProblem("");
        keys = new Set(found.tasks.map((/** @type {any} */ task) => task.key));
        for (const task of found.tasks) {
          if (task.log) setLogs((old) => ({ ...old, [task.key]: withLines(task.log, old[task.key] ?? []) }));
          if (training.has(task.kind) && begun.has(task.state) && loaded.get(task.key) !== task.state) {
            loaded.set(task.key, task.state);
            get(`tasks/${task.key}/curve`).then(
              ({ points }) => live && setCurves((old) => ({ ...old, [task.key]: points })),
              () => loaded.delete(task.key),
            );
          }
        }
      } catch (error) {
        if (live) setProblem(/** @type {Error} */ (error).message);
      }
    };
    const draw = () => {
      drawing = undefined;
      const more = [...waiting];
      waiting.clear();
      setCurves((old) => {
        const next = { ...old };
        for (const [key, points] of more) next[key] = [...(next[key] ?? []), ...points];
        return next;
      });
    };
    const ask = paced(load, 300);
    again.current = ask;
    ask();
    const stop = follow(id, {
      onState: (events) => {
        const { trial: next, reload } = afterEvents(now, events);
        if (reload) ask();
        else if (next !== now) setTrial((now = next));
      },
      onMetrics: (/** @type {any} */ batch) => {
        if (!keys.has(batch.taskKey)) return;
        if (batch.lines) {
          setLogs((old) => ({ ...old, [batch.taskKey]: withLines(old[batch.taskKey] ?? [], batch.lines) }));
        }
        waiting.set(batch.taskKey, [...(waiting.get(batch.taskKey) ?? []), ...batch.points]);
        drawing ??= setTimeout(draw, 300);
      },
    });
    return () => {
      live = false;
      clearTimeout(drawing);
      stop();
    };
  }, [id, index]);
  return { trial, curves, logs, problem, reload: () => again.current() };
}
