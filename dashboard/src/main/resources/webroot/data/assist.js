// @ts-check
/** What an editor of specifications offers and says at a place of the text. Pure functions. */
import { placeAt } from "./place.js";
import { at, expected, keysAt, valuesOf } from "./schema.js";

/**
 * @typedef {{name: string, kind: string, detail?: string}} InputName
 * @typedef {{label: string, apply: string, cursor?: number, detail: string, info: string, boost: number, type: "property" | "constant" | "text"}} Offer
 *     cursor: where it is to stand in what is written, counted from its end
 */

/**
 * Which kind of imported file a place names; undefined for places that name none.
 * @param {(string | number)[]} path
 * @returns {"DATASET" | "WEIGHTS" | "EXTRACTOR" | "STATISTICS" | undefined}
 */
export function inputKind(path) {
  const plain = path.filter((one) => typeof one === "string").join(".");
  if (/^spec\.evaluation\.statistics\.[^.]+/.test(plain)) return "STATISTICS";
  const rest = plain.replace(/^spec\.(base|grid|exclude|include)\./, "").replace(/^spec\./, "");
  if (["data.train", "evaluation.reference", "training.validation.dataset"].includes(rest)) return "DATASET";
  if (rest === "model.weights") return "WEIGHTS";
  if (["loss.extractor", "evaluation.extractors", "loss.extractors.extractor"].includes(rest))
    return "EXTRACTOR";
  return undefined;
}

/**
 * A value on one line of YAML.
 * @param {any} value
 * @returns {string}
 */
export function flow(value) {
  if (Array.isArray(value)) return `[${value.map(flow).join(", ")}]`;
  if (value !== null && typeof value === "object") {
    return `{${Object.entries(value)
      .map(([key, one]) => `${key}: ${flow(one)}`)
      .join(", ")}}`;
  }
  if (typeof value !== "string") return String(value);
  const plain =
    /^[A-Za-z_][\w./-]*( [\w./-]+)*$/.test(value) && !/^(true|false|null|yes|no|on|off)$/i.test(value);
  return plain ? value : JSON.stringify(value);
}

/**
 * What can be written at a place.
 * @param {any} schema
 * @param {string} text
 * @param {number} offset
 * @param {any} value what the text says, as far as it can be read
 * @param {InputName[]} inputs
 * @returns {{from: number, offers: Offer[]} | null}
 */
export function offersAt(schema, text, offset, value, inputs) {
  const place = placeAt(text, offset);
  if (!place) return null;
  const word = place.word.trimStart();
  if (place.kind === "key") {
    const there = place.path.reduce(
      (now, part) => (now !== null && typeof now === "object" ? now[part] : undefined),
      value,
    );
    const taken = there !== null && typeof there === "object" ? Object.keys(there) : [];
    const axes = place.path.join(".") === "spec.grid";
    const inFlow = flowAround(text, place.from);
    const indent = place.from - (text.lastIndexOf("\n", place.from - 1) + 1);
    const offers = keysAt(schema, place.path)
      .filter((one) => one.name === word || !taken.includes(one.name))
      .map((one) => keyOffer(one, { axes, inFlow, indent, written: text.slice(offset) }));
    return offers.length > 0 ? { from: place.from, offers } : null;
  }
  if (/["'[{|>&*]/.test(word[0] ?? "")) return null;
  const about = at(schema, place.path);
  /** @type {Offer[]} */
  const offers = valuesOf(about).map((one, i) => ({
    label: flow(one),
    apply: flow(one),
    detail: same(one, about?.default)
      ? "default"
      : about?.enum || about?.const !== undefined
        ? ""
        : "example",
    info: about?.description ?? "",
    boost: -i,
    type: "constant",
  }));
  const kind = inputKind(place.path);
  const list = about?.type === "array";
  for (const one of inputs.filter((input) => input.kind === kind)) {
    offers.push({
      label: one.name,
      apply: list ? `[${one.name}]` : one.name,
      detail: "imported",
      info: one.detail ?? "",
      boost: 50,
      type: "text",
    });
  }
  if (list && about.items?.enum) {
    offers.push({
      label: flow(about.items.enum),
      apply: flow(about.items.enum),
      detail: "all",
      info: about.description ?? "",
      boost: 1,
      type: "constant",
    });
  }
  return offers.length > 0 ? { from: place.from, offers } : null;
}

/**
 * @param {{name: string, schema: any, required: boolean, group: boolean}} one
 * @param {{axes: boolean, inFlow: boolean, indent: number, written: string}} here
 * @returns {Offer}
 */
function keyOffer(one, here) {
  const about = one.schema;
  const has = /^\S*\s*:/.test(here.written);
  let apply = `${one.name}: `;
  let cursor = 0;
  if (has) apply = one.name;
  else if (here.axes || about?.type === "array") {
    apply = `${one.name}: []`;
    cursor = 1;
  } else if (one.group && here.inFlow) {
    apply = `${one.name}: {}`;
    cursor = 1;
  } else if (one.group) apply = `${one.name}:\n${" ".repeat(here.indent + 2)}`;
  return {
    label: one.name,
    apply,
    cursor,
    detail: one.required
      ? "required"
      : about?.default !== undefined && about.type !== "object"
        ? `default ${flow(about.default)}`
        : "",
    info: about?.description ?? "",
    boost: one.required ? 10 : 0,
    type: "property",
  };
}

/**
 * Whether a place is inside brackets that open on its line.
 * @param {string} text
 * @param {number} offset
 */
function flowAround(text, offset) {
  const line = text.slice(text.lastIndexOf("\n", offset - 1) + 1, offset);
  return (line.match(/[{[]/g) ?? []).length > (line.match(/[}\]]/g) ?? []).length;
}

/**
 * @param {any} a
 * @param {any} b
 */
const same = (a, b) => b !== undefined && JSON.stringify(a) === JSON.stringify(b);

/**
 * What is known of the word at a place.
 * @param {any} schema
 * @param {string} text
 * @param {number} offset
 * @returns {{from: number, to: number, path: (string | number)[], title: string, text: string, expected: string, standard: string} | null}
 */
export function aboutAt(schema, text, offset) {
  const part = /[\w./-]/;
  let from = offset;
  let to = offset;
  while (from > 0 && part.test(text[from - 1])) from--;
  while (to < text.length && part.test(text[to])) to++;
  if (from === to) return null;
  const place = placeAt(text, to);
  if (!place) return null;
  const path = place.kind === "key" ? [...place.path, text.slice(from, to)] : place.path;
  const about = at(schema, path);
  if (!about || (!about.description && !about.title)) return null;
  return {
    from,
    to,
    path,
    title: about.title ?? String(path.at(-1)),
    text: about.description ?? "",
    expected: expected(about),
    standard: about.default === undefined ? "" : flow(about.default),
  };
}
