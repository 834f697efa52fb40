// @ts-check
/** Colours that colour-blind readers tell apart, and what is written on them. Pure functions. */

/** Okabe and Ito's palette, for categories; always with a symbol or a dash beside it. */
export const categories = [
  "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#7f7f7f", "#b8a500",
];

/**
 * Six of them for thin lines; on dark paper the two dark ones are lighter.
 * @param {boolean} dark
 */
export const lines = (dark) =>
  dark
    ? ["#56b4e9", "#ff8a3d", "#2fcf9f", "#e5a3c6", "#f0c04a", "#8fa8ff"]
    : ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#b87d00", "#3a8fc0"];

/** Symbols that go with the categories. */
export const symbols = [
  "circle", "rect", "triangle", "diamond", "roundRect", "arrow", "pin", "rect",
];

/** Cividis at ten even places: uniform in lightness, the same for most colour-blind readers. */
export const cividis = [
  "#00224e", "#123570", "#3b496c", "#575d6d", "#707173", "#8a8678", "#a59c74", "#c3b369",
  "#e1cc55", "#fee838",
];

/**
 * @param {number} t 0 to 1
 * @param {string[]} [stops]
 * @returns {string} #rrggbb
 */
export function sequential(t, stops = cividis) {
  const at = Math.min(Math.max(t, 0), 1) * (stops.length - 1);
  const below = Math.min(Math.floor(at), stops.length - 2);
  const a = channels(stops[below]);
  const b = channels(stops[below + 1]);
  return `#${a
    .map((one, i) => Math.round(one + (b[i] - one) * (at - below)))
    .map((one) => one.toString(16).padStart(2, "0"))
    .join("")}`;
}

/**
 * The ink, black or white, with the more contrast on a colour.
 * @param {string} colour #rrggbb
 */
export function inkOn(colour) {
  return contrast(colour, "#000000") >= contrast(colour, "#ffffff") ? "#000000" : "#ffffff";
}

/**
 * WCAG contrast of two colours.
 * @param {string} a #rrggbb
 * @param {string} b #rrggbb
 */
export function contrast(a, b) {
  const [high, low] = [luminance(a), luminance(b)].sort((p, q) => q - p);
  return (high + 0.05) / (low + 0.05);
}

/** @param {string} colour #rrggbb */
function luminance(colour) {
  const [r, g, b] = channels(colour).map((one) => {
    const share = one / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** @param {string} colour #rrggbb */
const channels = (colour) => [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
