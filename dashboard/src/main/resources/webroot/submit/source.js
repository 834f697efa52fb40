// @ts-check
/** Where the text of the submit page comes from: a recipe, an experiment, or a draft of before. */
import { all, get, send } from "../api.js";

/** What a page without a source begins with. */
const standard = "examples/minimal";

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
 * @param {string} source `recipe:NAME`, `experiment:ID`, or empty
 * @returns {Promise<string>}
 */
export async function textOf(source) {
  if (source.startsWith("experiment:")) {
    const id = source.slice("experiment:".length);
    return send("GET", `experiments/${encodeURIComponent(id)}/spec?format=yaml`);
  }
  const name = source.startsWith("recipe:") ? source.slice("recipe:".length) : standard;
  const items = await recipes();
  const found =
    items.find((/** @type {{name: string}} */ one) => one.name === name) ??
    (source === "" ? items[0] : undefined);
  if (found) return found.text;
  throw new Error(source === "" ? "The server has no recipes." : `There is no recipe ${name}.`);
}
