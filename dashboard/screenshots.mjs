// Takes a picture of every page in both themes at three widths, checks each with axe, and says what
// was wrong on the way (faults of the policy, errors, requests to others, pages wider than the window):
//   npm ci --ignore-scripts && node screenshots.mjs http://127.0.0.1:8080/ ../docs/screenshots [NAME...]
// AXE=no leaves axe out. Where pngquant is installed, the pictures are made small by it.
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { browser, pages, settled } from "./pages.mjs";

const [base, folder, ...only] = process.argv.slice(2);
if (!base || !folder) throw new Error("usage: screenshots.mjs URL FOLDER [NAME...]");
mkdirSync(folder, { recursive: true });
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const widths = [390, 1024, 1600];
const found = await pages(base);
const chromium = await browser();
let faults = 0;
const fault = (text) => {
  faults++;
  console.log(text);
};
try {
  for (const colorScheme of ["light", "dark"]) {
    for (const width of widths) {
      const context = await chromium.newContext({
        viewport: { width, height: width === 390 ? 844 : 900 },
        colorScheme,
        reducedMotion: "reduce",
      });
      for (const one of found.filter((it) => only.length === 0 || only.includes(it.name))) {
        const name = `${one.name}-${colorScheme}-${width}`;
        const page = await context.newPage();
        page.on("console", (line) => /error|warning/.test(line.type()) && fault(`${name}: ${line.text()}`));
        page.on("pageerror", (error) => fault(`${name}: ${error}`));
        page.on("request", (request) => {
          if (!/^(data|blob):/.test(request.url()) && new URL(request.url()).origin !== new URL(base).origin) fault(`${name}: asked ${request.url()}`);
        });
        try {
          await page.goto(new URL(one.hash, base).href);
          await settled(page, one);
          const file = join(folder, `${name}.png`);
          await page.screenshot({ path: file, fullPage: true, animations: "disabled" });
          spawnSync("pngquant", ["--force", "--skip-if-larger", "--quality", "60-95", "--speed", "5", "--output", file, file]);
          const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
          if (wide > 0) fault(`${name}: ${wide} px wider than the window`);
          if (process.env.AXE === "no") continue;
          await page.evaluate(axe).catch(() => page.addScriptTag({ content: axe }));
          const result = await page.evaluate(() => globalThis.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }));
          for (const violation of result.violations) {
            for (const node of violation.nodes.slice(0, 3)) fault(`${name}: ${violation.id}: ${node.target.join(" ")}: ${node.failureSummary?.split("\n").slice(1).join(" ")}`);
          }
        } catch (error) {
          fault(`${name}: ${String(error).split("\n")[0]}`);
        } finally {
          await page.close();
        }
      }
      await context.close();
    }
  }
} finally {
  await chromium.close();
}
console.log(faults === 0 ? "nothing wrong was seen" : `${faults} faults`);
process.exitCode = faults === 0 ? 0 : 1;
