// @ts-check
/**
 * Server-sent events. The streams live in a worker that all tabs share, one for each experiment that
 * is followed, else in this tab; a stream that breaks is opened again and resumes where it was.
 */
import { signal } from "@preact/signals";
import { eventsUrl, uuid } from "./api.js";
import { everything, streams } from "./data/streams.js";

/** @typedef {import("./data/streams.js").StateEvent} StateEvent */
/** @typedef {import("./data/streams.js").Metrics} Metrics */
/** @typedef {{onState: (events: StateEvent[]) => void, onMetrics?: (batch: Metrics) => void}} Listener */

/** "connecting", "live" or "lost", the worst of what this tab follows; "idle" when it follows nothing. */
export const connection = signal(/** @type {import("./data/streams.js").Standing | "idle"} */ ("idle"));

/** @type {Map<string, Set<Listener>>} */
const listeners = new Map();
/** @type {Map<string, import("./data/streams.js").Standing>} */
const standings = new Map();

/** @param {import("./data/streams.js").Told} told */
function hear(told) {
  const mine = listeners.get(told.address);
  if (!mine) return;
  if (told.kind === "standing") {
    standings.set(told.address, told.standing);
    judge();
  } else if (told.kind === "state") mine.forEach((one) => one.onState(told.events));
  else for (const batch of told.batches) mine.forEach((one) => one.onMetrics?.(batch));
}

function judge() {
  const now = [...standings.values()];
  if (now.length === 0) connection.value = "idle";
  else connection.value = now.includes("lost") ? "lost" : now.includes("connecting") ? "connecting" : "live";
}

/** @type {{join: (address: string) => void, leave: (address: string) => void} | undefined} */
let hub;

/** The shared worker, or streams of this tab where there is none. */
function connected() {
  if (hub) return hub;
  try {
    const worker = new SharedWorker(new URL("live-worker.js", import.meta.url), { type: "module", name: "fewstep-live" });
    const { port } = worker;
    port.onmessage = (/** @type {MessageEvent} */ event) => hear(event.data);
    // A worker that cannot be loaded says so only here; then this tab asks by itself.
    worker.onerror = () => {
      hub = own();
      for (const address of listeners.keys()) hub.join(address);
    };
    const name = `fewstep-tab-${uuid()}`;
    // The worker asks for the lock only when this tab has it: it is granted when the tab is gone.
    navigator.locks?.request(name, () => {
      port.postMessage({ act: "lock", name });
      return new Promise(() => {});
    });
    addEventListener("pagehide", () => port.postMessage({ act: "gone" }));
    addEventListener("pageshow", (event) => {
      if (!event.persisted) return;
      for (const address of listeners.keys()) {
        port.postMessage({ act: "join", address });
        // The page was put away and comes back as it was: what happened since was told to nobody.
        hear({ kind: "state", address, events: [everything] });
      }
    });
    hub = {
      join: (address) => port.postMessage({ act: "join", address }),
      leave: (address) => port.postMessage({ act: "leave", address }),
    };
  } catch {
    hub = own();
  }
  return hub;
}

function own() {
  const mine = streams({ open: (address) => new EventSource(address) });
  addEventListener("offline", mine.offline);
  addEventListener("online", mine.online);
  return {
    join: (/** @type {string} */ address) => mine.join(address, hear),
    leave: (/** @type {string} */ address) => mine.leave(address, hear),
  };
}

/**
 * Follows the events of an experiment (or all). Bursts are gathered, and of several changes of one
 * thing only the last is told; `{entity: "all"}` says that more has changed than is worth telling.
 * @param {string | undefined} experiment
 * @param {Listener} listener
 * @returns {() => void} stops following
 */
export function follow(experiment, listener) {
  const address = eventsUrl(experiment);
  let mine = listeners.get(address);
  if (!mine) {
    mine = new Set();
    listeners.set(address, mine);
    standings.set(address, "connecting");
    judge();
    connected().join(address);
  }
  mine.add(listener);
  return () => {
    const left = listeners.get(address);
    if (!left?.delete(listener) || left.size > 0) return;
    listeners.delete(address);
    standings.delete(address);
    connected().leave(address);
    judge();
  };
}
