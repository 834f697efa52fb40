// Bundles entry.js into webroot/vendor/echarts-VERSION.mjs, writes its licence beside it, and says
// its size and hash. With --check it writes nothing and fails when the vendored file is another.
import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const text = (path) => readFile(here(path), "utf8");
const versionOf = async (name) => JSON.parse(await text(`node_modules/${name}/package.json`)).version;

const version = await versionOf("echarts");
const zrender = await versionOf("zrender");
const tslib = await versionOf("tslib");
const file = `echarts-${version}.mjs`;
const vendor = "../src/main/resources/webroot/vendor/";

const bundle = await build({
  absWorkingDir: here("."),
  entryPoints: ["entry.js"],
  bundle: true,
  write: false,
  format: "esm",
  target: "es2022",
  minify: true,
  charset: "utf8",
  legalComments: "none",
  define: { "process.env.NODE_ENV": '"production"' },
  banner: {
    js:
      `/*! Apache ECharts ${version} (Apache-2.0), zrender ${zrender} (BSD-3-Clause), ` +
      `tslib ${tslib} (0BSD): bundled by dashboard/vendor-build, ` +
      `licences in echarts-${version}.LICENSE */`,
  },
});
const code = bundle.outputFiles[0].contents;
const hash = createHash("sha256").update(code).digest("hex");

const parts = [
  ["Apache ECharts: NOTICE", await text("node_modules/echarts/NOTICE")],
  ["Apache ECharts: LICENSE", await text("node_modules/echarts/LICENSE")],
  ["Apache ECharts: licenses/LICENSE-d3", await text("node_modules/echarts/licenses/LICENSE-d3")],
  [`zrender ${zrender}: LICENSE`, await text("node_modules/zrender/LICENSE")],
  [`tslib ${tslib}: LICENSE.txt`, await text("node_modules/tslib/LICENSE.txt")],
];
const licence = parts
  .map(([title, body]) => `===== ${title} =====\n\n${body.trim()}\n`)
  .join("\n");

if (process.argv.includes("--check")) {
  const lying = await readFile(here(vendor + file));
  const found = createHash("sha256").update(lying).digest("hex");
  if (found !== hash) {
    console.error(`vendor/${file} has hash ${found}, but this recipe makes ${hash}`);
    process.exit(1);
  }
} else {
  await writeFile(here(vendor + file), code);
  await writeFile(here(`${vendor}echarts-${version}.LICENSE`), licence);
}
console.log(`${hash}  ${file}`);
console.log(`${code.length} bytes, ${gzipSync(code, { level: 9 }).length} gzipped`);
