// @ts-check
/** The page's colours for charts, and whether things may move; both change while the page is open. */
import { signal } from "@preact/signals";

/**
 * @typedef {{ink: string, faint: string, line: string, paper: string, raised: string, accent: string,
 *   dark: boolean}} Theme
 */

/** @returns {Theme} */
function read() {
  const style = getComputedStyle(document.documentElement);
  const of = (/** @type {string} */ name) => style.getPropertyValue(`--${name}`).trim();
  const chosen = document.documentElement.dataset.theme;
  return {
    ink: of("ink"),
    faint: of("faint"),
    line: of("line"),
    paper: of("paper"),
    raised: of("raised"),
    accent: of("accent"),
    dark: chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches,
  };
}

/** The colours of now. */
export const theme = signal(read());

const still = matchMedia("(prefers-reduced-motion: reduce)");

/** Whether the reader asked for no movement. */
export const reducedMotion = signal(still.matches);

still.addEventListener("change", () => (reducedMotion.value = still.matches));
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => (theme.value = read()));
new MutationObserver(() => (theme.value = read())).observe(document.documentElement, {
  attributes: true,
  attributeFilter: ["data-theme", "class"],
});
