import assert from "node:assert/strict";
import { test } from "node:test";
import { changed, parseHash, toHash } from "../../main/resources/webroot/data/hash.js";

test("a path with slashes and spaces comes back as it was written", () => {
  const path = ["experiments", "a b/c%", "trials", "7"];
  assert.deepEqual(parseHash(toHash(path)).path, path);
});

test("an empty hash is the list of experiments", () => {
  for (const hash of ["", "#", "#/"]) assert.deepEqual(parseHash(hash).path, []);
  assert.equal(toHash([]), "#/");
});

test("a broken escape is taken as it stands", () => {
  assert.deepEqual(parseHash("#/experiments/%zz").path, ["experiments", "%zz"]);
});

test("several values of one name are kept, null and empty lists take it away, others stay", () => {
  const query = changed(new URLSearchParams("q=x&t=old"), { t: ["a/1", "b/2"] });
  assert.deepEqual(parseHash(toHash(["compare"], query)).query.getAll("t"), ["a/1", "b/2"]);
  assert.equal(changed(query, { t: null }).toString(), "q=x");
  assert.equal(changed(query, { t: [] }).toString(), "q=x");
  assert.equal(query.getAll("t").length, 2);
});
