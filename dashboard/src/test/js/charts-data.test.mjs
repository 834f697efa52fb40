import assert from "node:assert/strict";
import { test } from "node:test";

const from = "../../main/resources/webroot/";
const columns = await import(`${from}data/columns.js`);
const filters = await import(`${from}data/filter.js`);
const heat = await import(`${from}data/heatmap.js`);
const heatLook = await import(`${from}data/heatoption.js`);
const nfe = await import(`${from}data/nfe.js`);
const pareto = await import(`${from}data/pareto.js`);
const parallel = await import(`${from}data/parallel.js`);
const curves = await import(`${from}data/curves.js`);
const statistics = await import(`${from}data/statistics.js`);
const palette = await import(`${from}data/palette.js`);
const keys = await import(`${from}charts/keys.js`);

const theme = { ink: "#000000", faint: "#555555", line: "#dddddd", paper: "#ffffff", raised: "#f4f4f4", accent: "#1f4fb8", dark: false };

/** Two kernels × two step counts × two seeds; one trial failed, one still runs. */
function table() {
  const column = (name, group, kind, values, more = {}) => ({ name, label: name, group, kind, values, ...more });
  return {
    count: 8,
    total: 8,
    spec: { trainedSpaces: ["lenet"] },
    columns: [
      column("trial", "fact", "number", [0, 1, 2, 3, 4, 5, 6, 7]),
      column("loss.kernel", "axis", "category", ["rbf", "rbf", "rbf", "rbf", "imq", "imq", "imq", "imq"]),
      column("sampling.steps", "axis", "category", [2, 2, 10, 10, 2, 2, 10, 10]),
      column("seed", "fact", "number", [0, 1, 0, 1, 0, 1, 0, 1]),
      column("state", "fact", "category", ["SUCCEEDED", "SUCCEEDED", "SUCCEEDED", "SUCCEEDED", "SUCCEEDED", "FAILED", "RUNNING", "SUCCEEDED"]),
      column("nfe", "fact", "number", [2, 2, 10, 10, 2, null, null, 10]),
      column("fd:hog", "score", "number", [4, 6, 3, 1, 8, null, null, 2], { better: "lower" }),
      column("fd_low:hog", "score", "number", [3.5, 5, 2, 0.5, 7, null, null, 1]),
      column("fd_high:hog", "score", "number", [4.5, 7, 4, 1.5, 9, null, null, 3]),
      column("fd:lenet", "score", "number", [1, 1, 1, 1, 1, null, null, 1], { better: "lower" }),
      column("baseline_fd:hog", "baseline", "number", [9, 9, 7, 7, 9, null, null, 7]),
      column("loss_last", "curve", "number", [3, 1, 2, null, null, null, null, null]),
      column("loss_min", "curve", "number", [1, 1, 0, null, null, null, null, null]),
      column("loss_min_step", "curve", "number", [50, 100, 70, null, null, null, null, null]),
    ],
  };
}
const rows = [0, 1, 2, 3, 4, 5, 6, 7];

test("numbers ascend and words keep their order", () => {
  assert.deepEqual(columns.distinct([10, 2, null, 2]), [2, 10]);
  assert.deepEqual(columns.distinct(["rbf", "imq", "rbf"]), ["rbf", "imq"]);
});

test("dimensions are axes and what else differs and is not said by an axis", () => {
  assert.deepEqual(columns.dimensions(table()).map((one) => one.name), ["loss.kernel", "sampling.steps", "seed"]);
});

test("scores of spaces that were not trained in come first, without intervals", () => {
  assert.deepEqual(columns.scores(table()).map((one) => one.name), ["fd:hog", "fd:lenet"]);
});

test("pages are joined, with null where a page lacks a column", () => {
  const page = (from, more) => ({ from, count: 1, total: 2, spec: {}, columns: [{ name: "trial", values: [from] }, ...more] });
  const joined = columns.join([page(0, []), page(1, [{ name: "nfe", values: [4] }])]);
  assert.deepEqual(joined.columns.map((one) => one.values), [[0, 1], [null, 4]]);
  assert.equal(joined.count, 2);
});

test("a page is settled once every trial of it ended", () => {
  const page = (...values) => ({ columns: [{ name: "state", values }] });
  assert.ok(columns.isSettled(page("SUCCEEDED", "STOPPED")));
  assert.ok(!columns.isSettled(page("SUCCEEDED", "RUNNING")));
  assert.ok(!columns.isSettled({ columns: [] }));
});

test("a filter survives its way through the address", () => {
  const filter = { values: { "loss.kernel": ["rbf", "a~b&c"] }, states: ["FAILED"], ranges: { nfe: [2, null], "fd:hog": [null, 0.5] }, search: "seed=1 rb" };
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(filters.changes(filter, query))) {
    for (const one of [value].flat()) if (one !== null) query.append(key, one);
  }
  assert.deepEqual(filters.parse(new URLSearchParams(query.toString())), filter);
  const cleared = filters.changes(filters.everything(), query);
  assert.ok(Object.values(cleared).every((one) => one === null));
  assert.ok("f.loss.kernel" in cleared && "r.nfe" in cleared);
});

test("what is written badly in the address asks for nothing", () => {
  const filter = filters.parse(new URLSearchParams("r.nfe=x~y&r.seed=~"));
  assert.ok(filters.isEverything(filter));
});

test("conditions of all kinds hold at once", () => {
  const filter = { values: { "loss.kernel": ["rbf"] }, states: ["SUCCEEDED"], ranges: { "fd:hog": [2, 5] }, search: "seed=0" };
  assert.deepEqual(filters.apply(table(), filter), [0, 2]);
  assert.deepEqual(filters.apply(table(), filter, { ignore: ["fd:hog"] }), [0, 2]);
  assert.deepEqual(filters.apply(table(), { ...filter, search: "" }, { ignore: ["loss.kernel"] }), [0, 2, 7]);
});

test("a word finds a part of a value, and with its name the whole value", () => {
  const found = (search) => filters.apply(table(), { ...filters.everything(), search });
  assert.deepEqual(found("IM failed"), [5]);
  assert.deepEqual(found("kernel=imq seed=1"), [5, 7]);
  assert.deepEqual(found("kernel=im"), []);
  assert.deepEqual(found("trial=3"), [3]);
});

test("a range leaves out trials without the number", () => {
  assert.deepEqual(filters.apply(table(), { ...filters.everything(), ranges: { nfe: [null, 1000] } }), [0, 1, 2, 3, 4, 7]);
});

test("each value says how many trials it would leave", () => {
  const filter = { ...filters.everything(), states: ["SUCCEEDED"], values: { "loss.kernel": ["rbf"] } };
  assert.deepEqual(filters.facets(table(), filter, "loss.kernel"), [
    { value: "rbf", count: 4, chosen: true },
    { value: "imq", count: 2, chosen: false },
  ]);
});

test("toggling twice changes nothing", () => {
  const once = filters.toggle(filters.everything(), "seed", "1");
  assert.deepEqual(once.values, { seed: ["1"] });
  assert.deepEqual(filters.toggle(once, "seed", "1"), filters.everything());
});

test("aggregates and intervals have their closed forms", () => {
  assert.equal(statistics.aggregate([3, 1, 2, 10], "median"), 2.5);
  assert.equal(statistics.aggregate([], "mean"), null);
  assert.equal(statistics.aggregate([4, 2], "max"), 4);
  // two values: 12.7062 * (|a - b| / sqrt 2) / sqrt 2
  assert.ok(Math.abs(statistics.halfWidth([4, 6]) - 12.7062) < 1e-9);
  assert.equal(statistics.halfWidth([4]), null);
  assert.ok(Math.abs(statistics.halfWidth(Array.from({ length: 101 }, (_, i) => i % 2)) / (Math.sqrt(0.25 * 101 / 100 * (1 - 1 / 101 ** 2)) / Math.sqrt(101)) - 1.984) < 0.01);
});

test("a cell is the aggregate of its trials and says why it has none", () => {
  const grid = heat.heatGrid(table(), rows, { x: "sampling.steps", y: "loss.kernel", score: "fd:hog", how: "mean" });
  assert.deepEqual(grid.xs, [2, 10]);
  assert.deepEqual(grid.facets[0].cells.map((cell) => [cell.value, cell.n]), [[5, 2], [2, 2], [8, 1], [2, 1]]);
  assert.equal(grid.best, 2);
  const seeds = heat.heatGrid(table(), rows, { x: "sampling.steps", y: "loss.kernel", facet: "seed", score: "fd:hog", how: "min" });
  assert.deepEqual(seeds.facets.map((facet) => facet.label), ["seed = 0", "seed = 1"]);
  assert.equal(heat.lack(seeds.facets[1].cells[2]), "failed");
  assert.equal(heat.lack(seeds.facets[0].cells[3]), "runs");
  assert.equal(heat.lack({ states: {}, trials: [] }), "none");
});

test("the heat map writes its numbers with enough contrast and patterns what lacks", () => {
  const grid = heat.heatGrid(table(), rows, { x: "sampling.steps", y: "loss.kernel", facet: "seed", score: "fd:hog", how: "min" });
  const names = { x: "steps", y: "kernel", score: "FD hog", how: "min" };
  const option = heatLook.heatOption(grid, names, theme, { width: 800, height: heatLook.heatHeight(grid, 800) });
  const items = option.series.flatMap((series) => series.data);
  assert.equal(items.length, 8);
  for (const { label, cell } of items.filter((item) => item.cell.value !== null)) {
    const t = (cell.value - grid.low) / (grid.high - grid.low);
    assert.ok(palette.contrast(label.color, palette.sequential(t)) >= 4.5);
  }
  assert.ok(items.filter((item) => item.cell.value === null).every((item) => item.itemStyle.decal));
  assert.match(items[0].name, /steps = 2, kernel = rbf\nmin FD hog 4, n = 1/);
  assert.equal(heat.heatTable(grid, names).rows.length, 4);
});

test("ink has enough contrast on the whole palette", () => {
  for (let t = 0; t <= 1; t += 0.01) {
    const colour = palette.sequential(t);
    assert.ok(palette.contrast(colour, palette.inkOn(colour)) >= 4.5, `at ${t}`);
  }
});

test("seeds are one point with a t interval, one trial keeps its own", () => {
  const points = [...nfe.tunedPoints(table(), rows, "fd:hog", "loss.kernel").entries()];
  assert.deepEqual(points.map(([name]) => name), ["rbf", "imq"]);
  const [rbf] = points[0][1];
  assert.equal(rbf.y, 5);
  assert.ok(Math.abs(rbf.high - 5 - 12.7062) < 1e-9);
  const single = points[1][1].find((point) => point.x === 2);
  assert.deepEqual([single.low, single.high, single.n], [7, 9, 1]);
});

test("the base model's points come from its evaluations and the paired baselines, each once", () => {
  const base = [{ nfe: 10, scores: { heldOut: { hog: 7 } } }, { nfe: 50, scores: { heldOut: { hog: 5 }, trained: 4 } }];
  assert.deepEqual(nfe.basePoints(table(), base, "fd:hog").map((p) => [p.x, p.y]), [[2, 9], [10, 7], [50, 5]]);
  assert.deepEqual(nfe.basePoints(table(), base, "fd:lenet").map((p) => [p.x, p.y]), [[50, 4]]);
});

test("a logarithmic scale gives way to numbers below zero", () => {
  const low = new Map([["finetuned", [{ x: 2, y: -1, low: null, high: null, n: 1, trials: [0], words: "" }]]]);
  const names = { score: "KD", by: null, log: true, better: "lower" };
  assert.equal(nfe.nfeOption(low, [], names, theme).yAxis.type, "value");
  const points = nfe.tunedPoints(table(), rows, "fd:hog", null);
  const option = nfe.nfeOption(points, [], names, theme);
  const [bar] = option.series.find((one) => one.type === "custom").data;
  assert.equal(option.yAxis.type, "log");
  assert.deepEqual([bar.value[1], bar.value[3]], [1, 1], "an interval that reaches below zero is open there");
  assert.equal(nfe.nfeOption(new Map(), [], names, theme).yAxis.type, "log");
});

test("nobody beats a point of the front", () => {
  const points = [[1, 5], [2, 4], [2, 3], [3, 3], [4, 1], [4, 1]].map(([x, y], row) => ({ row, x, y }));
  assert.deepEqual(pareto.front(points, "lower").map((p) => p.row), [0, 2, 4, 5]);
  assert.deepEqual(pareto.front(points, "higher").map((p) => p.row), [0]);
  assert.deepEqual(pareto.pairs(table(), rows, "nfe", "fd:hog").map((p) => p.row), [0, 1, 2, 3, 4, 7]);
});

test("parallel lines go through places of values, and brushes mean filters both ways", () => {
  const axes = parallel.dimensionsOf(table(), ["loss.kernel", "sampling.steps", "fd:lenet", "fd:hog"]);
  assert.deepEqual(axes.map((one) => [one.name, one.kind]), [["loss.kernel", "category"], ["sampling.steps", "category"], ["fd:hog", "number"]]);
  const found = parallel.lines(table(), rows, axes);
  assert.equal(found.lacking, 2);
  assert.deepEqual(found.data[2].line, [0, 1, 3]);
  assert.deepEqual(parallel.meaning(axes[1], [[0.7, 1.2]]), { values: ["10"] });
  assert.deepEqual(parallel.meaning(axes[2], [[1.23456789, 4]]), { range: [1.23457, 4] });
  assert.deepEqual(parallel.meaning(axes[2], []), { range: null });
  const filter = { ...filters.everything(), values: { "sampling.steps": ["10"] }, ranges: { "fd:hog": [2, 3] } };
  assert.deepEqual(parallel.brushOf(axes[1], filter), [[0.65, 1.35]]);
  assert.deepEqual(parallel.brushOf(axes[2], filter), [[2, 3]]);
});

test("curves are ordered by where they ended", () => {
  assert.deepEqual(curves.curveNames(table()), ["loss"]);
  assert.deepEqual(curves.curveEnds(table(), rows, "loss").map((one) => [one.trial, one.min, one.step]), [[1, 1, 100], [2, 0, 70], [0, 1, 50]]);
});

test("arrow keys walk round items that have words", () => {
  const option = { series: [{ data: [{ name: "a" }, { name: "" }, { name: "b" }] }, { silent: true, data: [{ name: "x" }] }, { data: [{ name: "c" }] }] };
  assert.deepEqual(keys.step(option, null, "ArrowRight"), { series: 0, item: 0 });
  assert.deepEqual(keys.step(option, { series: 0, item: 0 }, "ArrowRight"), { series: 0, item: 2 });
  assert.deepEqual(keys.step(option, { series: 0, item: 0 }, "ArrowLeft"), { series: 0, item: 2 });
  assert.deepEqual(keys.step(option, { series: 0, item: 2 }, "ArrowDown"), { series: 2, item: 0 });
  assert.equal(keys.step(option, null, "Tab"), null);
  assert.equal(keys.step({ series: [] }, null, "ArrowRight"), null);
});

test("an axis that was searched over is a scale, one of few values stays a row of values", () => {
  const values = Array.from({ length: 60 }, (_, i) => i / 60);
  const searched = {
    count: 60, total: 60, spec: {},
    columns: [
      { name: "rate", label: "rate", group: "axis", kind: "number", values },
      { name: "steps", label: "steps", group: "axis", kind: "number", values: values.map((one) => Math.floor(one * 4)) },
      { name: "fd:a", label: "FD a", group: "score", kind: "number", values },
    ],
  };
  assert.deepEqual(parallel.dimensionsOf(searched, ["rate", "steps", "fd:a"]).map((one) => one.kind), ["number", "category", "number"]);
  const few = {
    count: 4, total: 4, spec: {},
    columns: [
      { name: "seed", label: "Seed", group: "fact", kind: "number", values: [0, 1, 0, 1] },
      { name: "seconds", label: "Device time", group: "fact", kind: "number", values: [65.1, 62.6, 40.4, 39.8] },
      { name: "fd:a", label: "FD a", group: "score", kind: "number", values: [1, 2, 3, 4] },
    ],
  };
  assert.deepEqual(parallel.dimensionsOf(few, ["seed", "seconds", "fd:a"]).map((one) => one.kind), ["category", "number", "number"]);
});
