// @ts-check
/** The small changes of a YAML text of which `yamledit.js` is made. Each gives the new text, or null when it cannot. */

/** @typedef {import("./yamledit.js").Yaml} Yaml */

/**
 * A value on one line.
 * @param {any} value
 * @param {Yaml} yaml
 * @returns {string}
 */
export function valueText(value, yaml) {
  if (typeof value === "number") return numberText(value);
  if (Array.isArray(value)) return `[${value.map((one) => valueText(one, yaml)).join(", ")}]`;
  return String(
    yaml.stringify(value, { collectionStyle: "flow", lineWidth: 0, flowCollectionPadding: false }),
  ).trimEnd();
}

/**
 * A number as people write it: 2e-5 rather than 0.00002.
 * @param {number} value
 */
export const numberText = (value) =>
  value !== 0 && Math.abs(value) < 1e-3 ? value.toExponential() : String(value);

/** @param {string} key */
const keyText = (key) => (/^[A-Za-z][\w./-]*$/.test(key) ? key : JSON.stringify(key));

/**
 * @param {string} text
 * @param {number} at
 */
const lineStart = (text, at) => text.lastIndexOf("\n", at - 1) + 1;

/**
 * @param {string} text
 * @param {number} at
 */
function lineEnd(text, at) {
  const end = text.indexOf("\n", at);
  return end < 0 ? text.length : end;
}

/**
 * Where the last line of a pair's content ends, its comment included.
 * @param {string} text
 * @param {any} pair
 * @returns {number}
 */
function pairEnd(text, pair) {
  let node = pair.value;
  let end = pair.key.range[1];
  while (node?.range) {
    if (node.items && !node.flow) {
      const last = node.items.at(-1);
      if (!last) break;
      if (last.key) {
        end = last.key.range[1];
        node = last.value;
      } else node = last;
      continue;
    }
    if (node.range[1] > node.range[0]) end = node.range[1];
    break;
  }
  return lineEnd(text, text[end - 1] === "\n" ? end - 1 : end);
}

/**
 * Adds a field to an object.
 * @param {string} text
 * @param {any} map
 * @param {string[]} keys the field, and what is nested in it
 * @param {any} value
 * @param {string[]} order of the object's fields
 * @param {Yaml} yaml
 * @returns {string | null}
 */
export function insertPair(text, map, keys, value, order, yaml) {
  const [key, ...below] = keys;
  if (map.flow) {
    const nested = below.reduceRight((/** @type {any} */ inner, one) => ({ [one]: inner }), value);
    const written = `${keyText(key)}: ${valueText(nested, yaml)}`;
    const close = map.range[1] - 1;
    if (text[close] !== "}") return null;
    let at = close;
    while (/\s/.test(text[at - 1])) at--;
    return text.slice(0, at) + (map.items.length > 0 ? ", " : "") + written + text.slice(at);
  }
  const first = map.items[0];
  if (!first?.key?.range) return null;
  const indent = first.key.range[0] - lineStart(text, first.key.range[0]);
  const before = place(map, key, order);
  const at = pairEnd(text, before);
  /** @type {string[]} */
  const lines = [];
  keys.forEach((one, i) => {
    const pad = " ".repeat(indent + 2 * i);
    lines.push(
      i === keys.length - 1 ? `${pad}${keyText(one)}: ${valueText(value, yaml)}` : `${pad}${keyText(one)}:`,
    );
  });
  return `${text.slice(0, at)}\n${lines.join("\n")}${text.slice(at)}`;
}

/**
 * The pair behind which a field is written.
 * @param {any} map
 * @param {string} key
 * @param {string[]} order
 */
function place(map, key, order) {
  const own = order.indexOf(key);
  let best = null;
  let rank = -1;
  if (own >= 0) {
    for (const pair of map.items) {
      const its = order.indexOf(String(pair.key?.value));
      if (its >= 0 && its < own && its > rank) {
        best = pair;
        rank = its;
      }
    }
  }
  return best ?? map.items.at(-1);
}

/**
 * Takes a field away, with its line's comment; comments on lines of their own stay.
 * @param {string} text
 * @param {any} map
 * @param {any} pair
 * @returns {string | null}
 */
export function removePair(text, map, pair) {
  if (!pair.key?.range) return null;
  const at = map.items.indexOf(pair);
  if (map.flow) {
    const next = map.items[at + 1];
    const before = map.items[at - 1];
    if (next) return text.slice(0, pair.key.range[0]) + text.slice(next.key.range[0]);
    const end = pair.value?.range?.[1] ?? pair.key.range[1];
    if (!before) return text.slice(0, pair.key.range[0]) + text.slice(end);
    const from = before.value?.range?.[1] ?? before.key.range[1];
    return text.slice(0, from) + text.slice(end);
  }
  const start = lineStart(text, pair.key.range[0]);
  if (text.slice(start, pair.key.range[0]).trim() !== "") return null;
  const end = pairEnd(text, pair);
  return text.slice(0, start) + text.slice(Math.min(end + 1, text.length));
}

/**
 * Replaces the items of a list in block style; those that stay keep their lines and comments.
 * @param {string} text
 * @param {any} seq
 * @param {any[]} values
 * @param {Yaml} yaml
 * @returns {string | null}
 */
export function blockItems(text, seq, values, yaml) {
  if (values.length === 0 || seq.items.length === 0) return null;
  /** @type {{value: any, text: string, used: boolean}[]} */
  const parts = [];
  const from = lineStart(text, seq.items[0].range?.[0] ?? 0);
  let at = from;
  let dash = "";
  for (const item of seq.items) {
    if (!yaml.isScalar(item) || !item.range) return null;
    const start = lineStart(text, item.range[0]);
    dash = text.slice(start, item.range[0]);
    if (!/^\s*-\s+$/.test(dash)) return null;
    const end = lineEnd(text, item.range[1]);
    parts.push({ value: item.value, text: text.slice(at, end), used: false });
    at = Math.min(end + 1, text.length);
  }
  const lines = values.map((value) => {
    const old = parts.find((one) => !one.used && one.value === value);
    if (old) old.used = true;
    return old ? old.text : dash + valueText(value, yaml);
  });
  const rest = text.slice(at);
  const broken = rest !== "" || text.endsWith("\n");
  return text.slice(0, from) + lines.join("\n") + (broken ? "\n" : "") + rest;
}
