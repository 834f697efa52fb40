// @ts-check
/** Keys that lead somewhere. Pure functions. */

/** What the keys do, in the order of the help. */
export const shortcuts = [
  { keys: "g e", says: "to the experiments", path: [] },
  { keys: "g s", says: "to submit one", path: ["submit"] },
  { keys: "g f", says: "to the fleet", path: ["fleet"] },
  { keys: "/", says: "into the search of the page", act: "search" },
  { keys: "?", says: "shows these keys", act: "help" },
];

/** A key waits so long for its second one, in milliseconds. */
export const patience = 1200;

/**
 * What a key does, after those before it.
 * @param {{key: string, ctrlKey?: boolean, metaKey?: boolean, altKey?: boolean}} event
 * @param {string} pending the first key of two, or empty
 * @returns {{pending: string, path?: string[], act?: string}}
 */
export function pressed(event, pending) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.key.length !== 1) return { pending: "" };
  const typed = pending ? `${pending} ${event.key}` : event.key;
  const found = shortcuts.find((one) => one.keys === typed) ?? shortcuts.find((one) => one.keys === event.key);
  if (found) return { pending: "", path: found.path, act: found.act };
  return { pending: shortcuts.some((one) => one.keys.startsWith(`${event.key} `)) ? event.key : "" };
}
