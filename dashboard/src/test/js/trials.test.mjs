import assert from "node:assert/strict";
import { test } from "node:test";
import { afterEvents, changesTable } from "../../main/resources/webroot/data/events.js";
import { choosable, defaultColumns, sortRows } from "../../main/resources/webroot/data/trialtable.js";

const trial = { state: "RUNNING", tasks: [{ key: "a", step: 1, totalSteps: 9 }, { key: "b" }] };
const lease = (key, step) => ({ entity: "lease", key, value: { step, totalSteps: 9 } });

test("progress of a trial's tasks is taken from the events, without asking", () => {
  const { trial: next, reload } = afterEvents(trial, [lease("a", 2), lease("other", 5)]);
  assert.equal(reload, false);
  assert.deepEqual(next.tasks, [{ key: "a", step: 2, totalSteps: 9 }, { key: "b" }]);
  assert.equal(trial.tasks[0].step, 1);
  assert.equal(afterEvents(trial, [lease("a", 1)]).trial, trial);
});

test("a trial is read again when its tasks, its experiment or more than is told changed", () => {
  const reload = (...events) => afterEvents(trial, events).reload;
  assert.equal(reload({ entity: "task", key: "a" }), true);
  assert.equal(reload({ entity: "task", key: "other" }), false);
  assert.equal(reload({ entity: "experiment", key: "x" }), true);
  assert.equal(reload({ entity: "all", key: "" }), true);
  assert.equal(reload({ entity: "worker", key: "w" }, { entity: "lease", key: "a" }), false);
  assert.equal(afterEvents(null, []).reload, true);
});

test("a table is read again for tasks, for progress only when it is small, never for workers", () => {
  assert.equal(changesTable([{ entity: "worker", key: "w" }], false), false);
  assert.equal(changesTable([lease("a", 1)], false), true);
  assert.equal(changesTable([lease("a", 1)], true), false);
  assert.equal(changesTable([{ entity: "task", key: "a" }], true), true);
  assert.equal(changesTable([{ entity: "all", key: "" }], true), true);
});

const column = (name, group, values, kind = "number") => ({ name, label: name, group, kind, values });
const table = {
  count: 4, total: 4, spec: {},
  columns: [
    column("trial", "fact", [0, 1, 2, 3]),
    column("empty", "score", [null, null, null, null]),
    column("kernel", "axis", ["rbf 10", "rbf 9", null, "cubic"], "category"),
    column("loss_last", "curve", [2, null, 1, 2]),
    column("loss_min", "curve", [null, null, null, null]),
  ],
};

test("numbers and texts are sorted; what is not known comes last whichever way; equals keep their order", () => {
  assert.deepEqual(sortRows(table, [0, 1, 2, 3], "loss_last", false), [2, 0, 3, 1]);
  assert.deepEqual(sortRows(table, [0, 1, 2, 3], "loss_last", true), [0, 3, 2, 1]);
  assert.deepEqual(sortRows(table, [0, 1, 2, 3], "kernel", false), [3, 1, 0, 2]);
  assert.deepEqual(sortRows(table, [3, 1], "kernel", true), [1, 3]);
  assert.deepEqual(sortRows(table, [3, 1], "no such", true), [3, 1]);
});

test("columns in which nothing is known are offered last and not shown at first", () => {
  assert.deepEqual(choosable(table).map((one) => one.column.name), ["trial", "kernel", "loss_last", "empty", "loss_min"]);
  assert.deepEqual(defaultColumns(table), ["trial", "kernel", "loss_last"]);
});
