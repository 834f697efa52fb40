import assert from "node:assert/strict";
import { test } from "node:test";

const { draftOf, dropDraft, keepDraft } = await import("../../main/resources/webroot/data/drafts.js");

function shelf() {
  const kept = new Map();
  return {
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => kept.set(key, value),
    removeItem: (key) => kept.delete(key),
    key: (i) => [...kept.keys()][i] ?? null,
    get length() {
      return kept.size;
    },
  };
}
const at = (second) => new Date(Date.UTC(2026, 0, 1, 0, 0, second));

test("a draft is kept for its source until it is dropped", () => {
  const one = shelf();
  keepDraft(one, "recipe:demo", "a: 1", at(0));
  assert.equal(draftOf(one, "recipe:demo").text, "a: 1");
  assert.equal(draftOf(one, "new"), null);
  dropDraft(one, "recipe:demo");
  assert.equal(draftOf(one, "recipe:demo"), null);
});

test("of too many drafts the oldest goes, and what others keep stays", () => {
  const one = shelf();
  one.setItem("other", "x");
  for (let i = 0; i < 9; i++) keepDraft(one, `s${i}`, "t", at(i));
  assert.equal(draftOf(one, "s0"), null);
  assert.notEqual(draftOf(one, "s1"), null);
  assert.equal(one.getItem("other"), "x");
});

test("what cannot be read or kept is no draft", () => {
  const one = shelf();
  one.setItem("fewstep:draft:new", "{broken");
  assert.equal(draftOf(one, "new"), null);
  const full = {
    ...shelf(),
    setItem: () => {
      throw new Error("full");
    },
  };
  keepDraft(full, "new", "t", at(0));
});
