// @ts-check
/** Light or dark: as the system has it, or as the reader chose. */
import { signal } from "@preact/signals";
import { html } from "../html.js";
import { Menu } from "./menu.js";

const kept = "fewstep:theme";
const choices = [
  { id: "", label: "As the system has it", sign: "◐" },
  { id: "light", label: "Light", sign: "○" },
  { id: "dark", label: "Dark", sign: "●" },
];

const chosen = signal("");

/** @param {string} id */
function choose(id) {
  chosen.value = id;
  if (id) document.documentElement.dataset.theme = id;
  else delete document.documentElement.dataset.theme;
}

try {
  const before = localStorage.getItem(kept) ?? "";
  choose(choices.some((one) => one.id === before) ? before : "");
} catch {
  // Without a storage the system decides.
}

/** The choice, as a menu in the head of the page. */
export function ThemeChoice() {
  const now = choices.find((one) => one.id === chosen.value) ?? choices[0];
  return html`<${Menu}
    label=${html`<span aria-hidden="true">${now.sign}</span>`}
    name=${`Colours: ${now.label.toLowerCase()}`}
    title="Light or dark"
    align="end"
    items=${choices.map((one) => ({
      label: one.label,
      checked: one.id === now.id,
      onSelect: () => {
        choose(one.id);
        try {
          localStorage.setItem(kept, one.id);
        } catch {
          // It holds for this page only.
        }
      },
    }))}
  />`;
}
