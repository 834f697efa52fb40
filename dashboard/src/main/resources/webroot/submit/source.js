// @ts-check
/** Where the text of the submit page comes from: a recipe, an experiment, or a draft of before. */
import { all, get, send } from "../api.js";

/** What a page without a source begins with. */
const standard = ["examples/minimal", "demo"];

/** @type {Promise<{name: string, title: string, text: string}[]> | undefined} */
let asked;

/** The recipes that ship with the server. */
export const recipes = () =>
  (asked ??= get("recipes").then(
    (answer) => answer.items,
    (error) => {
      asked = undefined;
      throw error;
    },
  ));

/** @type {Promise<any> | undefined} */
let known;

/** The JSON Schema of specifications. */
export const schema = () =>
  (known ??= get("schema").catch((error) => {
    known = undefined;
    throw error;
  }));

/**
 * Imported files by name and kind.
 * @returns {Promise<import("../data/assist.js").InputName[]>}
 */
export async function inputNames() {
  const items = await all("inputs");
  return items.map((/** @type {any} */ one) => ({
    name: one.name,
    kind: one.artifact?.kind ?? "",
    detail: [String(one.artifact?.kind ?? "").toLowerCase(), one.origin].filter(Boolean).join(", "),
  }));
}

/**
 * The text that a source stands for.
 * @param {string} source `recipe:NAME`, `experiment:ID`, or empty for the recipe to begin with
 * @returns {Promise<string>}
 */
export async function textOf(source) {
  if (source.startsWith("experiment:")) {
    const id = source.slice("experiment:".length);
    return send("GET", `experiments/${encodeURIComponent(id)}/spec?format=yaml`);
  }
  const items = await recipes();
  if (source === "") return (await beginning(items)).text;
  const name = source.slice("recipe:".length);
  const found = items.find((/** @type {{name: string}} */ one) => one.name === name);
  if (found) return found.text;
  throw new Error(`There is no recipe ${name}.`);
}

/**
 * The first recipe to begin with that names a base model that has been imported.
 * @param {{name: string, text: string}[]} items
 */
async function beginning(items) {
  const known = new Set((await inputNames().catch(() => [])).map((one) => one.name));
  const some = standard.flatMap((name) => items.filter((one) => one.name === name));
  const found = some.find((one) => known.has(one.text.match(/weights: *([\w.-]+)/)?.[1] ?? "")) ?? some[0] ?? items[0];
  if (found) return found;
  throw new Error("The server has no recipes.");
}
