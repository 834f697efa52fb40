// @ts-check
/** The HTTP API. Addresses are relative to the page, so that it works behind a path prefix. */

const root = new URL("api/v1/", document.baseURI);

/** An answer that is not 2xx, with the problem document's text. */
export class Problem extends Error {
  /**
   * @param {number} status
   * @param {string} message
   */
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/**
 * @param {string} path relative to /api/v1/
 * @returns {Promise<any>}
 */
export async function get(path) {
  let response;
  try {
    response = await fetch(new URL(path, root), { headers: { Accept: "application/json" } });
  } catch (error) {
    throw new Problem(0, "The server cannot be reached.");
  }
  if (!response.ok) {
    const problem = await response.json().catch(() => ({}));
    throw new Problem(response.status, problem.detail || problem.title || response.statusText);
  }
  return response.json();
}

/**
 * Every item of a keyset listing, up to a bound.
 * @param {string} path
 * @param {number} [bound]
 * @returns {Promise<any[]>}
 */
export async function all(path, bound = 2000) {
  const items = [];
  let after = "";
  do {
    const join = path.includes("?") ? "&" : "?";
    const page = await get(
      `${path}${join}limit=500${after ? `&after=${encodeURIComponent(after)}` : ""}`,
    );
    items.push(...page.items);
    after = page.next || "";
  } while (after && items.length < bound);
  return items;
}

/**
 * @param {string} sha256
 * @param {string} name
 */
export function artifactUrl(sha256, name) {
  return new URL(`artifacts/${sha256}?name=${encodeURIComponent(name)}`, root).href;
}

/** @param {string} [experiment] */
export function eventsUrl(experiment) {
  return new URL(
    experiment ? `events?experiment=${encodeURIComponent(experiment)}` : "events",
    root,
  ).href;
}
