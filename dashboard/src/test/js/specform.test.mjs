import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";

const root = new URL("../../main/resources/webroot/", import.meta.url);
const { formOf, formFields, gridSize, orderOf, parseTyped, writes } = await import(
  new URL("data/specform.js", root)
);
const { at, fields, keysAt, valuesOf } = await import(new URL("data/schema.js", root));
const { faults } = await import(new URL("data/faults.js", root));
const { nearest } = await import(new URL("data/nearest.js", root));
const { change, read } = await import(new URL("data/yamledit.js", root));
const bundle = readdirSync(new URL("vendor/", root)).find((name) => /^editor-.*\.mjs$/.test(name));
const yaml = await import(new URL(`vendor/${bundle}`, root));
const up = "../../../../";
const schema = JSON.parse(
  readFileSync(
    new URL(`${up}schemas/src/main/resources/schema/v1/experiment.schema.json`, import.meta.url),
    "utf8",
  ),
);
const example = (name) => readFileSync(new URL(`${up}docs/examples/${name}.yaml`, import.meta.url), "utf8");
const spec = (name) => read(example(name), yaml).value;
const state = (from, id) => formOf(schema, from).find((one) => one.field.id === id);

test("every field of the form is one of the schema", () => {
  for (const one of formFields) {
    const about = one.axis
      ? fields(schema).find((known) => known.name === one.axis)?.schema
      : at(schema, one.path);
    assert.ok(about?.title, one.id);
  }
});

test("an axis shows its values, and any other field the one it has", () => {
  const kernels = spec("kernels");
  assert.deepEqual(state(kernels, "kernel").values, ["cubic", "linear", "rbf"]);
  assert.equal(state(kernels, "kernel").axis, true);
  assert.deepEqual(state(kernels, "seeds").values, [0, 1]);
  assert.deepEqual(state(kernels, "iterations").values, [50]);
  assert.equal(state(kernels, "iterations").axis, false);
  assert.deepEqual(state(spec("minimal"), "kernel").values, []);
  assert.equal(state(spec("minimal"), "kernel").standard, "cubic");
});

test("what the form cannot say is locked with the reason", () => {
  assert.match(state({ spec: { grid: { loss: [{ kernel: "rbf" }] } } }, "kernel").locked, /axis loss/);
  assert.match(state(spec("random"), "learningRate").locked, /range/);
  assert.match(state(spec("pretrain"), "weights").locked, /pretrains/);
  assert.equal(state(spec("kernels"), "kernel").locked, "");
});

test("typed lists become values, and what is none is said", () => {
  const of = (id) => formFields.find((one) => one.id === id);
  assert.deepEqual(parseTyped(of("steps"), "3, 5 8;10"), { values: [3, 5, 8, 10], problem: "" });
  assert.match(parseTyped(of("steps"), "3, five").problem, /five is no whole number/);
  assert.match(parseTyped(of("steps"), "2.5").problem, /whole/);
  assert.deepEqual(parseTyped(of("learningRate"), "1e-5").values, [1e-5]);
  assert.match(parseTyped(of("seeds"), "1 1").problem, /twice/);
  assert.deepEqual(parseTyped(of("name"), " a ").values, ["a"]);
  assert.deepEqual(parseTyped(of("seeds"), "").values, []);
});

test("several values make an axis, one value unmakes it, none leaves the default", () => {
  const text = example("minimal");
  const put = (from, id, values) =>
    change(from, writes(state(read(from, yaml).value, id), values), yaml, orderOf(schema));
  const many = put(text, "steps", [3, 5]);
  assert.deepEqual(read(many, yaml).value.spec.grid, { "sampling.steps": [3, 5] });
  const one = put(many, "steps", [7]);
  assert.equal(read(one, yaml).value.spec.grid, undefined);
  assert.equal(read(one, yaml).value.spec.base.sampling.steps, 7);
  const none = put(one, "steps", []);
  assert.equal(read(none, yaml).value.spec.base.sampling, undefined);
  assert.deepEqual(none.match(/#.*$/gm), text.match(/#.*$/gm));
});

test("the size of a plain grid is known at once", () => {
  assert.equal(gridSize({ spec: { grid: { a: [1, 2], b: [1, 2, 3] }, seeds: [0, 1] } }), 12);
  assert.equal(gridSize({ spec: {} }), 1);
  assert.equal(gridSize(spec("kernels")), null);
  assert.equal(gridSize(undefined), null);
});

test("all that ships keeps to the schema", () => {
  for (const folder of ["docs/examples/", "models/recipes/", "models/recipes/published/"]) {
    const here = new URL(up + folder, import.meta.url);
    for (const name of readdirSync(here).filter((one) => one.endsWith(".yaml"))) {
      const { value, problems } = read(readFileSync(new URL(name, here), "utf8"), yaml);
      assert.deepEqual(problems, [], name);
      assert.deepEqual(faults(schema, value), [], name);
    }
  }
});

test("faults say what, where, what is expected and what was meant", () => {
  const value = spec("kernels");
  value.spec.base.loss.kernal = "cubic";
  value.spec.base.loss.kernel = "cubik";
  value.spec.base.sampling.steps = 0;
  value.spec.grid["loss.kernell"] = ["rbf"];
  value.spec.grid["sampling.steps"] = [2, "5"];
  delete value.metadata.name;
  const found = Object.fromEntries(faults(schema, value).map((one) => [one.path.join("/"), one]));
  assert.equal(found["spec/base/loss/kernal"].nearest, "kernel");
  assert.equal(found["spec/base/loss/kernel"].nearest, "cubic");
  assert.match(found["spec/base/loss/kernel"].expected, /one of cubic, linear/);
  assert.match(found["spec/base/sampling/steps"].message, /too small/);
  assert.equal(found["spec/grid/loss.kernell"].nearest, "loss.kernel");
  assert.match(found["spec/grid/sampling.steps/1"].message, /"5" is not a whole number/);
  assert.match(found.metadata.message, /name is missing/);
  assert.equal(faults(schema, "words").length, 1);
});

test("fields and values of a place are offered", () => {
  const names = (path) => keysAt(schema, path).map((one) => one.name);
  assert.deepEqual(names([]), ["apiVersion", "kind", "metadata", "spec"]);
  assert.ok(names(["spec", "base", "loss"]).includes("kernel"));
  assert.ok(names(["spec", "grid"]).includes("loss.kernel"));
  assert.ok(names(["spec", "exclude", 0]).includes("sampling.steps"));
  assert.ok(keysAt(schema, ["spec"]).find((one) => one.name === "evaluation").required);
  assert.deepEqual(valuesOf(at(schema, ["spec", "grid", "loss.kernel", 0])), [
    "cubic",
    "linear",
    "rbf",
    "polynomial",
    "rational-quadratic",
  ]);
  assert.deepEqual(valuesOf(at(schema, ["spec", "policy", "cache"])), [true, false]);
  assert.equal(at(schema, ["spec", "nothing", "at all"]), undefined);
});

test("the nearest word is the one with the fewest letters to change", () => {
  assert.equal(nearest("kernal", ["label", "kernel"]), "kernel");
  assert.equal(nearest("Steps", ["steps"]), "steps");
  assert.equal(nearest("zzzzz", ["steps"]), undefined);
});
