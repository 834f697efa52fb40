import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { test } from "node:test";

const root = new URL("../../main/resources/webroot/", import.meta.url);
const { change, difference, pathOf, pathText, range, read, same, withValue } = await import(
  new URL("data/yamledit.js", root)
);
const bundle = readdirSync(new URL("vendor/", root)).find((name) => /^editor-.*\.mjs$/.test(name));
const yaml = await import(new URL(`vendor/${bundle}`, root));

const text = `# What is asked
metadata:
  name: kernels  # shown in lists
spec:
  base:
    data: {train: a, flip: true}
    sampling:
      steps: 5   # few
    loss:
      kernel: cubic
  # one trial each
  seeds:
    - 0  # the first
    - 1
  evaluation:
    samples: 512

# the end
`;
const order = (path) => ({ spec: ["base", "grid", "seeds", "evaluation"] })[path.join(".")] ?? [];
const edit = (from, path, value) => change(from, [{ path: path.split("/"), value }], yaml, order);

test("a scalar is replaced where it stands, and nothing else", () => {
  assert.equal(edit(text, "spec/base/sampling/steps", 10), text.replace("steps: 5 ", "steps: 10 "));
  assert.equal(edit(text, "spec/base/data/train", "b"), text.replace("train: a", "train: b"));
  assert.equal(edit(text, "metadata/name", "other"), text.replace("name: kernels", "name: other"));
});

test("what is so already stays as it is written", () => {
  assert.equal(edit(text, "spec/seeds", [0, 1]), text);
});

test("a list keeps the lines of the items that stay", () => {
  assert.equal(edit(text, "spec/seeds", [0, 1, 2]), text.replace("    - 1\n", "    - 1\n    - 2\n"));
  assert.equal(edit(text, "spec/seeds", [0]), text.replace("    - 1\n", ""));
  assert.equal(edit("a: [1, 2] # x\n", "a", [3]), "a: [3] # x\n");
});

test("a new field goes where the order has it, comments around it stay", () => {
  const with3 = edit(text, "spec/grid/sampling.steps", [3, 5]);
  assert.equal(
    with3,
    text.replace("      kernel: cubic\n", "      kernel: cubic\n  grid:\n    sampling.steps: [3, 5]\n"),
  );
  const both = edit(with3, "spec/grid/loss.kernel", ["cubic", "rbf"]);
  assert.match(both, / {4}sampling\.steps: \[3, 5\]\n {4}loss\.kernel: \[cubic, rbf\]\n/);
  assert.equal(edit(text, "spec/base/data/extra", 1), text.replace("flip: true}", "flip: true, extra: 1}"));
  assert.equal(
    edit(text, "spec/evaluation/seed", 7),
    text.replace("    samples: 512\n", "    samples: 512\n    seed: 7\n"),
  );
});

test("a field that goes takes what is empty without it along", () => {
  const grid = edit(text, "spec/grid/sampling.steps", [3, 5]);
  assert.equal(edit(grid, "spec/grid/sampling.steps", undefined), text);
  assert.equal(edit(text, "spec/base/data/flip", undefined), text.replace(", flip: true", ""));
  assert.equal(edit(text, "spec/base/data/train", undefined), text.replace("train: a, ", ""));
  assert.equal(
    edit(text, "spec/base/loss/kernel", undefined),
    text.replace("    loss:\n      kernel: cubic\n", ""),
  );
  assert.equal(edit(text, "spec/nothing", undefined), text);
});

test("a key without a value gets one", () => {
  assert.equal(edit("a:\nb: 1\n", "a", 5), "a: 5\nb: 1\n");
  assert.deepEqual(read(edit("a:  # x\nb: 1\n", "a/c", [1]), yaml).value, { a: { c: [1] }, b: 1 });
});

test("what cannot be done in place is done by the writer, comments kept", () => {
  const next = edit("# top\na:\n  - x: 1 # one\n  - y: 2\nb: 1 # two\n", "a", [1, 2]);
  assert.deepEqual(read(next, yaml).value, { a: [1, 2], b: 1 });
  assert.match(next, /# top/);
  assert.match(next, /# two/);
  assert.deepEqual(read(edit("", "a/b", 1), yaml).value, { a: { b: 1 } });
});

test("a text that is no YAML is not touched", () => {
  assert.equal(edit("a: [1\nb: {", "a", 1), null);
  assert.equal(edit("just words", "a", 1), null);
  assert.ok(read("a: [1\nb: {", yaml).problems.length > 0);
  assert.equal(read("a: 1\na: 2\n", yaml).value, undefined);
});

test("every recipe that ships survives a change and its opposite", async () => {
  const { readFileSync } = await import("node:fs");
  const folders = ["../../../../models/recipes/", "../../../../docs/examples/"].map(
    (one) => new URL(one, import.meta.url),
  );
  let count = 0;
  for (const folder of folders) {
    for (const name of readdirSync(folder).filter((one) => one.endsWith(".yaml"))) {
      const recipe = readFileSync(new URL(name, folder), "utf8");
      const grid = read(recipe, yaml).value.spec.grid ?? {};
      const axis = "training.iterations";
      if (axis in grid) continue;
      const there = edit(recipe, `spec/grid/${axis}`, [1, 2]);
      assert.deepEqual(read(there, yaml).value.spec.grid, { ...grid, [axis]: [1, 2] }, name);
      assert.equal(edit(there, `spec/grid/${axis}`, undefined), recipe, name);
      const comments = (one) => one.match(/#.*$/gm) ?? [];
      assert.deepEqual(comments(edit(recipe, "spec/evaluation/samples", 77)), comments(recipe), name);
      count++;
    }
  }
  assert.ok(count > 5);
});

test("places are found in the text, by the server's way of writing them", () => {
  assert.deepEqual(pathOf("spec.grid['loss.kernel'][1]"), ["spec", "grid", "loss.kernel", 1]);
  assert.deepEqual(pathOf("spec.exclude[0].x"), ["spec", "exclude", 0, "x"]);
  assert.deepEqual(pathOf(""), []);
  for (const one of ["spec.grid['loss.kernel'][1]", "spec.exclude[0].x", "a", ""])
    assert.equal(pathText(pathOf(one)), one);
  const { doc } = read(text, yaml);
  const at = (path, onKey) => {
    const { from, to } = range(doc, path, yaml, onKey);
    return text.slice(from, to);
  };
  assert.equal(at(["spec", "base", "sampling", "steps"]), "5");
  assert.equal(at(["spec", "base", "sampling", "steps"], true), "steps");
  assert.equal(at(["spec", "seeds", 1]), "1");
  assert.equal(at(["spec", "base", "data"]), "{train: a, flip: true}");
  assert.equal(at(["spec", "base"]), "base");
  assert.equal(at(["spec", "base", "nothing"]), "base");
});

test("values are compared and changed as trees", () => {
  assert.deepEqual(withValue({ a: { b: 1 }, c: 2 }, ["a", "b"], undefined), { c: 2 });
  assert.deepEqual(withValue({}, ["a", "b"], 1), { a: { b: 1 } });
  assert.ok(same({ a: [1, { b: 2 }] }, { a: [1, { b: 2 }] }));
  assert.ok(!same({ a: [1] }, { a: { 0: 1 } }));
});

test("texts differ in one stretch", () => {
  assert.equal(difference("abc", "abc"), null);
  assert.deepEqual(difference("abc", "abXc"), { from: 2, to: 2, insert: "X" });
  assert.deepEqual(difference("aa", "aaa"), { from: 2, to: 2, insert: "a" });
  assert.deepEqual(difference("abcd", "ad"), { from: 1, to: 3, insert: "" });
});

test("small numbers are written as people write them", () => {
  assert.equal(edit("a: 1\n", "a", [2e-5, 0.5, 1e-3, 0]), "a: [2e-5, 0.5, 0.001, 0]\n");
  assert.deepEqual(read("a: [2e-5, 1e+21]\n", yaml).value, { a: [2e-5, 1e21] });
});
