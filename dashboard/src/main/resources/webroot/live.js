// @ts-check
/** Server-sent events: one connection a page; says whether it stands. */
import { signal } from "@preact/signals";
import { eventsUrl } from "./api.js";

/** "connecting", "live" or "lost". */
export const connection = signal("connecting");

/**
 * Follows the events of an experiment (or all). Bursts are gathered: `onState` is called at most
 * every 400 ms.
 * @param {string | undefined} experiment
 * @param {{onState: () => void, onMetrics?: (batch: {taskKey: string, points: {name: string, step: number, value: number}[]}) => void}} listener
 * @returns {() => void} stops following
 */
export function follow(experiment, listener) {
  const source = new EventSource(eventsUrl(experiment));
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const stateChanged = () => {
    if (timer === undefined) {
      timer = setTimeout(() => {
        timer = undefined;
        listener.onState();
      }, 400);
    }
  };
  source.onopen = () => {
    const healed = connection.value === "lost";
    connection.value = "live";
    if (healed) stateChanged();
  };
  source.onerror = () => {
    connection.value = "lost";
  };
  source.addEventListener("state", stateChanged);
  source.addEventListener("metrics", (event) => {
    listener.onMetrics?.(JSON.parse(/** @type {MessageEvent} */ (event).data));
  });
  return () => {
    clearTimeout(timer);
    source.close();
  };
}
