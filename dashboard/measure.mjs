// What the page costs a browser against a running server, as a table in Markdown: first contentful
// paint, bytes of the first page as they came over the wire, time from an input to the frame that
// answers it, heap after collection, and how long the server took to answer what the page asked.
//   npm ci --ignore-scripts && node measure.mjs http://127.0.0.1:8080/      RUNS=5 EXPERIMENT=id
import { ask, browser } from "./pages.mjs";

const [base] = process.argv.slice(2);
if (!base) throw new Error("usage: measure.mjs URL");
const runs = Number(process.env.RUNS ?? 5);
const rows = [];
const say = (what, value, bar, met) => rows.push([what, value, bar, met === undefined ? "" : met ? "yes" : "NO"]);
const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
const range = (values, unit) => `${Math.round(median(values))} (${Math.round(Math.min(...values))} to ${Math.round(Math.max(...values))}) ${unit}`;

const first = await ask(base, "experiments?limit=200");
const largest = first.items.reduce((best, one) => (one.trials > best.trials ? one : best), first.items[0]);
const id = process.env.EXPERIMENT ?? largest?.id;
if (!id) throw new Error("the server has no experiment");
const chosen = await ask(base, `experiments/${encodeURIComponent(id)}`);
const at = `#/experiments/${encodeURIComponent(id)}`;

const chromium = await browser();

/** A page in a browser that knows nothing yet, with what it loads and how long inputs take. */
async function fresh(hash, ready) {
  const context = await chromium.newContext({ viewport: { width: 1280, height: 900 } });
  const page = await context.newPage();
  const wire = await context.newCDPSession(page);
  await wire.send("Network.enable");
  await wire.send("Performance.enable");
  const seen = { bytes: 0, answers: [] };
  wire.on("Network.loadingFinished", ({ encodedDataLength }) => (seen.bytes += encodedDataLength));
  page.on("requestfinished", (request) => {
    const { requestStart, responseStart } = request.timing();
    if (request.url().includes("/api/") && responseStart > 0) {
      seen.answers.push({ path: new URL(request.url()).pathname, millis: responseStart - requestStart });
    }
  });
  await page.addInitScript(() => {
    globalThis.inputs = [];
    new PerformanceObserver((list) => list.getEntries().forEach((one) => one.interactionId && globalThis.inputs.push(one.duration))).observe({
      type: "event",
      durationThreshold: 16,
      buffered: true,
    });
  });
  await page.goto(new URL(hash, base).href);
  await page.locator(ready).first().waitFor({ timeout: 60000 });
  return { context, page, wire, seen };
}

/** The longest time from an input of `act` to the frame that answers it; 16 stands for "less than two frames". */
async function interaction(page, act) {
  await page.evaluate(() => (globalThis.inputs.length = 0));
  await act();
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 0)))));
  return page.evaluate(() => Math.max(16, ...globalThis.inputs));
}

async function heap(wire) {
  await wire.send("HeapProfiler.collectGarbage");
  const { metrics } = await wire.send("Performance.getMetrics");
  return metrics.find((one) => one.name === "JSHeapUsedSize").value / 2 ** 20;
}

const answers = [];
try {
  for (const one of [
    { name: "experiments", hash: "#/", ready: "main table tbody tr" },
    { name: `experiment of ${chosen.trials} trials`, hash: at, ready: "main .trial-table tbody tr" },
    { name: "fleet", hash: "#/fleet", ready: "main h2" },
  ]) {
    const paints = [];
    const shown = [];
    const bytes = [];
    const heaps = [];
    for (let run = 0; run < runs; run++) {
      const { context, page, wire, seen } = await fresh(one.hash, one.ready);
      shown.push(await page.evaluate(() => performance.now()));
      await page.waitForLoadState("load");
      paints.push(await page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? Number.NaN));
      bytes.push(seen.bytes / 1024);
      heaps.push(await heap(wire));
      answers.push(...seen.answers);
      await context.close();
    }
    say(`${one.name}: first contentful paint`, range(paints, "ms"), "< 1000 ms", median(paints) < 1000);
    say(`${one.name}: data shown`, range(shown, "ms"), "");
    say(`${one.name}: bytes until the data shows`, range(bytes, "KiB"), one.hash === "#/" ? "< 400 KiB" : "", one.hash === "#/" ? median(bytes) < 400 : undefined);
    say(`${one.name}: heap`, range(heaps, "MiB"), "< 200 MiB", Math.max(...heaps) < 200);
  }

  const list = await fresh("#/", "main table tbody tr");
  const inputs = [
    ["experiments: type in the search", list.page, () => list.page.locator("#search").pressSequentially("size", { delay: 40 })],
    ["experiments: sort", list.page, () => list.page.locator("main table button.sort").first().click()],
  ];
  const large = await fresh(at, "main .trial-table tbody tr");
  inputs.push(
    ["trials: sort a column", large.page, () => large.page.locator(".trial-table thead button").nth(1).click()],
    ["trials: tick one", large.page, () => large.page.locator(".pick-box").first().click()],
    ["trials: scroll by keys", large.page, async () => {
      await large.page.locator(".trial-table").focus();
      for (let i = 0; i < 10; i++) await large.page.keyboard.press("PageDown");
    }],
    ["trials: to the leaderboard", large.page, () => large.page.locator(".experiment-tabs a").nth(1).click()],
    ["trials: back to the grid", large.page, () => large.page.locator(".experiment-tabs a").first().click()],
    ["trials: type in the filter", large.page, () => large.page.locator("main input[type=search], main input[type=text]").first().pressSequentially("seed=0", { delay: 60 })],
  );
  for (const [name, page, act] of inputs) {
    const millis = await interaction(page, act).catch((error) => String(error).split("\n")[0]);
    if (typeof millis === "string") say(name, millis, "< 100 ms", false);
    else say(name, millis === 16 ? "< 2 frames" : `${Math.round(millis)} ms`, "< 100 ms", millis < 100);
  }
  say("heap after all of these", `${Math.round(await heap(large.wire))} MiB`, "< 200 MiB", (await heap(large.wire)) < 200);
  answers.push(...list.seen.answers, ...large.seen.answers);
} finally {
  await chromium.close();
}
const times = answers.map((one) => one.millis).sort((a, b) => a - b);
const worst = answers.reduce((most, one) => (one.millis > most.millis ? one : most), { millis: 0, path: "" });
const at99 = times[Math.max(0, Math.ceil(times.length * 0.99) - 1)] ?? Number.NaN;
say(`server's answers, ${times.length}: median, 99 %`, `${Math.round(median(times))}, ${Math.round(at99)} ms`, "< 200 ms", at99 < 200);
say("server's slowest answer", `${Math.round(worst.millis)} ms, ${worst.path}`, "");

console.log(`| what, ${first.items.length}${first.next ? " or more" : ""} experiments | median (range) | bar | met |`);
console.log("|---|---|---|---|");
for (const row of rows) console.log(`| ${row.join(" | ")} |`);
