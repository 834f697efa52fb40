import assert from "node:assert/strict";
import { test } from "node:test";

const { changeRows, deviceTime, iterationsLine, planLine, planRows } =
  await import("../../main/resources/webroot/data/plan.js");

const plan = {
  trials: 6,
  tasks: { new: 12, cached: 3, joined: 1 },
  byKind: {
    REFERENCE: { new: 0, cached: 2, joined: 0 },
    PRETRAIN: { new: 0, cached: 0, joined: 0 },
    FINETUNE: { new: 5, cached: 1, joined: 0 },
    EVALUATE: { new: 7, cached: 0, joined: 1 },
  },
  deviceSeconds: { estimate: 5400, low: 3600, high: 9000, from: "12 earlier tasks" },
};

test("a plan is told by kind, kinds without tasks left out, the sum last", () => {
  assert.deepEqual(
    planRows(plan).map((row) => [row.kind, row.fresh, row.cached, row.joined]),
    [
      ["REFERENCE", 0, 2, 0],
      ["FINETUNE", 5, 1, 0],
      ["EVALUATE", 7, 0, 1],
      ["ALL", 12, 3, 1],
    ],
  );
  assert.equal(planLine(plan), "6 trials, 12 tasks to run, 3 with a result already, 1 in flight");
});

test("device time is told with its range and what it follows from", () => {
  assert.equal(deviceTime(plan).short, "about 1.5 device-hours (1 h 30 min)");
  assert.equal(
    deviceTime(plan).long,
    "Between 1 h 0 min and 2 h 30 min of device time, by 12 earlier tasks.",
  );
});

test("without measurements no time is told", () => {
  const { deviceSeconds, ...unknown } = plan;
  assert.ok(deviceSeconds);
  assert.match(deviceTime(unknown).long, /nothing alike has been measured/);
  assert.match(deviceTime({ tasks: { new: 0 } }).long, /Nothing is to be run/);
  assert.match(deviceTime({ ...unknown, iterations: { expected: 1 } }).long, /halved/);
});

test("halved trials tell their iterations", () => {
  assert.equal(iterationsLine(plan), "");
  assert.match(
    iterationsLine({ iterations: { expected: 1000, atWorst: 1200, full: 2000 } }),
    /^1,000 iterations.*1,200 at worst; 2,000/,
  );
});

test("a replacement tells what it keeps and withdraws", () => {
  assert.deepEqual(changeRows({ trials: { kept: 1, new: 2, withdrawn: 3 }, tasks: {} }), [
    { label: "Trials", kept: 1, fresh: 2, withdrawn: 3 },
    { label: "Tasks", kept: 0, fresh: 0, withdrawn: 0 },
  ]);
});
