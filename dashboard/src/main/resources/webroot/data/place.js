// @ts-check
/**
 * Where in a YAML document a place of its text is, also while it is being written and is no whole
 * YAML yet. Knows block and flow style, quotes, comments and block scalars; no anchors, no tags, no
 * keys over several lines. Pure functions.
 */

/**
 * @typedef {{
 *   path: (string | number)[],
 *   kind: "key" | "value",
 *   from: number,
 *   word: string,
 * }} Place of a key being written: path of the object; of a value: its own. from: where the word that
 *     is being written begins; word: what of it stands before the place
 * @typedef {{indent: number, key?: string, index?: number}} Frame
 */

/**
 * @param {string} text
 * @param {number} offset
 * @returns {Place | null} null inside comments and block scalars
 */
export function placeAt(text, offset) {
  /** @type {Frame[]} */
  let frames = [];
  let scalar = -1;
  let at = 0;
  while (at <= offset) {
    const end = lineEnd(text, at);
    const last = offset <= end;
    const line = text.slice(at, last ? offset : end);
    const indent = line.length - line.trimStart().length;
    const blank = line.trim() === "";
    if (scalar >= 0 && (blank ? !last : indent > scalar)) {
      if (last) return null;
      at = end + 1;
      continue;
    }
    if (!blank) scalar = -1;
    if (!last && (blank || /^\s*#/.test(line) || /^(---|\.\.\.)\s*$/.test(line))) {
      at = end + 1;
      continue;
    }
    if (last && /^\s*#/.test(line)) return null;
    const read = readLine(text, at, last ? offset : end, frames);
    frames = read.frames;
    if (read.flow !== undefined) {
      const flow = scanFlow(text, read.flow, offset, pathOf(frames));
      if ("path" in flow) return flow;
      if (lineEnd(text, flow.closed) >= offset) return null;
      at = lineEnd(text, flow.closed) + 1;
      continue;
    }
    if (last) return read.place;
    if (read.scalar !== undefined) scalar = read.scalar;
    at = end + 1;
  }
  return null;
}

/**
 * @param {string} text
 * @param {number} from
 */
function lineEnd(text, from) {
  const end = text.indexOf("\n", from);
  return end < 0 ? text.length : end;
}

/** @param {Frame[]} frames */
const pathOf = (frames) => frames.map((one) => /** @type {string | number} */ (one.key ?? one.index));

/**
 * Reads one line in block style.
 * @param {string} text
 * @param {number} start
 * @param {number} end
 * @param {Frame[]} before
 * @returns {{frames: Frame[], flow?: number, scalar?: number, place: Place | null}} flow: where a
 *     collection in flow style opens; scalar: the indentation that a block scalar is deeper than;
 *     place: what the end of the line is
 */
function readLine(text, start, end, before) {
  let at = start;
  while (at < end && text[at] === " ") at++;
  let indent = at - start;
  let frames = before.filter((one) => one.indent <= indent);
  let dash = false;
  while (text[at] === "-" && at < end && (at + 1 >= end || text[at + 1] === " ")) {
    const top = frames.at(-1);
    if (top && top.indent === indent && top.index !== undefined) {
      frames = [...frames.slice(0, -1), { indent, index: top.index + 1 }];
    } else {
      frames = [...frames, { indent, index: 0 }];
    }
    dash = true;
    at++;
    while (at < end && text[at] === " ") at++;
    indent = at - start;
  }
  const top = frames.at(-1);
  if (!dash && top?.indent === indent && top.index !== undefined) frames = frames.slice(0, -1);
  const rest = text.slice(at, end);
  const pair = rest.match(
    /^("(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^\s#{}[\],"'&*!|>%@`-][^#]*?|-[^\s#][^#]*?)\s*:(?=\s|$)/,
  );
  if (pair) {
    const key = unquoted(pair[1]);
    const own = frames.at(-1);
    if (own && own.indent === indent && own.key !== undefined)
      frames = [...frames.slice(0, -1), { indent, key }];
    else frames = [...frames, { indent, key }];
    at += pair[0].length;
    const blankAfter = at;
    while (at < end && /\s/.test(text[at])) at++;
    if (at < end && (text[at] === "{" || text[at] === "[")) return { frames, flow: at, place: null };
    if (at < end && (text[at] === "|" || text[at] === ">")) return { frames, scalar: indent, place: null };
    if (at === blankAfter && at === end) return { frames, place: null };
    return { frames, place: value(text, at, end, pathOf(frames)) };
  }
  if (rest.startsWith("{") || rest.startsWith("[")) return { frames, flow: at, place: null };
  if (dash) return { frames, place: value(text, at, end, pathOf(frames)) };
  const own = frames.at(-1);
  const parents = own && own.indent === indent && own.key !== undefined ? frames.slice(0, -1) : frames;
  const typed = rest.trimEnd() === rest ? rest : null;
  return {
    frames,
    place:
      typed === null || /[\s#]/.test(typed)
        ? null
        : { path: pathOf(parents), kind: "key", from: at, word: typed },
  };
}

/**
 * @param {string} text
 * @param {number} from
 * @param {number} end
 * @param {(string | number)[]} path
 * @returns {Place | null}
 */
function value(text, from, end, path) {
  const word = text.slice(from, end);
  return /(^|\s)#/.test(word) ? null : { path, kind: "value", from, word };
}

/**
 * Reads a collection in flow style.
 * @param {string} text
 * @param {number} open where its bracket stands
 * @param {number} offset
 * @param {(string | number)[]} base its path
 * @returns {Place | {closed: number}} the place of the offset, or where the collection ends before it
 */
function scanFlow(text, open, offset, base) {
  /** @type {{map: boolean, key?: string, index: number, from: number}[]} */
  const stack = [];
  for (let at = open; at < offset; at++) {
    const sign = text[at];
    const top = stack.at(-1);
    if (sign === "{" || sign === "[") stack.push({ map: sign === "{", index: 0, from: at + 1 });
    else if (sign === "}" || sign === "]") {
      stack.pop();
      if (stack.length === 0) return { closed: at };
    } else if (!top) continue;
    else if (sign === ",") {
      top.index++;
      top.key = undefined;
      top.from = at + 1;
    } else if (
      sign === ":" &&
      top.map &&
      top.key === undefined &&
      (at + 1 >= offset || /[\s,}\]]/.test(text[at + 1]))
    ) {
      top.key = unquoted(text.slice(top.from, at).trim());
      top.from = at + 1;
    } else if ((sign === '"' || sign === "'") && /[\s,:{[]/.test(text[at - 1])) {
      const close = closing(text, at, offset);
      if (close < 0) break;
      at = close;
    } else if (sign === "#" && /\s/.test(text[at - 1])) {
      const end = lineEnd(text, at);
      if (end >= offset) return { closed: offset };
      at = end;
    }
  }
  const path = [...base];
  stack.forEach((one, i) => {
    const top = i === stack.length - 1;
    if (!one.map) path.push(one.index);
    else if (one.key !== undefined) path.push(one.key);
    else if (!top) path.push("");
  });
  const top = stack[stack.length - 1];
  const typed = text.slice(top.from, offset);
  const word = typed.trimStart();
  const from = offset - word.length;
  return { path, kind: top.map && top.key === undefined ? "key" : "value", from, word };
}

/**
 * Where a quoted text ends; -1 when it does not before the bound.
 * @param {string} text
 * @param {number} open
 * @param {number} bound
 */
function closing(text, open, bound) {
  const quote = text[open];
  for (let at = open + 1; at < bound; at++) {
    if (quote === '"' && text[at] === "\\") at++;
    else if (text[at] === quote) return at;
  }
  return -1;
}

/** @param {string} text */
function unquoted(text) {
  const quoted = text.match(/^(["'])(.*)\1$/s);
  return quoted ? quoted[2] : text;
}
