import assert from "node:assert/strict";
import { test } from "node:test";
import { diff, differing, leaves, said } from "../../main/resources/webroot/data/diff.js";
import { beside, depths, layout, related } from "../../main/resources/webroot/data/lineage.js";
import { ends, frames, lines, pairs, scoreRows, withLines } from "../../main/resources/webroot/data/trial.js";

test("a configuration is its leaves by path; empty branches are leaves", () => {
  const found = leaves({ a: { b: [1, { c: "x" }] }, d: {}, e: null });
  assert.deepEqual([...found], [["a.b[0]", 1], ["a.b[1].c", "x"], ["d", "{}"], ["e", null]]);
  assert.equal(leaves(undefined).size, 0);
});

test("a difference says what was changed, added and removed, and nothing else", () => {
  const found = diff({ same: 1, kernel: "rbf", old: true }, { same: 1, kernel: "cubic", fresh: [2] });
  assert.deepEqual(found, [
    { path: "kernel", kind: "changed", from: "rbf", to: "cubic" },
    { path: "old", kind: "removed", from: true, to: undefined },
    { path: "fresh[0]", kind: "added", from: undefined, to: 2 },
  ]);
  assert.deepEqual(diff({ a: null }, { a: null }), []);
  assert.equal(diff({ a: null }, {}).length, 1);
});

test("only what differs between any of several configurations is shown", () => {
  assert.deepEqual(differing([{ a: 1, b: 1 }, { a: 1, b: 2 }, { a: 1 }]), [{ path: "b", values: [1, 2, undefined] }]);
  assert.deepEqual([undefined, null, "x", 2.5].map(said), ["not set", "null", "x", "2.5"]);
});

const chain = {
  nodes: ["data", "weights", "task:ft", "tuned", "late", "task:ev", "scores"].map((id) => ({ id, kind: "TASK", label: id })),
  edges: [["data", "task:ft"], ["weights", "task:ft"], ["task:ft", "tuned"], ["tuned", "task:ev"], ["late", "task:ev"], ["task:ev", "scores"]]
    .map(([from, to]) => ({ from, to })),
};

test("the picture goes from left to right and no two boxes overlap", () => {
  assert.equal(depths(chain.nodes, chain.edges).get("scores"), 4);
  const { boxes, edges, width, height } = layout(chain);
  assert.equal(edges.length, 6);
  for (const { from, to } of edges) assert.ok(from.x + from.width < to.x);
  assert.equal(boxes.find((one) => one.node.id === "late")?.column, 2);
  for (const a of boxes) {
    assert.ok(a.x >= 0 && a.x + a.width <= width && a.y >= 0 && a.y + a.height <= height);
    for (const b of boxes) if (a !== b) assert.ok(a.column !== b.column || Math.abs(a.y - b.y) >= a.height);
  }
});

test("a lineage that runs in a circle, or is empty, is still drawn", () => {
  assert.equal(layout({ nodes: chain.nodes.slice(0, 2), edges: [{ from: "data", to: "weights" }, { from: "weights", to: "data" }] }).boxes.length, 2);
  assert.equal(layout({ nodes: [], edges: [] }).boxes.length, 0);
});

test("related are all before and after, but not what only shares a child", () => {
  assert.deepEqual([...related(chain, "late")].sort(), ["late", "scores", "task:ev"]);
  assert.deepEqual(beside(chain, "task:ev").before.map((one) => one.id), ["tuned", "late"]);
});

test("of two points at one step the later counts, steps ascend, memory is in GiB", () => {
  const found = lines([
    { name: "loss", step: 2, value: 5 },
    { name: "loss", step: 1, value: 3 },
    { name: "loss", step: 2, value: 1 },
    { name: "memory_bytes", step: 0, value: 2 ** 31 },
  ]);
  assert.deepEqual(found.get("loss"), [{ x: 1, y: 3 }, { x: 2, y: 1 }]);
  assert.deepEqual(found.get("memory_bytes"), [{ x: 0, y: 2 }]);
  assert.deepEqual(ends(found.get("loss"))?.least, { x: 2, y: 1 });
  assert.equal(ends([{ x: 0, y: NaN }]), null);
});

const made = (...names) => ({ artifacts: names.map((name) => ({ kind: "SHEET", name, bytes: 1, sha256: name })) });

test("a line of a log that came twice stands once, and old ones go", () => {
  assert.deepEqual(withLines(["1 a"], ["1 a", "2 b"]), ["1 a", "2 b"]);
  assert.equal(withLines([], Array.from({ length: 900 }, (_, i) => `${i}`)).length, 500);
});

test("sheets are ordered by step, with the base model first and the result last", () => {
  const found = frames(made("sheet.png", "sheet-100.png", "before.png", "sheet-20.png", "checkpoint-120.safetensors"));
  assert.deepEqual(found.map((one) => one.step), [0, 20, 100, 120]);
  assert.deepEqual(found.map((one) => one.partial), [false, true, true, false]);
  assert.deepEqual(frames(undefined), []);
  assert.equal(frames(made("sheet.png"))[0].step, null);
});

test("only sheets of the same noise are laid over each other", () => {
  const tasks = { FINETUNE: made("before.png", "sheet.png"), EVALUATE: made("sheet.png") };
  assert.deepEqual(pairs((role) => tasks[role]).map((one) => one.of), ["the finetune's noise"]);
  assert.equal(pairs((role) => ({ ...tasks, BASELINE: made("sheet.png") })[role]).length, 2);
});

test("scores come with their interval and baseline; ends of intervals are no scores", () => {
  const trial = {
    trainedSpace: "a",
    scores: { trained: 1, heldOut: { b: 2 }, metrics: { a: { fd: 1 }, b: { fd: 2, "fd-low": 1.5, "fd-high": 2.5, kd: 0.1 } } },
    baseline: { metrics: { b: { fd: 4 } } },
  };
  const rows = scoreRows(trial);
  assert.deepEqual(rows.map((one) => [one.space, one.metric]), [["a", "fd"], ["b", "fd"], ["b", "kd"]]);
  assert.deepEqual([rows[1].low, rows[1].high, rows[1].baseline, rows[1].trained], [1.5, 2.5, 4, false]);
  assert.equal(scoreRows({ ...trial, scores: { trained: 1, heldOut: { b: 2 } } }).length, 2);
  assert.deepEqual(scoreRows({}), []);
});
