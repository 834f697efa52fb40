// @ts-check
/**
 * Changes single values of a YAML text and leaves everything else as it was written, comments and
 * layout included. Each change is read again; one that did not do exactly what was asked is made by
 * the parser's own writer instead, which keeps comments too but not the layout. Pure functions.
 */
import { blockItems, insertPair, removePair, valueText } from "./yamltext.js";

/**
 * Parts of the vendored editor (`import("editor")`) that this needs.
 * @typedef {{parseDocument: Function, isMap: Function, isSeq: Function, isScalar: Function, stringify: Function}} Yaml
 * @typedef {(string | number)[]} Path
 * @typedef {{doc: any, value: any, problems: {from: number, to: number, message: string}[]}} Read
 */

/** Beyond this much text nothing is read while it is being typed; the server takes 1 MiB. */
export const most = 1 << 20;

/**
 * @param {string} text
 * @param {Yaml} yaml
 * @returns {Read} value: undefined when the text is no YAML
 */
export function read(text, yaml) {
  const doc = yaml.parseDocument(text, { maxAliasCount: 100, prettyErrors: false });
  const problems = [...doc.errors, ...doc.warnings].map((/** @type {any} */ error) => ({
    from: error.pos[0],
    to: Math.max(error.pos[1], error.pos[0] + 1),
    message: error.message,
  }));
  let value;
  if (doc.errors.length === 0) {
    try {
      value = doc.toJS({ maxAliasCount: 100 });
    } catch (error) {
      problems.push({ from: 0, to: 1, message: error instanceof Error ? error.message : String(error) });
    }
  }
  return { doc, value, problems };
}

/**
 * Where a place stands in the text; the closest place above it that is there.
 * @param {any} doc
 * @param {Path} path
 * @param {Yaml} yaml
 * @param {boolean} [onKey] the key rather than the value
 * @returns {{from: number, to: number}}
 */
export function range(doc, path, yaml, onKey = false) {
  let node = doc.contents;
  /** @type {any} */
  let key = null;
  let whole = true;
  for (const part of path) {
    let next;
    if (yaml.isMap(node)) {
      next = node.items.find((/** @type {any} */ one) => String(one.key?.value ?? one.key) === String(part));
      if (!next) whole = false;
      else {
        key = next.key;
        node = next.value;
      }
    } else if (yaml.isSeq(node) && node.items[Number(part)]) {
      node = node.items[Number(part)];
      key = null;
    } else whole = false;
    if (!whole) break;
  }
  const ofValue = node?.range && (yaml.isScalar(node) ? node.range[1] > node.range[0] : node.flow || !key);
  const chosen = (onKey || !whole || !ofValue) && key?.range ? key.range : node?.range;
  return chosen ? { from: chosen[0], to: Math.max(chosen[1], chosen[0]) } : { from: 0, to: 0 };
}

/**
 * A place as the server writes it: `spec.grid['loss.kernel'][1]`.
 * @param {string} text
 * @returns {Path}
 */
export function pathOf(text) {
  /** @type {Path} */
  const path = [];
  for (const part of text.matchAll(/\['([^']*)'\]|\[(\d+)\]|([^.[\]]+)/g)) {
    path.push(part[2] !== undefined ? Number(part[2]) : (part[1] ?? part[3]));
  }
  return path;
}

/**
 * The same the other way round.
 * @param {Path} path
 * @returns {string}
 */
export function pathText(path) {
  return path.reduce((/** @type {string} */ text, part) => {
    if (typeof part === "number") return `${text}[${part}]`;
    if (part === "" || part.includes(".")) return `${text}['${part}']`;
    return text === "" ? part : `${text}.${part}`;
  }, "");
}

/**
 * @param {string} text
 * @param {{path: string[], value: any}[]} edits value: undefined takes the field away, and what is
 *     empty without it
 * @param {Yaml} yaml
 * @param {(path: string[]) => string[]} [order] of the fields of an object, for new ones
 * @returns {string | null} null when the text is no YAML
 */
export function change(text, edits, yaml, order = () => []) {
  let now = text;
  for (const { path, value } of edits) {
    const before = read(now, yaml);
    if (before.value === undefined) return null;
    if (before.value !== null && typeof before.value !== "object") return null;
    const next = set(now, before, path, value, yaml, order);
    if (next === null) return null;
    now = next;
  }
  return now;
}

/**
 * @param {string} text
 * @param {Read} before
 * @param {string[]} path
 * @param {any} value
 * @param {Yaml} yaml
 * @param {(path: string[]) => string[]} order
 * @returns {string | null}
 */
function set(text, before, path, value, yaml, order) {
  const wanted = withValue(before.value ?? {}, path, value);
  if (same(wanted, before.value ?? {})) return text;
  const tried = inText(text, before.doc, path, value, wanted, yaml, order);
  if (tried !== null) {
    const after = read(tried, yaml);
    if (after.problems.length === 0 && same(after.value, wanted)) return tried;
  }
  const { doc } = before;
  if (value === undefined) {
    const shorter = gone(wanted, path);
    doc.deleteIn(shorter);
  } else doc.setIn(path, value);
  return String(doc);
}

/**
 * The longest start of a path that a value has no field for.
 * @param {any} value
 * @param {string[]} path
 */
function gone(value, path) {
  let now = value;
  for (let i = 0; i < path.length; i++) {
    if (now === null || typeof now !== "object" || !(path[i] in now)) return path.slice(0, i + 1);
    now = now[path[i]];
  }
  return path;
}

/**
 * @param {string} text
 * @param {any} doc
 * @param {string[]} path
 * @param {any} value
 * @param {any} wanted
 * @param {Yaml} yaml
 * @param {(path: string[]) => string[]} order
 * @returns {string | null}
 */
function inText(text, doc, path, value, wanted, yaml, order) {
  if (!yaml.isMap(doc.contents)) return null;
  let map = doc.contents;
  const target = value === undefined ? gone(wanted, path) : path;
  for (let i = 0; i < target.length; i++) {
    const pair = map.items.find((/** @type {any} */ one) => String(one.key?.value ?? one.key) === target[i]);
    if (!pair) {
      return value === undefined
        ? text
        : insertPair(text, map, target.slice(i), value, order(target.slice(0, i)), yaml);
    }
    const last = i === target.length - 1;
    if (last && value === undefined) return removePair(text, map, pair);
    const node = pair.value;
    const empty = !node || (yaml.isScalar(node) && node.range[0] === node.range[1]);
    if (last || (empty && !yaml.isMap(node))) {
      const nested = target.slice(i + 1).reduceRight((below, key) => ({ [key]: below }), value);
      if (empty) {
        const colon = text.indexOf(":", pair.key.range[1]);
        return colon < 0
          ? null
          : `${text.slice(0, colon + 1)} ${valueText(nested, yaml)}${text.slice(colon + 1)}`;
      }
      if (Array.isArray(value) && yaml.isSeq(node) && !node.flow) return blockItems(text, node, value, yaml);
      if (!yaml.isScalar(node) && !node.flow) return null;
      return text.slice(0, node.range[0]) + valueText(nested, yaml) + text.slice(node.range[1]);
    }
    if (!yaml.isMap(node)) return null;
    map = node;
  }
  return null;
}

/**
 * A copy with another value at a path; objects that are empty through it go too.
 * @param {any} object
 * @param {string[]} path
 * @param {any} value
 * @returns {any}
 */
export function withValue(object, path, value) {
  const [key, ...rest] = path;
  const copy = object !== null && typeof object === "object" && !Array.isArray(object) ? { ...object } : {};
  if (rest.length === 0) {
    if (value === undefined) delete copy[key];
    else copy[key] = value;
    return copy;
  }
  if (value === undefined && (copy[key] === null || typeof copy[key] !== "object")) return copy;
  const below = withValue(copy[key], rest, value);
  if (value === undefined && Object.keys(below).length === 0) delete copy[key];
  else copy[key] = below;
  return copy;
}

/**
 * @param {any} a
 * @param {any} b
 * @returns {boolean}
 */
export function same(a, b) {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => key in b && same(a[key], b[key]));
}

/**
 * The one stretch in which two texts differ, for an editor that keeps its cursor and its undo.
 * @param {string} before
 * @param {string} after
 * @returns {{from: number, to: number, insert: string} | null}
 */
export function difference(before, after) {
  if (before === after) return null;
  const short = Math.min(before.length, after.length);
  let from = 0;
  while (from < short && before[from] === after[from]) from++;
  let back = 0;
  while (back < short - from && before[before.length - 1 - back] === after[after.length - 1 - back]) back++;
  return { from, to: before.length - back, insert: after.slice(from, after.length - back) };
}
