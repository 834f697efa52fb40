import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const { aboutAt, flow, inputKind, offersAt } = await import("../../main/resources/webroot/data/assist.js");
const schema = JSON.parse(
  readFileSync(
    new URL("../../../../schemas/src/main/resources/schema/v1/experiment.schema.json", import.meta.url),
    "utf8",
  ),
);
const inputs = [
  { name: "fashion-train", kind: "DATASET" },
  { name: "fashion-a", kind: "EXTRACTOR" },
];

/** What is offered where ‸ stands. */
function offers(text, value = undefined) {
  const found = offersAt(schema, text.replace("‸", ""), text.indexOf("‸"), value, inputs);
  return found?.offers ?? [];
}
const labels = (text, value) => offers(text, value).map((one) => one.label);

test("fields that are not there yet are offered", () => {
  const value = { metadata: { name: "a" } };
  assert.deepEqual(labels("metadata:\n  name: a\n  ‸", value), ["project", "labels"]);
  assert.deepEqual(labels("me‸"), ["apiVersion", "kind", "metadata", "spec"]);
});

test("an axis gets brackets to write its values in, a group its next line", () => {
  const axis = offers("spec:\n  grid:\n    loss.k‸").find((one) => one.label === "loss.kernel");
  assert.equal(axis.apply, "loss.kernel: []");
  assert.equal(axis.cursor, 1);
  const group = offers("spec:\n  base:\n    ‸").find((one) => one.label === "training");
  assert.equal(group.apply, "training:\n      ");
  const inside = offers("spec:\n  base: {tr‸").find((one) => one.label === "training");
  assert.equal(inside.apply, "training: {}");
});

test("values are offered by what the schema allows, and inputs by their kind", () => {
  assert.deepEqual(labels("spec:\n  base:\n    loss:\n      kernel: ‸").slice(0, 2), ["cubic", "linear"]);
  assert.ok(labels("spec:\n  grid:\n    loss.kernel: [cubic, ‸]").includes("rbf"));
  assert.deepEqual(labels("spec: {base: {data: {train: ‸"), ["fashion-mnist-train", "fashion-train"]);
  assert.ok(labels("spec:\n  evaluation:\n    extractors:\n      - ‸").includes("fashion-a"));
  assert.deepEqual(labels("apiVersion: ‸"), ["fewstep/v1"]);
});

test("places that name inputs are known by their path", () => {
  assert.equal(inputKind(["spec", "grid", "data.train", 0]), "DATASET");
  assert.equal(inputKind(["spec", "base", "loss", "extractors", 0, "extractor"]), "EXTRACTOR");
  assert.equal(inputKind(["spec", "include", 0, "model.weights"]), "WEIGHTS");
  assert.equal(inputKind(["spec", "evaluation", "statistics", "inception"]), "STATISTICS");
  assert.equal(inputKind(["metadata", "name"]), undefined);
});

test("a word is explained, key or value", () => {
  const text = "spec:\n  base:\n    loss:\n      kernel: cubic\n";
  const key = aboutAt(schema, text, text.indexOf("kernel") + 2);
  assert.equal(key.title, "Kernel");
  assert.equal(key.standard, "cubic");
  assert.match(key.expected, /one of cubic/);
  assert.equal(text.slice(key.from, key.to), "kernel");
  assert.equal(aboutAt(schema, text, text.indexOf("cubic") + 2).title, "Kernel");
  assert.equal(aboutAt(schema, "nonsense: 1", 3), null);
  assert.equal(aboutAt(schema, "# spec", 4), null);
});

test("values are written on one line", () => {
  assert.equal(flow([1, "a", "true", { b: 0.5 }]), '[1, a, "true", {b: 0.5}]');
  assert.equal(flow("with: colon"), '"with: colon"');
});
