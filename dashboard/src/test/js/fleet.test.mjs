import assert from "node:assert/strict";
import { test } from "node:test";

const root = new URL("../../main/resources/webroot/data/", import.meta.url);
const { afterEvents, ago, classesOf, doing, drainConsequences, leasesIn, ordered, queueRows, timeLeft } =
  await import(new URL("fleet.js", root));
const { lastValues, lineName, panelOption, panelPath, panelTable, rangeOf } = await import(
  new URL("panels.js", root)
);

const worker = (id, more = {}) => ({
  workerId: id,
  deviceClass: "cpu",
  device: "cpu",
  memoryBytes: 8,
  accepting: true,
  draining: false,
  ...more,
});

test("what a worker does follows from what it holds and what was asked of it", () => {
  assert.equal(doing(worker("a")), "idle");
  assert.equal(doing(worker("a", { executionId: "e" })), "busy");
  assert.equal(doing(worker("a", { executionId: "e", draining: true })), "handing back");
  assert.equal(doing(worker("a", { draining: true })), "draining");
  assert.equal(doing(worker("a", { accepting: false })), "full");
});

test("workers are counted by device class", () => {
  const all = [
    worker("b", { deviceClass: "gpu", device: "cuda:10" }),
    worker("c", { deviceClass: "gpu", device: "cuda:2", executionId: "e" }),
    worker("a", { draining: true }),
  ];
  assert.deepEqual(
    ordered(all).map((one) => one.workerId),
    ["a", "c", "b"],
  );
  assert.deepEqual(classesOf(all), [
    { name: "cpu", workers: 1, busy: 0, idle: 0, draining: 1, memoryBytes: 8 },
    { name: "gpu", workers: 2, busy: 1, idle: 1, draining: 0, memoryBytes: 16 },
  ]);
});

test("events change workers, keep the task of the same execution, and take away who left", () => {
  const before = new Map([
    ["a", worker("a", { executionId: "e", task: "t" })],
    ["b", worker("b")],
  ]);
  assert.equal(afterEvents(before, [{ entity: "task", key: "t" }]), before);
  const after = afterEvents(before, [
    { entity: "worker", key: "a", value: worker("a", { executionId: "e", draining: true }) },
    { entity: "worker", key: "b" },
    { entity: "worker", key: "c", value: worker("c") },
  ]);
  assert.equal(after.get("a").task, "t");
  assert.equal(after.get("a").draining, true);
  assert.deepEqual([...after.keys()], ["a", "c"]);
  assert.equal(before.size, 2);
  const other = afterEvents(before, [
    { entity: "worker", key: "a", value: worker("a", { executionId: "f" }) },
  ]);
  assert.equal(other.get("a").task, undefined);
});

test("leases tell progress", () => {
  const events = [
    { entity: "lease", key: "t", value: { executionId: "e", step: 3, totalSteps: 9 } },
    { entity: "lease", key: "u" },
  ];
  assert.deepEqual(leasesIn(events), [{ taskKey: "t", executionId: "e", step: 3, totalSteps: 9 }]);
});

test("time left follows from the pace that was seen, else since the first attempt began", () => {
  const task = { key: "t", step: 20, totalSteps: 100, attempt: 1, startedAt: new Date(0).toISOString() };
  assert.equal(timeLeft(task, { step: 10, at: 0 }, { step: 20, at: 10000 }, 10000), 80);
  assert.equal(timeLeft(task, { step: 10, at: 0 }, { step: 20, at: 10000 }, 15000), 75);
  assert.equal(timeLeft(task, { step: 10, at: 0 }, { step: 20, at: 10000 }, 100000), null);
  assert.equal(timeLeft(task, undefined, undefined, 40000), 160);
  assert.equal(timeLeft({ ...task, attempt: 2 }, undefined, undefined, 40000), null);
  assert.equal(timeLeft({ ...task, totalSteps: 0 }, undefined, undefined, 40000), null);
  assert.equal(timeLeft({ ...task, step: 100 }, undefined, undefined, 40000), null);
});

test("a drain says what becomes of the task and of the class", () => {
  const text = drainConsequences(worker("a"), { key: "t", label: "trial 3" }, [
    worker("a"),
    worker("b"),
  ]).join(" ");
  assert.match(text, /trial 3/);
  assert.match(text, /1 other worker of device class cpu takes tasks/);
  assert.match(drainConsequences(worker("a"), undefined, [worker("a")]).join(" "), /No other worker/);
});

test("the queue shows first what waits most", () => {
  const reason = (count) => ({ reason: "CREDIT", text: "", count });
  const rows = queueRows({
    classes: [
      { name: "cpu", queued: 1, projects: [] },
      {
        name: "gpu",
        queued: 5,
        projects: [
          { name: "a", queued: 1 },
          { name: "b", queued: 4, reasons: [reason(1), reason(3)] },
        ],
      },
    ],
  });
  assert.deepEqual(
    rows.map((one) => one.name),
    ["gpu", "cpu"],
  );
  assert.deepEqual(
    rows[0].projects.map((one) => one.name),
    ["b", "a"],
  );
  assert.deepEqual(
    rows[0].projects[0].reasons.map((one) => one.count),
    [3, 1],
  );
  assert.deepEqual(queueRows(undefined), []);
});

test("ages are told in few words", () => {
  assert.equal(ago(new Date(0).toISOString(), 5400), "5 s ago");
  assert.equal(ago(new Date(0).toISOString(), 600000), "10 min ago");
  assert.equal(ago(new Date(0).toISOString(), 7200000), "2 h ago");
  assert.equal(ago(undefined, 0), "–");
});

const panel = { title: "Tasks", unit: "1/s" };
const series = [
  {
    labels: { kind: "FINETUNE" },
    points: [
      [10, 1],
      [20, null],
    ],
  },
  {
    labels: {},
    points: [
      [10, 3],
      [20, 4],
    ],
  },
];

test("a panel is asked for over whole steps that end now", () => {
  assert.equal(
    panelPath("tasks", rangeOf("15m"), 1_000_003_000),
    "panels/tasks?from=999100&to=1000000&step=5",
  );
  assert.equal(rangeOf("nonsense").id, "1h");
});

test("lines are told apart without colour", () => {
  const option = panelOption(panel, series, { faint: "#555", line: "#ccc" }, { width: 600 });
  assert.deepEqual(
    option.series.map((one) => one.name),
    ["FINETUNE", "Tasks"],
  );
  assert.notEqual(option.series[0].lineStyle.type, option.series[1].lineStyle.type);
  assert.notEqual(option.series[0].symbol, option.series[1].symbol);
  assert.deepEqual(option.series[0].data[1].value, [20000, null]);
  assert.equal(lineName(series[0], "x"), "FINETUNE");
});

test("a panel is a table too, newest first, and has last values", () => {
  const table = panelTable(panel, series);
  assert.deepEqual(table.head, ["Time", "FINETUNE (1/s)", "Tasks (1/s)"]);
  assert.deepEqual(
    table.rows.map((row) => row.slice(1)),
    [
      [null, 4],
      [1, 3],
    ],
  );
  assert.equal(lastValues(panel, series), "FINETUNE 1 1/s, Tasks 4 1/s");
});
