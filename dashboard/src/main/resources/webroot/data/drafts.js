// @ts-check
/** Texts that were typed and not submitted, one for each source that they began from. */

const prefix = "fewstep:draft:";
const most = 8;

/**
 * @typedef {{text: string, at: string}} Draft at: ISO 8601
 * @typedef {Pick<Storage, "getItem" | "setItem" | "removeItem" | "key" | "length">} Shelf
 */

/**
 * @param {Shelf} shelf
 * @param {string} source
 * @returns {Draft | null}
 */
export function draftOf(shelf, source) {
  try {
    const draft = JSON.parse(shelf.getItem(prefix + source) ?? "null");
    return typeof draft?.text === "string" && typeof draft.at === "string" ? draft : null;
  } catch {
    return null;
  }
}

/**
 * Keeps a text; of too many the oldest go.
 * @param {Shelf} shelf
 * @param {string} source
 * @param {string} text
 * @param {Date} now
 */
export function keepDraft(shelf, source, text, now) {
  try {
    shelf.setItem(prefix + source, JSON.stringify({ text, at: now.toISOString() }));
    const kept = [];
    for (let i = 0; i < shelf.length; i++) {
      const key = shelf.key(i);
      if (key?.startsWith(prefix)) kept.push(key.slice(prefix.length));
    }
    kept
      .map((one) => ({ one, at: draftOf(shelf, one)?.at ?? "" }))
      .sort((a, b) => b.at.localeCompare(a.at))
      .slice(most)
      .forEach(({ one }) => dropDraft(shelf, one));
  } catch {
    // A full or forbidden storage keeps nothing; the text is still in the editor.
  }
}

/**
 * @param {Shelf} shelf
 * @param {string} source
 */
export function dropDraft(shelf, source) {
  try {
    shelf.removeItem(prefix + source);
  } catch {
    // As above.
  }
}
