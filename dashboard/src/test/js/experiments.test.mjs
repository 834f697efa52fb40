import assert from "node:assert/strict";
import test from "node:test";
import {
  bestText,
  columns,
  direction,
  filtered,
  first,
  joined,
  listPath,
  nextSort,
  viewsOf,
  viewText,
  withView,
} from "../../main/resources/webroot/data/experiments.js";

const query = (text) => new URLSearchParams(text);
const column = (id) => columns.find((one) => one.id === id);

test("the server is asked for what the address says and nothing else", () => {
  assert.equal(listPath(query("q=mmd&x=1&state=RUNNING,PAUSED&sort=-best")), "experiments?q=mmd&state=RUNNING%2CPAUSED&sort=-best&limit=50");
  assert.equal(listPath(query(""), { limit: 200, after: "a b" }), "experiments?limit=200&after=a+b");
});

test("a head sorts by its usual direction first, then by the other", () => {
  assert.equal(nextSort(null, column("best")), "best");
  assert.equal(nextSort("best", column("best")), "-best");
  assert.equal(nextSort("-best", column("best")), "best");
  assert.equal(nextSort("best", column("submitted")), null, "the usual order is not in the address");
  assert.equal(nextSort(null, column("submitted")), "submittedAt");
  assert.equal(nextSort("best", column("tasks")), "best", "not sortable");
});

test("readers of screens hear the direction", () => {
  assert.equal(direction(null, column("submitted")), "descending");
  assert.equal(direction("best", column("best")), "ascending");
  assert.equal(direction("best", column("trials")), "none");
  assert.equal(direction("best", column("tasks")), undefined);
});

test("named views keep the filters and survive nonsense", () => {
  assert.equal(viewText(query("q=a&page=3&sort=best")), "q=a&sort=best");
  assert.deepEqual(viewsOf("{broken"), []);
  assert.deepEqual(viewsOf('[{"name":"b","query":"q=1"},{"name":1},null,{"name":"a","query":""}]'), [
    { name: "a", query: "" },
    { name: "b", query: "q=1" },
  ]);
  assert.deepEqual(withView([{ name: "a", query: "x" }], "a", "y"), [{ name: "a", query: "y" }]);
  assert.equal(filtered(query("sort=best")), false);
  assert.equal(filtered(query("label=a")), true);
});

test("the best score is told with its space, baseline and NFE", () => {
  assert.equal(bestText({ space: "fashion-c", score: 7, ratio: 0.2728, nfe: 3, heldOut: true }), "fashion-c, 0.27 × baseline, 3 NFE");
  assert.equal(bestText({ space: "a", score: 7, heldOut: false }), "a, trained space");
  assert.equal(bestText(null), "");
});

test("as many as were shown are read again, in requests of a bounded size", async () => {
  const stock = Array.from({ length: 470 }, (_, i) => ({ id: `e${i}` }));
  const asked = [];
  const ask = async ({ limit, after }) => {
    asked.push(limit);
    const from = after ? Number(after) : 0;
    const items = stock.slice(from, from + limit);
    return { items, next: items.length === limit ? String(from + limit) : undefined };
  };
  const some = await first(ask, 450);
  assert.deepEqual([some.items.length, some.next, asked], [450, "450", [200, 200, 50]]);
  const all = await first(ask, 500);
  assert.deepEqual([all.items.length, all.next], [470, undefined]);
  assert.deepEqual(await first(async () => ({ items: [] }), 50), { items: [], next: undefined });
});

test("an experiment that moved between two pages is listed once, as it was read last", () => {
  const before = [{ id: "a" }, { id: "b", state: "RUNNING" }];
  assert.deepEqual(joined(before, [{ id: "b", state: "FAILED" }, { id: "c" }]), [
    { id: "a" },
    { id: "b", state: "FAILED" },
    { id: "c" },
  ]);
});
