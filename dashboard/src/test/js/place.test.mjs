import assert from "node:assert/strict";
import { test } from "node:test";

const { placeAt } = await import("../../main/resources/webroot/data/place.js");

/** The place where ‸ stands in a text. */
function place(text) {
  const offset = text.indexOf("‸");
  const found = placeAt(text.replace("‸", ""), offset);
  return found && [found.kind, found.path.join("/"), found.word];
}

const head = "apiVersion: fewstep/v1\nmetadata:\n  name: a\nspec:\n  base:\n    loss:\n      kernel: cubic\n";

test("a key that is being written belongs to the object of its indentation", () => {
  assert.deepEqual(place("‸"), ["key", "", ""]);
  assert.deepEqual(place("metadata:\n  na‸"), ["key", "metadata", "na"]);
  assert.deepEqual(place(`${head}      ‸`), ["key", "spec/base/loss", ""]);
  assert.deepEqual(place(`${head}    tr‸`), ["key", "spec/base", "tr"]);
  assert.deepEqual(place(`${head}  gr‸\n  seeds: [1]\n`), ["key", "spec", "gr"]);
  assert.deepEqual(place(`${head}ki‸`), ["key", "", "ki"]);
});

test("an empty line deeper than a key without a value is inside it", () => {
  assert.deepEqual(place(`${head}    training:\n      ‸`), ["key", "spec/base/training", ""]);
  assert.deepEqual(place(`${head}    training: # how\n\n      it‸`), ["key", "spec/base/training", "it"]);
});

test("what follows a key's colon is its value", () => {
  assert.deepEqual(place("metadata:\n  name: ab‸"), ["value", "metadata/name", "ab"]);
  assert.deepEqual(place("metadata:\n  name: ‸\nspec:\n"), ["value", "metadata/name", ""]);
  assert.equal(place("metadata:\n  name:‸"), null);
  assert.deepEqual(place("spec:\n  grid:\n    loss.kernel: cu‸"), ["value", "spec/grid/loss.kernel", "cu"]);
});

test("items of a list are counted, also when they stand as deep as their key", () => {
  assert.deepEqual(place("spec:\n  seeds:\n    - 1\n    - ‸"), ["value", "spec/seeds/1", ""]);
  assert.deepEqual(place("spec:\n  seeds:\n  - 1\n  - 2‸"), ["value", "spec/seeds/1", "2"]);
  assert.deepEqual(place("spec:\n  seeds:\n  - 1\n  po‸"), ["key", "spec", "po"]);
  assert.deepEqual(place("spec:\n  exclude:\n    - loss.kernel: rbf\n      sam‸"), [
    "key",
    "spec/exclude/0",
    "sam",
  ]);
  assert.deepEqual(place("spec:\n  exclude:\n    - loss.kernel: rbf\n    - loss.kernel: c‸"), [
    "value",
    "spec/exclude/1/loss.kernel",
    "c",
  ]);
});

test("flow style is followed into its brackets", () => {
  assert.deepEqual(place("data: {train: a, fl‸}"), ["key", "data", "fl"]);
  assert.deepEqual(place("data: {train: ‸"), ["value", "data/train", ""]);
  assert.deepEqual(place("seeds: [1, 2‸]"), ["value", "seeds/1", "2"]);
  assert.deepEqual(place("grid: {loss.kernel: [cubic, li‸]}"), ["value", "grid/loss.kernel/1", "li"]);
  assert.deepEqual(place('labels: {"a, b": x, ‸'), ["key", "labels", ""]);
  assert.deepEqual(place("data: {\n  train: a,\n  ‸\n}\n"), ["key", "data", ""]);
  assert.deepEqual(place("exclude:\n  - {loss.kernel: rbf, sampling.steps: 1‸}\n"), [
    "value",
    "exclude/0/sampling.steps",
    "1",
  ]);
});

test("after a closed collection the document goes on", () => {
  assert.deepEqual(place("data: {train: a}\nmodel: {we‸"), ["key", "model", "we"]);
  assert.deepEqual(place("a: [1,\n  2]\nb‸"), ["key", "", "b"]);
  assert.equal(place("data: {train: a} ‸"), null);
});

test("comments and block scalars are no places", () => {
  assert.equal(place("# some‸"), null);
  assert.equal(place("a: 1 # some‸"), null);
  assert.equal(place("a: {b: 1, # some‸\n c: 2}"), null);
  assert.equal(place("a: |\n  some te‸\nb: 1\n"), null);
  assert.deepEqual(place("a: |\n  some text\nb‸"), ["key", "", "b"]);
});
