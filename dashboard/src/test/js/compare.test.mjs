import assert from "node:assert/strict";
import { test } from "node:test";
import { most, named, place, places, scoreMatrix, tiles, warnings } from "../../main/resources/webroot/data/compare.js";

test("a trial is written as its experiment and its index", () => {
  assert.deepEqual(place(" a/b-1/7 "), { id: "a/b-1", index: 7 });
  for (const wrong of ["", "a", "a/", "/3", "a/x", "a/-1"]) assert.equal(place(wrong), null);
});

test("each trial is shown once, and not more than fit", () => {
  assert.deepEqual(places(["a/1", "b/2", "a/1", "nothing"]).map(named), ["a/1", "b/2"]);
  assert.equal(places(Array.from({ length: 40 }, (_, i) => `a/${i}`)).length, most);
});

const protocol = (more = {}, id = "x") => ({
  reference: "test", samples: 512, seed: 7, bootstrap: 0, metrics: ["fd"], trainedSpaces: ["a"], leadingSpace: "b",
  spaces: [{ name: "b", id, trained: false, protocol: `fd/${id}` }], ...more,
});

test("equal protocols warn of nothing, whatever was trained in", () => {
  assert.deepEqual(warnings([{ name: "p/0", protocol: protocol() }, { name: "q/0", protocol: protocol({ trainedSpaces: ["c"], metrics: ["fd", "kd"] }) }]), []);
  assert.deepEqual(warnings([]), []);
});

test("what differs is said with who has what; equal names of unlike extractors too", () => {
  const found = warnings([{ name: "p/0", protocol: protocol() }, { name: "q/0", protocol: protocol({ samples: 64 }, "y") }]);
  assert.deepEqual(found, ["samples a score: 512 (p/0), 64 (q/0)", "protocol in b: fd/x (p/0); fd/y (q/0)"]);
});

const scored = (fd) => ({ trainedSpace: "a", scores: { metrics: { b: { fd, precision: fd } } } });

test("the best is named only where scores compare, and not of one alone", () => {
  const best = (rows) => rows.map((row) => row.cells.map((cell) => cell?.best ?? null));
  assert.deepEqual(best(scoreMatrix([scored(2), scored(1), {}], true)), [[false, true, null], [true, false, null]]);
  assert.deepEqual(best(scoreMatrix([scored(2), scored(1)], false)), [[false, false], [false, false]]);
  assert.deepEqual(best(scoreMatrix([scored(2), {}], true)), [[false, null], [false, null]]);
});

test("a sheet is divided as the worker lays it out", () => {
  const sheet = (edge, columns, rows) => tiles(columns * (edge + 2) - 2, rows * (edge + 2) - 2);
  assert.deepEqual(sheet(56, 8, 8), { columns: 8, rows: 8, edge: 56 });
  assert.deepEqual(sheet(64, 8, 2), { columns: 8, rows: 2, edge: 64 });
  assert.deepEqual(sheet(1024, 3, 3), { columns: 3, rows: 3, edge: 1024 });
  assert.equal(tiles(7, 7), null);
});
