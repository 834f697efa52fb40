// @ts-check

/**
 * The candidate that a word was most likely meant to be; undefined when none is close.
 * @param {string} word
 * @param {readonly any[]} candidates
 * @returns {string | undefined}
 */
export function nearest(word, candidates) {
  let best;
  let least = Math.max(2, Math.floor(word.length / 3)) + 1;
  for (const one of candidates) {
    const away = distance(word.toLowerCase(), String(one).toLowerCase(), least);
    if (away < least) {
      least = away;
      best = String(one);
    }
  }
  return best;
}

/**
 * Number of letters to change, add or take away; `bound` or more when there are as many.
 * @param {string} a
 * @param {string} b
 * @param {number} bound
 */
export function distance(a, b, bound = Infinity) {
  if (Math.abs(a.length - b.length) >= bound) return bound;
  let above = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      row[j] = Math.min(row[j - 1] + 1, above[j] + 1, above[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1));
    }
    above = row;
  }
  return above[b.length];
}
