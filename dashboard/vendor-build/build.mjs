// Bundles echarts.js and editor.js into webroot/vendor/NAME-VERSION.mjs, writes their licences beside
// them, and says their sizes and hashes. With --check it writes nothing and fails when a vendored
// file is another.
import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const text = (path) => readFile(here(path), "utf8");
const versionOf = async (name) => JSON.parse(await text(`node_modules/${name}/package.json`)).version;
const vendor = "../src/main/resources/webroot/vendor/";

/** parts: [package, its licence as SPDX names it, the files with its notices and licence, shown name] */
const bundles = [
  {
    name: "echarts",
    entry: "echarts.js",
    parts: [
      ["echarts", "Apache-2.0", ["NOTICE", "LICENSE", "licenses/LICENSE-d3"], "Apache ECharts"],
      ["zrender", "BSD-3-Clause", ["LICENSE"]],
      ["tslib", "0BSD", ["LICENSE.txt"]],
    ],
  },
  {
    name: "editor",
    versionOf: "@codemirror/view",
    entry: "editor.js",
    parts: [
      ...["autocomplete", "commands", "lang-yaml", "language", "lint", "search", "state", "streamparser", "view"].map(
        (name) => [`@codemirror/${name}`, "MIT", ["LICENSE"]],
      ),
      ...["common", "highlight", "lr", "yaml"].map((name) => [`@lezer/${name}`, "MIT", ["LICENSE"]]),
      ["@marijn/find-cluster-break", "MIT", ["LICENSE"]],
      ["crelt", "MIT", ["LICENSE"]],
      ["style-mod", "MIT", ["LICENSE"]],
      ["w3c-keyname", "MIT", ["LICENSE"]],
      ["yaml", "ISC", ["LICENSE"]],
    ],
  },
];

for (const { name, entry, parts, versionOf: leader = name } of bundles) {
  const stem = `${name}-${await versionOf(leader)}`;
  const file = `${stem}.mjs`;
  const inside = await Promise.all(
    parts.map(async ([part, licence, , shown = part]) => `${shown} ${await versionOf(part)} (${licence})`),
  );
  const bundle = await build({
    absWorkingDir: here("."),
    entryPoints: [entry],
    bundle: true,
    write: false,
    format: "esm",
    target: "es2022",
    minify: true,
    charset: "utf8",
    legalComments: "none",
    metafile: true,
    define: { "process.env.NODE_ENV": '"production"' },
    banner: {
      js: `/*! ${inside.join(", ")}: bundled by dashboard/vendor-build, licences in ${stem}.LICENSE */`,
    },
  });
  const named = new Set(parts.map(([part]) => part));
  const found = new Set(
    Object.keys(bundle.metafile.inputs)
      .map((path) => path.match(/node_modules\/((?:@[^/]+\/)?[^/]+)\//)?.[1])
      .filter(Boolean),
  );
  const without = [...found].filter((part) => !named.has(part));
  if (without.length > 0) throw new Error(`${file}: no licence is named for ${without.join(", ")}`);

  const code = bundle.outputFiles[0].contents;
  const hash = createHash("sha256").update(code).digest("hex");
  if (process.argv.includes("--check")) {
    const lying = createHash("sha256").update(await readFile(here(vendor + file))).digest("hex");
    if (lying !== hash) {
      console.error(`vendor/${file} has hash ${lying}, but this recipe makes ${hash}`);
      process.exitCode = 1;
    }
  } else {
    const licences = [];
    for (const [part, , files] of parts) {
      for (const one of files) {
        const body = await text(`node_modules/${part}/${one}`);
        licences.push(`===== ${part} ${await versionOf(part)}: ${one} =====\n\n${body.trim()}\n`);
      }
    }
    await writeFile(here(vendor + file), code);
    await writeFile(here(`${vendor}${stem}.LICENSE`), licences.join("\n"));
  }
  console.log(`${hash}  ${file}`);
  console.log(`${code.length} bytes, ${gzipSync(code, { level: 9 }).length} gzipped`);
}
