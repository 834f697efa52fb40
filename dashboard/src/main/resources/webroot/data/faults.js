// @ts-check
/** What is wrong with a specification, as far as its JSON Schema tells. Pure functions. */
import { nearest } from "./nearest.js";
import { at, expected, field, fields, resolved } from "./schema.js";

/** @typedef {import("./schema.js").Schema} Schema */
/** @typedef {import("./schema.js").Path} Path */
/** @typedef {{path: Path, message: string, expected?: string, nearest?: string, onKey?: boolean}} Fault */

/**
 * What is wrong with a value, as far as the schema tells; the server knows more.
 * @param {Schema} root
 * @param {any} value
 * @param {number} [most]
 * @returns {Fault[]}
 */
export function faults(root, value, most = 100) {
  /** @type {Fault[]} */
  const found = [];
  check(root, resolved(root, root), value, [], (fault) => {
    if (found.length < most) found.push(fault);
  });
  return found;
}

/**
 * @param {Schema} root
 * @param {Schema | undefined} schema
 * @param {any} value
 * @param {Path} path
 * @param {(fault: Fault) => void} tell
 */
function check(root, schema, value, path, tell) {
  if (!schema) return;
  const wrong = (
    /** @type {string} */ message,
    /** @type {string} */ hope = expected(schema),
    /** @type {string | undefined} */ near = undefined,
  ) => tell({ path, message, expected: hope, ...(near ? { nearest: near } : {}) });
  if (schema.const !== undefined) {
    if (value !== schema.const) wrong(`must be ${schema.const}`);
    return;
  }
  if (schema.enum) {
    if (!schema.enum.includes(value))
      wrong(`${show(value)} is none of the values`, expected(schema), nearest(String(value), schema.enum));
    return;
  }
  if (schema.type && !isA(schema.type, value)) {
    wrong(`${show(value)} is not ${expected({ type: schema.type })}`);
    return;
  }
  if (typeof value === "number") number(schema, value, wrong);
  else if (typeof value === "string") {
    if (schema.minLength && value.length < schema.minLength) wrong("must not be empty");
    if (schema.pattern && !new RegExp(schema.pattern, "u").test(value))
      wrong(`${show(value)} has not the form that is expected`);
  } else if (Array.isArray(value)) {
    if (schema.minItems !== undefined && value.length < schema.minItems)
      wrong(`needs at least ${schema.minItems} of its items`);
    if (schema.maxItems !== undefined && value.length > schema.maxItems)
      wrong(`has ${value.length} items`, `at most ${schema.maxItems}`);
    if (schema.uniqueItems && new Set(value.map((one) => JSON.stringify(one))).size < value.length)
      wrong("names something twice");
    value.forEach((one, i) => check(root, resolved(root, schema.items), one, [...path, i], tell));
  } else if (value !== null && typeof value === "object") {
    object(root, schema, value, path, tell);
  }
}

/**
 * @param {Schema} schema
 * @param {number} value
 * @param {(message: string) => void} wrong
 */
function number(schema, value, wrong) {
  const low = schema.minimum !== undefined && value < schema.minimum;
  const high = schema.maximum !== undefined && value > schema.maximum;
  const notAbove = schema.exclusiveMinimum !== undefined && value <= schema.exclusiveMinimum;
  const notBelow = schema.exclusiveMaximum !== undefined && value >= schema.exclusiveMaximum;
  if (low || notAbove) wrong(`${value} is too small`);
  else if (high || notBelow) wrong(`${value} is too large`);
}

/**
 * @param {Schema} root
 * @param {Schema} schema
 * @param {Record<string, any>} value
 * @param {Path} path
 * @param {(fault: Fault) => void} tell
 */
function object(root, schema, value, path, tell) {
  const known = Object.keys(schema.properties ?? {});
  for (const name of schema.required ?? []) {
    if (value[name] === undefined)
      tell({
        path,
        message: `${name} is missing`,
        expected: expected(at(root, [...path, name])),
        onKey: true,
      });
  }
  const grid =
    path.join(".") === "spec.grid" ||
    (path.length === 3 && path[0] === "spec" && (path[1] === "exclude" || path[1] === "include"));
  for (const [key, below] of Object.entries(value)) {
    const here = [...path, key];
    if (grid) {
      if (!field(root, key)) {
        const names = fields(root).map((one) => one.name);
        tell({
          path: here,
          message: `${key} is no field of the base configuration`,
          expected: "a dotted path such as loss.kernel",
          nearest: nearest(key, names),
          onKey: true,
        });
        continue;
      }
    } else if (schema.additionalProperties === false && !known.includes(key)) {
      tell({
        path: here,
        message: `unknown field ${key}`,
        expected: `one of ${known.join(", ")}`,
        nearest: nearest(key, known),
        onKey: true,
      });
      continue;
    }
    check(root, at(root, here), below, here, tell);
  }
  const count = Object.keys(value).length;
  if (schema.minProperties !== undefined && count < schema.minProperties)
    tell({ path, message: "must not be empty", expected: expected(schema) });
  if (schema.maxProperties !== undefined && count > schema.maxProperties)
    tell({ path, message: `has ${count} fields`, expected: `at most ${schema.maxProperties}` });
}

/**
 * @param {string} type
 * @param {any} value
 */
function isA(type, value) {
  if (type === "integer") return typeof value === "bigint" || Number.isInteger(value);
  if (type === "number") return typeof value === "bigint" || typeof value === "number";
  if (type === "array") return Array.isArray(value);
  if (type === "object") return value !== null && typeof value === "object" && !Array.isArray(value);
  return typeof value === type;
}

/** @param {any} value */
function show(value) {
  const text = typeof value === "bigint" ? String(value) : (JSON.stringify(value) ?? "nothing");
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
