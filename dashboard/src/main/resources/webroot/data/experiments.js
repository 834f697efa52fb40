// @ts-check
/** What the list of experiments asks for and shows. Pure functions. */

/** How many experiments a page of the list has. */
export const pageSize = 50;

/** The most that one request asks for. */
export const mostAtOnce = 200;

/** The states of experiments, in the order of their lives. */
export const states = ["PLANNING", "RUNNING", "PAUSED", "SUCCEEDED", "FAILED", "CANCELLED"];

/**
 * The columns; those with a key can be sorted by it.
 * @type {{id: string, label: string, sort?: string, first?: "-" | "", number?: boolean}[]}
 */
export const columns = [
  { id: "name", label: "Experiment", sort: "name", first: "" },
  { id: "project", label: "Project", sort: "project", first: "" },
  { id: "state", label: "State", sort: "state", first: "" },
  { id: "tasks", label: "Tasks" },
  { id: "trials", label: "Trials", sort: "trials", first: "-", number: true },
  { id: "best", label: "Best score", sort: "best", first: "" },
  { id: "time", label: "Device time", sort: "deviceSeconds", first: "-", number: true },
  { id: "owner", label: "By", sort: "submittedBy", first: "" },
  { id: "submitted", label: "Submitted", sort: "submittedAt", first: "-" },
];

/** The order when none is asked for. */
export const usualSort = "-submittedAt";

/** The parts of the page's address that the server is asked with. */
const parts = ["q", "project", "label", "state", "sort"];

/**
 * The API's address of a page of experiments.
 * @param {URLSearchParams} query of the page
 * @param {{limit?: number, after?: string}} [page]
 */
export function listPath(query, page = {}) {
  const asked = new URLSearchParams();
  for (const part of parts) {
    const value = query.get(part);
    if (value) asked.set(part, value);
  }
  asked.set("limit", String(page.limit ?? pageSize));
  if (page.after) asked.set("after", page.after);
  return `experiments?${asked}`;
}

/**
 * The first so many experiments, in as many requests as that takes.
 * @param {(page: {limit: number, after?: string}) => Promise<{items: any[], next?: string}>} ask
 * @param {number} count at least one
 * @returns {Promise<{items: any[], next?: string}>} next: what comes after them
 */
export async function first(ask, count) {
  /** @type {any[]} */
  let items = [];
  /** @type {string | undefined} */
  let next;
  do {
    const page = await ask({ limit: Math.min(mostAtOnce, count - items.length), after: next });
    items = joined(items, page.items);
    next = page.items.length > 0 ? page.next : undefined;
  } while (next && items.length < count);
  return { items, next };
}

/**
 * Two pages as one list. An experiment whose place changed between the two readings is in both: it
 * is listed once, as it was read last.
 * @param {any[]} before
 * @param {any[]} more
 */
export function joined(before, more) {
  const ids = new Set(more.map((one) => one.id));
  return [...before.filter((one) => !ids.has(one.id)), ...more];
}

/**
 * The order after a column's head was pressed: its usual direction first, then the other.
 * @param {string | null} now such as `-best`
 * @param {{sort?: string, first?: string}} column
 * @returns {string | null} null for the usual order
 */
export function nextSort(now, column) {
  if (!column.sort) return now;
  const present = now ?? usualSort;
  const usual = `${column.first}${column.sort}`;
  const other = column.first ? column.sort : `-${column.sort}`;
  const next = present === usual ? other : usual;
  return next === usualSort ? null : next;
}

/**
 * The direction a column is sorted in, for `aria-sort`.
 * @param {string | null} now
 * @param {{sort?: string}} column
 * @returns {"ascending" | "descending" | "none" | undefined}
 */
export function direction(now, column) {
  if (!column.sort) return undefined;
  const present = now ?? usualSort;
  if (present === column.sort) return "ascending";
  return present === `-${column.sort}` ? "descending" : "none";
}

/** @param {URLSearchParams} query whether anything is filtered */
export const filtered = (query) => ["q", "project", "label", "state"].some((part) => query.get(part));

/**
 * The filters of an address, as a named view keeps them.
 * @param {URLSearchParams} query
 */
export function viewText(query) {
  const kept = new URLSearchParams();
  for (const part of parts) {
    const value = query.get(part);
    if (value) kept.set(part, value);
  }
  return kept.toString();
}

/**
 * Named views as they were kept; what is no such thing is left out.
 * @param {string | null} text JSON
 * @returns {{name: string, query: string}[]} by name
 */
export function viewsOf(text) {
  try {
    const found = JSON.parse(text ?? "[]");
    return Array.isArray(found)
      ? found
          .filter((one) => typeof one?.name === "string" && typeof one?.query === "string")
          .map(({ name, query }) => ({ name, query }))
          .sort((a, b) => a.name.localeCompare(b.name))
      : [];
  } catch {
    return [];
  }
}

/**
 * Views with one more, in place of one of the same name.
 * @param {{name: string, query: string}[]} views
 * @param {string} name
 * @param {string} query
 */
export function withView(views, name, query) {
  const others = views.filter((one) => one.name !== name);
  return [...others, { name, query }].sort((a, b) => a.name.localeCompare(b.name));
}

/**
 * What is said of the best trial: its space, and how far it fell below its baseline.
 * @param {{space: string, score: number, ratio?: number, nfe?: number, heldOut?: boolean} | null | undefined} best
 */
export function bestText(best) {
  if (!best) return "";
  const facts = [best.space];
  if (best.heldOut === false) facts.push("trained space");
  if (typeof best.ratio === "number") facts.push(`${best.ratio.toFixed(2)} × baseline`);
  if (typeof best.nfe === "number") facts.push(`${best.nfe} NFE`);
  return facts.join(", ");
}
