// @ts-check
/** The page's address as path and query. Pure functions. */

/** @typedef {{path: string[], query: URLSearchParams}} Route */

/** @param {string} text */
function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/**
 * @param {string} hash of the address, as `#/experiments/a%20b?q=1`
 * @returns {Route}
 */
export function parseHash(hash) {
  const text = hash.replace(/^#?\/?/, "");
  const at = text.indexOf("?");
  const path = at < 0 ? text : text.slice(0, at);
  return {
    path: path.split("/").filter(Boolean).map(decode),
    query: new URLSearchParams(at < 0 ? "" : text.slice(at + 1)),
  };
}

/**
 * @param {(string | number)[]} path
 * @param {Record<string, string | string[] | null | undefined> | URLSearchParams} [query]
 * @returns {string}
 */
export function toHash(path, query) {
  const where = `#/${path.map((part) => encodeURIComponent(String(part))).join("/")}`;
  const written = (query instanceof URLSearchParams ? query : changed(new URLSearchParams(), query ?? {}))
    .toString();
  return written ? `${where}?${written}` : where;
}

/**
 * A query with some parts changed.
 * @param {URLSearchParams} query
 * @param {Record<string, string | string[] | null | undefined>} changes
 * @returns {URLSearchParams} a new one
 */
export function changed(query, changes) {
  const next = new URLSearchParams(query);
  for (const [name, value] of Object.entries(changes)) {
    next.delete(name);
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== null && one !== undefined && one !== "") next.append(name, one);
    }
  }
  return next;
}
