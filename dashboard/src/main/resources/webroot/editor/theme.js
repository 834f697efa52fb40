// @ts-check
/** How the editor looks: the page's colours, which change with its theme. */

/** @param {any} cm the vendored editor */
export function look(cm) {
  const t = cm.tags;
  const mono = "ui-monospace, 'Cascadia Mono', 'Segoe UI Mono', Consolas, 'DejaVu Sans Mono', monospace";
  const theme = cm.EditorView.theme({
    "&": { height: "100%", color: "var(--ink)", backgroundColor: "var(--paper)", fontSize: "0.875rem" },
    "&.cm-focused": { outline: "none" },
    ".cm-scroller": { fontFamily: mono, lineHeight: "1.5", overflow: "auto" },
    ".cm-content": { caretColor: "var(--ink)" },
    ".cm-cursor, .cm-dropCursor": { borderLeftColor: "var(--ink)", borderLeftWidth: "2px" },
    "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
      backgroundColor: "color-mix(in srgb, var(--accent) 30%, transparent)",
    },
    ".cm-activeLine, .cm-activeLineGutter": {
      backgroundColor: "color-mix(in srgb, var(--accent) 7%, transparent)",
    },
    ".cm-gutters": {
      backgroundColor: "var(--raised)",
      color: "var(--faint)",
      borderRight: "1px solid var(--line)",
    },
    ".cm-foldPlaceholder": {
      backgroundColor: "var(--raised)",
      color: "var(--faint)",
      borderColor: "var(--line)",
    },
    ".cm-selectionMatch, .cm-searchMatch": {
      backgroundColor: "color-mix(in srgb, var(--wait) 25%, transparent)",
    },
    ".cm-searchMatch-selected": { backgroundColor: "color-mix(in srgb, var(--wait) 50%, transparent)" },
    "&.cm-focused .cm-matchingBracket": {
      backgroundColor: "color-mix(in srgb, var(--good) 30%, transparent)",
    },
    "&.cm-focused .cm-nonmatchingBracket": {
      backgroundColor: "color-mix(in srgb, var(--bad) 30%, transparent)",
    },
    ".cm-tooltip": {
      backgroundColor: "var(--raised)",
      color: "var(--ink)",
      border: "1px solid var(--line)",
      borderRadius: "6px",
      maxWidth: "min(32rem, 90vw)",
      fontFamily: "system-ui, sans-serif",
    },
    ".cm-tooltip.cm-tooltip-autocomplete > ul": { fontFamily: mono, maxHeight: "16rem" },
    ".cm-tooltip.cm-tooltip-autocomplete > ul > li": { padding: "0.15rem 0.5rem", minHeight: "24px" },
    ".cm-tooltip-autocomplete ul li[aria-selected]": {
      backgroundColor: "var(--accent)",
      color: "var(--paper)",
    },
    ".cm-completionDetail": { fontStyle: "normal", color: "var(--faint)", marginLeft: "1em" },
    "li[aria-selected] .cm-completionDetail": { color: "inherit" },
    ".cm-completionMatchedText": { textDecoration: "none", fontWeight: "700" },
    ".cm-tooltip.cm-completionInfo": { padding: "0.4rem 0.6rem" },
    ".about": { padding: "0.4rem 0.7rem", fontSize: "0.875rem" },
    ".about p": { margin: "0.15rem 0" },
    ".about-title": { fontWeight: "600" },
    ".about-more": { color: "var(--faint)" },
    ".cm-diagnostic": { padding: "0.3rem 0.6rem", fontSize: "0.875rem", whiteSpace: "pre-wrap" },
    ".cm-diagnostic-error": { borderLeft: "4px solid var(--bad)" },
    ".cm-diagnosticAction": {
      backgroundColor: "var(--accent)",
      color: "var(--paper)",
      minHeight: "24px",
      cursor: "pointer",
    },
    ".cm-panels": { backgroundColor: "var(--raised)", color: "var(--ink)", borderColor: "var(--line)" },
    ".cm-panels-bottom": { borderTop: "1px solid var(--line)" },
    ".cm-textfield": {
      backgroundColor: "var(--paper)",
      color: "var(--ink)",
      border: "1px solid var(--line)",
    },
    ".cm-button": {
      backgroundImage: "none",
      backgroundColor: "var(--paper)",
      color: "var(--ink)",
      border: "1px solid var(--line)",
    },
    ".cm-placeholder": { color: "var(--faint)" },
  });
  const words = cm.HighlightStyle.define([
    { tag: [t.propertyName, t.definition(t.propertyName)], color: "var(--accent)", fontWeight: "600" },
    { tag: [t.string, t.special(t.string)], color: "var(--good)" },
    { tag: [t.number, t.bool, t.null, t.keyword], color: "var(--wait)" },
    { tag: [t.comment, t.lineComment], color: "var(--faint)", fontStyle: "italic" },
    { tag: [t.meta, t.punctuation, t.separator, t.squareBracket, t.brace], color: "var(--faint)" },
    { tag: t.invalid, color: "var(--bad)" },
  ]);
  return [theme, cm.syntaxHighlighting(words)];
}
