// What the scripts that look at the page share: a browser that is already installed, and the
// addresses of all pages for one experiment of a running server.
import { existsSync } from "node:fs";
import { chromium } from "playwright-core";

/** Headless Chromium: CHROMIUM, or where distributions put it. */
export function browser() {
  const places = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
  const executablePath = places.find((place) => place && existsSync(place));
  if (!executablePath) throw new Error(`no Chromium at ${places.filter(Boolean).join(", ")}; CHROMIUM may name one`);
  return chromium.launch({ executablePath, args: ["--no-sandbox"] });
}

/** The answer of the API, or an error that says what was asked. */
export async function ask(base, path) {
  const answer = await fetch(new URL(`api/v1/${path}`, base));
  if (!answer.ok) throw new Error(`${answer.status} for ${answer.url}`);
  return answer.json();
}

/**
 * Every page by name. EXPERIMENT names the experiment shown; otherwise the newest that succeeded.
 * `ready` is what shows when the page has its data.
 */
export async function pages(base) {
  const items = (await ask(base, "experiments?limit=50")).items;
  const id = process.env.EXPERIMENT ?? (items.find((one) => one.state === "SUCCEEDED" && one.trials > 1) ?? items[0])?.id;
  if (!id) throw new Error("there is no experiment to show");
  const trials = (await ask(base, `experiments/${id}/trials?limit=100`)).items;
  const done = trials.filter((one) => one.state === "SUCCEEDED");
  const [first, second = first] = (done.length > 0 ? done : trials).map((one) => one.index);
  const at = `#/experiments/${encodeURIComponent(id)}`;
  return [
    { name: "experiments", hash: "#/", ready: "main a[href*='experiments/']" },
    { name: "submit", hash: "#/submit?from=recipe%3Ademo", ready: ".cm-content, textarea" },
    { name: "experiment", hash: at, ready: "main canvas" },
    { name: "experiment-leaderboard", hash: `${at}?tab=leaderboard`, ready: "main table tbody tr" },
    { name: "experiment-curves", hash: `${at}?tab=curves`, ready: "main canvas, main .chart-empty" },
    { name: "trial", hash: `${at}/trials/${first}`, ready: "main canvas, main .uplot, main table" },
    { name: "compare", hash: `#/compare?t=${id}/${first}&t=${id}/${second}`, ready: "main table" },
    { name: "fleet", hash: "#/fleet", ready: "main table, main canvas" },
    { name: "not-here", hash: "#/nowhere", ready: "main h1" },
  ];
}

/** Waits until the page shows its data and nothing is on its way. */
export async function settled(page, one) {
  await page.locator(one.ready).first().waitFor({ timeout: 20000 });
  await page
    .waitForFunction(() => !document.querySelector("main .skeleton, main [aria-busy=true], main .experiment-waits"), undefined, { timeout: 15000 })
    .catch(() => console.log(`${one.name}: something still loads`));
  await page.evaluate(() => document.fonts.ready.then(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))));
}
