// @ts-check
/** Workers, what waits for them, and how it went over time. */
import { useEffect, useRef, useState } from "preact/hooks";
import { get } from "../api.js";
import { afterEvents, leasesIn } from "../data/fleet.js";
import { Panels } from "../fleet/panels.js";
import { Queue } from "../fleet/queue.js";
import { Workers } from "../fleet/workers.js";
import { html } from "../html.js";
import { follow } from "../live.js";
import { ErrorBox, Loading } from "../parts/empty.js";

/** @typedef {import("../data/fleet.js").HeldTask} HeldTask */
/** @typedef {import("../data/fleet.js").Seen} Seen */

/** Tasks that are read at the same time. */
const readers = 6;

/** Changes of the state between two readings of what follows from all of it, in milliseconds. */
const settle = 5000;

/** The page at `#/fleet`. */
export function Fleet() {
  const [workers, setWorkers] = useState(/** @type {Map<string, any> | null} */ (null));
  const [tasks, setTasks] = useState(/** @type {Map<string, HeldTask>} */ (new Map()));
  const [problem, setProblem] = useState("");
  const [pulse, setPulse] = useState(0);
  const [now, setNow] = useState(Date.now());
  const seen = useRef(/** @type {Map<string, {first: Seen, last: Seen}>} */ (new Map()));
  const asked = useRef(new Set());

  const load = () =>
    get("workers").then(
      (answer) => {
        setWorkers(new Map(answer.items.map((/** @type {any} */ one) => [one.workerId, one])));
        setProblem("");
      },
      (error) => setProblem(error.message),
    );

  useEffect(() => {
    document.title = "Fleet – fewstep";
    load();
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let timer;
    const tick = setInterval(() => setNow(Date.now()), 1000);
    const stop = follow(undefined, {
      onState: (/** @type {{entity: string, key: string, value?: any}[] | undefined} */ events = undefined) => {
        if (events === undefined || events.some((one) => one.entity === "all")) load();
        else {
          setWorkers((before) => before && afterEvents(before, events));
          progress(events);
        }
        timer ??= setTimeout(() => {
          timer = undefined;
          setPulse((count) => count + 1);
        }, settle);
      },
    });
    return () => {
      clearTimeout(timer);
      clearInterval(tick);
      stop();
    };
  }, []);

  /** Steps, and who took which task. */
  const progress = (/** @type {{entity: string, key: string, value?: any}[]} */ events) => {
    const at = Date.now();
    const leases = leasesIn(events);
    if (leases.length === 0) return;
    for (const lease of leases) {
      const known = seen.current.get(lease.executionId);
      const last = { step: lease.step, at };
      if (!known) seen.current.set(lease.executionId, { first: last, last });
      else if (lease.step > known.last.step) known.last = last;
    }
    setTasks((before) => {
      const next = new Map(before);
      for (const lease of leases) {
        const task = next.get(lease.taskKey);
        if (task) next.set(lease.taskKey, { ...task, step: lease.step, totalSteps: lease.totalSteps });
      }
      return next;
    });
    setWorkers((before) => {
      if (!before) return before;
      const next = new Map(before);
      for (const [id, worker] of next) {
        const lease = leases.find((one) => one.executionId === worker.executionId);
        if (lease && worker.task !== lease.taskKey) next.set(id, { ...worker, task: lease.taskKey });
      }
      return next;
    });
  };

  useEffect(() => {
    const missing = [...(workers?.values() ?? [])]
      .map((worker) => ({ key: worker.task, execution: worker.executionId }))
      .filter((one) => one.key && !asked.current.has(`${one.key}/${one.execution}`));
    missing.forEach((one) => asked.current.add(`${one.key}/${one.execution}`));
    const read = async () => {
      for (let one = missing.shift(); one; one = missing.shift()) {
        const mark = `${one.key}/${one.execution}`;
        try {
          const task = await get(`tasks/${one.key}`);
          setTasks((before) => new Map(before).set(task.key, task));
        } catch {
          asked.current.delete(mark);
        }
      }
    };
    for (let i = 0; i < Math.min(readers, missing.length); i++) read();
    // An execution that nobody told the task of yet is looked up with all of them.
    if (
      [...(workers?.values() ?? [])].some(
        (one) => one.executionId && !one.task && !asked.current.has(one.executionId),
      )
    ) {
      for (const one of workers?.values() ?? [])
        if (one.executionId && !one.task) asked.current.add(one.executionId);
      load();
    }
  }, [workers]);

  return html`
    <h1>Fleet</h1>
    ${problem && html`<${ErrorBox} text=${problem} retry=${load} />`}
    ${
      workers === null
        ? !problem && html`<${Loading} height=${240} label="Loading the workers" />`
        : html`<${Workers} workers=${[...workers.values()]} tasks=${tasks} seen=${seen.current} now=${now} onChanged=${load} />`
    }
    <${Queue} pulse=${pulse} />
    <${Panels} pulse=${pulse} />
  `;
}
