// @ts-check
/**
 * The server's event streams, one for each experiment that somebody follows and one for all of them,
 * however many tabs do. Runs in the worker that tabs share, or in a tab of its own.
 */

/**
 * @typedef {{entity: string, key: string, value?: any, offset?: number}} StateEvent
 * @typedef {{taskKey: string, attempt?: number, points: {name: string, step: number, value: number}[],
 *   lines?: string[]}} Metrics
 * @typedef {"connecting" | "live" | "lost"} Standing
 * @typedef {{kind: "state", address: string, events: StateEvent[]} | {kind: "metrics", address: string, batches: Metrics[]}
 *   | {kind: "standing", address: string, standing: Standing}} Told
 * @typedef {(told: Told) => void} Ear
 * @typedef {{source: any, ears: Set<Ear>, standing: Standing, healed: boolean, opened: boolean, tries: number,
 *   events: Map<string, StateEvent>, batches: Metrics[], timer: any, again: any}} Stream
 */

/** Bursts are gathered for so long, in milliseconds. */
const gather = 250;

/** Of more changes than this in one burst, one event says that more has changed than is worth telling. */
const mostEvents = 2000;

/** The longest wait before a stream is opened anew, in milliseconds. */
const longest = 5000;

/**
 * So many experiments have a stream each; those beyond are heard from the stream of all. Browsers
 * hold six connections to a server over HTTP/1.1, for all tabs together, and requests need some.
 */
const mostOwn = 3;

/** @param {string} address @returns {string | null} the experiment that its stream is about */
const experimentOf = (address) => new URLSearchParams(address.split("?")[1] ?? "").get("experiment");

/**
 * Whether a change in the stream of all may concern an experiment. Of tasks that is not known here.
 * @param {StateEvent} event
 * @param {string} experiment
 */
const concerns = ({ entity, key }, experiment) =>
  entity === "experiment" ? key === experiment : entity !== "plan" || key.startsWith(`${experiment}/`);

/** Told in place of single changes. */
export const everything = { entity: "all", key: "" };

/**
 * @param {{open: (address: string) => any, later?: (act: () => void, millis: number) => any,
 *   cancel?: (timer: any) => void}} by open: an EventSource; it resumes by the last event's id by itself
 */
export function streams({ open, later = setTimeout, cancel = clearTimeout }) {
  /** @type {Map<string, Stream>} */
  const all = new Map();
  /** Those who hear of an experiment from the stream of all: what listens for them. @type {Map<string, Map<Ear, Ear>>} */
  const borrowed = new Map();

  const tell = (/** @type {Stream} */ stream, /** @type {Told} */ told) => stream.ears.forEach((ear) => ear(told));

  const stand = (/** @type {string} */ address, /** @type {Stream} */ stream, /** @type {Standing} */ standing) => {
    if (stream.standing === standing) return;
    stream.standing = standing;
    tell(stream, { kind: "standing", address, standing });
  };

  const flush = (/** @type {string} */ address, /** @type {Stream} */ stream) => {
    stream.timer = undefined;
    const events = stream.events.has("all/") ? [/** @type {StateEvent} */ (stream.events.get("all/"))] : [...stream.events.values()];
    const { batches } = stream;
    stream.events = new Map();
    stream.batches = [];
    if (events.length > 0) tell(stream, { kind: "state", address, events });
    if (batches.length > 0) tell(stream, { kind: "metrics", address, batches });
  };

  const soon = (/** @type {string} */ address, /** @type {Stream} */ stream) => {
    stream.timer ??= later(() => flush(address, stream), gather);
  };

  const heard = (/** @type {string} */ address, /** @type {Stream} */ stream, /** @type {StateEvent} */ event) => {
    const key = `${event.entity}/${event.key}`;
    stream.events.delete(key); // the last of several counts, at its place
    stream.events.set(key, event);
    if (stream.events.size > mostEvents) stream.events = new Map([["all/", everything]]);
    soon(address, stream);
  };

  const connect = (/** @type {string} */ address, /** @type {Stream} */ stream) => {
    const source = open(address);
    stream.source = source;
    source.onopen = () => {
      stream.tries = 0;
      // A stream that was opened anew has not told what happened in between.
      if (stream.opened && stream.healed) heard(address, stream, everything);
      stream.opened = true;
      stream.healed = false;
      stand(address, stream, "live");
    };
    source.onerror = () => {
      stand(address, stream, stream.opened || stream.tries > 0 ? "lost" : "connecting");
      stream.tries++;
      if (source.readyState === 2) reopen(address, stream, Math.min(longest, 1000 * 2 ** Math.min(stream.tries - 1, 4)));
    };
    source.addEventListener("state", (/** @type {any} */ event) => heard(address, stream, JSON.parse(event.data)));
    source.addEventListener("metrics", (/** @type {any} */ event) => {
      stream.batches.push(JSON.parse(event.data));
      soon(address, stream);
    });
  };

  const reopen = (/** @type {string} */ address, /** @type {Stream} */ stream, /** @type {number} */ millis) => {
    stream.source.close();
    stream.healed = true;
    stand(address, stream, "lost");
    cancel(stream.again);
    stream.again = later(() => connect(address, stream), millis);
  };

  const enter = (/** @type {string} */ address, /** @type {Ear} */ ear) => {
    let stream = all.get(address);
    if (!stream) {
      stream = {
        source: null,
        ears: new Set(),
        standing: "connecting",
        healed: false,
        opened: false,
        tries: 0,
        events: new Map(),
        batches: [],
        timer: undefined,
        again: undefined,
      };
      all.set(address, stream);
      connect(address, stream);
    }
    stream.ears.add(ear);
    ear({ kind: "standing", address, standing: stream.standing });
  };

  const go = (/** @type {string} */ address, /** @type {Ear} */ ear) => {
    const stream = all.get(address);
    if (!stream || !stream.ears.delete(ear) || stream.ears.size > 0) return;
    cancel(stream.timer);
    cancel(stream.again);
    stream.source.close();
    all.delete(address);
  };

  /** An ear at the stream of all that tells what concerns one experiment, as that one's own would. */
  const through = (/** @type {string} */ address, /** @type {string} */ experiment, /** @type {Ear} */ ear) =>
    /** @type {Ear} */ (told) => {
      if (told.kind !== "state") return ear({ ...told, address });
      const events = told.events.filter((event) => concerns(event, experiment));
      if (events.length > 0) ear({ ...told, address, events });
    };

  return {
    /**
     * @param {string} address
     * @param {Ear} ear
     */
    join(address, ear) {
      const experiment = experimentOf(address);
      const full = [...all.keys()].filter(experimentOf).length >= mostOwn;
      if (experiment === null || all.has(address) || !full) return enter(address, ear);
      const mine = borrowed.get(address) ?? new Map();
      if (mine.has(ear)) return;
      const heardBy = through(address, experiment, ear);
      borrowed.set(address, mine.set(ear, heardBy));
      enter(address.split("?")[0], heardBy);
    },
    /**
     * @param {string} address
     * @param {Ear} ear
     */
    leave(address, ear) {
      const mine = borrowed.get(address);
      const heardBy = mine?.get(ear);
      if (!mine || !heardBy) return go(address, ear);
      mine.delete(ear);
      if (mine.size === 0) borrowed.delete(address);
      go(address.split("?")[0], heardBy);
    },
    /** The network is gone: an open connection would say so only much later. */
    offline() {
      for (const [address, stream] of all) {
        cancel(stream.again);
        stream.source.close();
        stream.healed = true;
        stand(address, stream, "lost");
      }
    },
    /** The network is there again. */
    online() {
      for (const [address, stream] of all) if (stream.healed) reopen(address, stream, 0);
    },
    /** Addresses of the streams that are followed. */
    addresses: () => [...all.keys()],
  };
}
