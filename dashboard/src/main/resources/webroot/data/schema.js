// @ts-check
/**
 * What a JSON Schema says of the places of a document: which fields may stand there, and which
 * values. Covers the words that the schema of specifications uses. Pure functions.
 */
/** @typedef {any} Schema */
/** @typedef {(string | number)[]} Path */

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
