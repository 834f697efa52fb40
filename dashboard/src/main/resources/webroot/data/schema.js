// @ts-check
/**
 * What a JSON Schema says of the places of a document: which fields may stand there, which values,
 * and what is wrong. Covers the words that the schema of specifications uses. Pure functions.
 */
import { nearest } from "./nearest.js";

/** @typedef {any} Schema */
/** @typedef {(string | number)[]} Path */
/** @typedef {{path: Path, message: string, expected?: string, nearest?: string, onKey?: boolean}} Fault */

/**
 * Follows references.
 * @param {Schema} root
 * @param {Schema} schema
 * @returns {Schema}
 */
export function resolved(root, schema) {
  let now = schema;
  for (let turn = 0; now && typeof now.$ref === "string" && turn < 20; turn++) {
    const { $ref, ...beside } = now;
    const target = $ref
      .replace(/^#\//, "")
      .split("/")
      .reduce(
        (/** @type {any} */ one, /** @type {string} */ part) =>
          one?.[part.replaceAll("~1", "/").replaceAll("~0", "~")],
        root,
      );
    now = target && { ...target, ...beside };
  }
  return now;
}

/**
 * The schema of a place; below the grid that of the axis that the key names.
 * @param {Schema} root
 * @param {Path} path
 * @returns {Schema | undefined}
 */
export function at(root, path) {
  let now = resolved(root, root);
  for (let i = 0; i < path.length; i++) {
    if (!now) return undefined;
    const part = path[i];
    if (i >= 2 && path[0] === "spec" && typeof part === "string") {
      const list = path[1] === "grid" && i === 2;
      const entry = (path[1] === "exclude" || path[1] === "include") && i === 3;
      if (list || entry) {
        const axis = field(root, part);
        const rest =
          axis && list
            ? { type: "array", items: axis, minItems: 1, title: axis.title, description: axis.description }
            : axis;
        now = rest && resolved(root, rest);
        continue;
      }
    }
    if (typeof part === "number") now = resolved(root, now.items);
    else
      now = resolved(
        root,
        now.properties?.[part] ??
          (typeof now.additionalProperties === "object" ? now.additionalProperties : undefined),
      );
  }
  return now;
}

/**
 * The schema of a field of the base configuration by its dotted path.
 * @param {Schema} root
 * @param {string} dotted
 * @returns {Schema | undefined}
 */
export function field(root, dotted) {
  return at(root, ["spec", "base", ...dotted.split(".")]);
}

/**
 * Dotted paths of all fields of the base configuration, groups included.
 * @param {Schema} root
 * @returns {{name: string, schema: Schema, group: boolean}[]}
 */
export function fields(root) {
  /** @type {{name: string, schema: Schema, group: boolean}[]} */
  const found = [];
  const walk = (/** @type {Schema} */ schema, /** @type {string} */ prefix) => {
    for (const [key, raw] of Object.entries(schema?.properties ?? {})) {
      const below = resolved(root, raw);
      const name = prefix ? `${prefix}.${key}` : key;
      const group = below?.type === "object" && Boolean(below.properties);
      found.push({ name, schema: below, group });
      if (group) walk(below, name);
    }
  };
  walk(at(root, ["spec", "base"]), "");
  return found;
}

/**
 * Fields that may stand at a place.
 * @param {Schema} root
 * @param {Path} path of the object
 * @returns {{name: string, schema: Schema, required: boolean, group: boolean}[]}
 */
export function keysAt(root, path) {
  const axes =
    path[0] === "spec" &&
    (path[1] === "grid"
      ? path.length === 2
      : (path[1] === "exclude" || path[1] === "include") && path.length === 3);
  const ranges = path[0] === "spec" && path[1] === "search" && path[2] === "ranges" && path.length === 3;
  if (axes || ranges) {
    return fields(root)
      .filter((one) => !ranges || !one.group)
      .map((one) => ({ ...one, required: false, group: false }));
  }
  const schema = at(root, path);
  const required = schema?.required ?? [];
  return Object.entries(schema?.properties ?? {}).map(([name, raw]) => {
    const below = resolved(root, raw);
    return { name, schema: below, required: required.includes(name), group: below?.type === "object" };
  });
}

/**
 * Values that a place can be expected to have.
 * @param {Schema | undefined} schema
 * @returns {any[]}
 */
export function valuesOf(schema) {
  if (!schema) return [];
  if (schema.const !== undefined) return [schema.const];
  if (schema.enum) return schema.enum;
  if (schema.type === "boolean") return [true, false];
  const found = [];
  if (schema.default !== undefined) found.push(schema.default);
  for (const one of schema.examples ?? []) {
    if (!found.some((other) => JSON.stringify(other) === JSON.stringify(one))) found.push(one);
  }
  return found;
}

/**
 * A schema in words: what is expected there.
 * @param {Schema | undefined} schema
 * @returns {string}
 */
export function expected(schema) {
  if (!schema) return "";
  if (schema.const !== undefined) return String(schema.const);
  if (schema.enum) return `one of ${schema.enum.join(", ")}`;
  const names = {
    integer: "a whole number",
    number: "a number",
    string: "a text",
    boolean: "true or false",
    array: "a list",
    object: "fields",
  };
  const parts = [names[/** @type {keyof typeof names} */ (schema.type)] ?? "anything"];
  const huge = 2147483647;
  const low = schema.minimum ?? schema.exclusiveMinimum;
  const high = schema.maximum ?? schema.exclusiveMaximum;
  if (typeof low === "number" && Math.abs(low) <= huge)
    parts.push(schema.minimum === undefined ? `above ${low}` : `at least ${low}`);
  if (typeof high === "number" && Math.abs(high) < huge)
    parts.push(schema.maximum === undefined ? `below ${high}` : `at most ${high}`);
  if (schema.pattern && schema.type === "string") parts.push(`like ${schema.pattern}`);
  if (schema.type === "array" && schema.items?.enum) parts.push(`of ${schema.items.enum.join(", ")}`);
  return parts.join(", ");
}

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
