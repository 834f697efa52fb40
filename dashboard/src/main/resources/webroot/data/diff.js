// @ts-check
/** What differs between configurations. Pure functions. */

/**
 * @typedef {string | number | boolean | null} Leaf
 * @typedef {{path: string, kind: "changed" | "added" | "removed", from: Leaf | undefined, to: Leaf | undefined}} Difference
 *     added: only the second has it; removed: only the first
 * @typedef {{path: string, values: (Leaf | undefined)[]}} Row one value a configuration
 */

/** @param {any} value */
const isBranch = (value) =>
  value !== null && typeof value === "object" && Object.keys(value).length > 0;

/**
 * Every value of a configuration by its path; places in lists are written in brackets.
 * @param {any} config
 * @param {string} [prefix]
 * @returns {Map<string, Leaf>} in the configuration's order
 */
export function leaves(config, prefix = "") {
  /** @type {Map<string, Leaf>} */
  const found = new Map();
  const walk = (/** @type {any} */ value, /** @type {string} */ path) => {
    if (!isBranch(value)) {
      found.set(path, value !== null && typeof value === "object" ? JSON.stringify(value) : value);
      return;
    }
    for (const [name, one] of Object.entries(value)) {
      walk(one, Array.isArray(value) ? `${path}[${name}]` : path ? `${path}.${name}` : name);
    }
  };
  if (isBranch(config)) walk(config, prefix);
  return found;
}

/** @param {any} value */
export const said = (value) =>
  value === undefined ? "not set" : value === null ? "null" : typeof value === "string" ? value : JSON.stringify(value);

/**
 * @param {any} first
 * @param {any} second
 * @returns {Difference[]} in the order of the first, then what only the second has
 */
export function diff(first, second) {
  return differing([first, second]).map(({ path, values: [from, to] }) => ({
    path,
    kind: from === undefined ? "added" : to === undefined ? "removed" : "changed",
    from,
    to,
  }));
}

/**
 * Only what is not the same in all configurations.
 * @param {any[]} configs
 * @returns {Row[]}
 */
export function differing(configs) {
  const all = configs.map((one) => leaves(one));
  const paths = [...new Set(all.flatMap((one) => [...one.keys()]))];
  return paths
    .map((path) => ({ path, values: all.map((one) => one.get(path)) }))
    .filter(({ values }) => values.some((value) => value !== values[0]));
}
