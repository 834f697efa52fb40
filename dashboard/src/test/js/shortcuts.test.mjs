import assert from "node:assert/strict";
import { test } from "node:test";

const { pressed } = await import("../../main/resources/webroot/data/shortcuts.js");

test("two keys after each other lead somewhere", () => {
  const first = pressed({ key: "g" }, "");
  assert.equal(first.pending, "g");
  assert.deepEqual(pressed({ key: "f" }, first.pending), { pending: "", path: ["fleet"], act: undefined });
  assert.deepEqual(pressed({ key: "f" }, ""), { pending: "" });
  assert.equal(pressed({ key: "g" }, "g").pending, "g");
});

test("one key does what it says, and keys with Ctrl are the browser's", () => {
  assert.equal(pressed({ key: "?" }, "").act, "help");
  assert.equal(pressed({ key: "/" }, "g").act, "search");
  assert.deepEqual(pressed({ key: "?", ctrlKey: true }, ""), { pending: "" });
  assert.deepEqual(pressed({ key: "Shift" }, "g"), { pending: "" });
});
