// @ts-check
/** The address behind the hash: `#/experiments/ID?q=…`. A view's state lives in its query. */
import { signal } from "@preact/signals";
import { changed, parseHash, toHash } from "./data/hash.js";

/** Where the page is. */
export const route = signal(parseHash(location.hash));

window.addEventListener("hashchange", () => (route.value = parseHash(location.hash)));
window.addEventListener("popstate", () => (route.value = parseHash(location.hash)));

/**
 * An address for links.
 * @param {(string | number)[]} path
 * @param {Record<string, string | string[] | null | undefined> | URLSearchParams} [query]
 * @returns {string} with the leading `#/`
 */
export const href = (path, query) => toHash(path, query);

/**
 * Goes somewhere else, as a link does.
 * @param {string} address as `href` gives it
 */
export function go(address) {
  location.hash = address;
}

/**
 * Changes parts of the query and leaves the rest; the page stays where it is.
 * @param {Record<string, string | null | string[]>} changes null or an empty list takes a part away
 * @param {{push?: boolean}} [how] push: the browser's back button undoes it
 */
export function setQuery(changes, how = {}) {
  const { path, query } = route.peek();
  const next = changed(query, changes);
  if (next.toString() === query.toString()) return;
  const address = toHash(path, next);
  if (how.push) history.pushState(null, "", address);
  else history.replaceState(history.state, "", address);
  route.value = { path, query: next };
}
