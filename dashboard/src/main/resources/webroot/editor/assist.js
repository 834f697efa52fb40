// @ts-check
/** Completion, hover texts and marks of what is wrong, by the schema, for CodeMirror. */
import { aboutAt, offersAt } from "../data/assist.js";
import { range } from "../data/yamledit.js";

/**
 * @typedef {{schema: any, inputs: import("../data/assist.js").InputName[], value: any}} Known
 * @typedef {{path: (string | number)[], line?: number, message: string, expected?: string,
 *   nearest?: string, onKey?: boolean, from?: number, to?: number, source: string}} Mark from, to: of a
 *     text that is no YAML
 */

/**
 * @param {any} cm the vendored editor
 * @param {() => Known} known
 * @returns {any[]} extensions
 */
export function assistance(cm, known) {
  const source = (/** @type {any} */ context) => {
    const { schema, inputs, value } = known();
    if (!schema) return null;
    const text = context.state.doc.toString();
    const found = offersAt(schema, text, context.pos, value, inputs);
    if (
      !found ||
      (!context.explicit && found.from === context.pos && !/[:[,]\s$/.test(text.slice(0, context.pos)))
    )
      return null;
    return {
      from: found.from,
      options: found.offers.map((one) => ({
        label: one.label,
        detail: one.detail,
        info: one.info || undefined,
        boost: one.boost,
        type: one.type,
        apply: (
          /** @type {any} */ view,
          /** @type {any} */ _completion,
          /** @type {number} */ from,
          /** @type {number} */ to,
        ) => {
          const anchor = from + one.apply.length - (one.cursor ?? 0);
          view.dispatch({
            changes: { from, to, insert: one.apply },
            selection: { anchor },
            userEvent: "input.complete",
          });
          if (one.type === "property") cm.startCompletion(view);
        },
      })),
      validFor: /^[\w./-]*$/,
    };
  };
  return [
    cm.autocompletion({ override: [source], icons: false, maxRenderedOptions: 60 }),
    cm.hoverTooltip(hover(known)),
  ];
}

/** @param {() => Known} known */
const hover = (known) => (/** @type {any} */ view, /** @type {number} */ pos) => {
  const { schema } = known();
  const about = schema && aboutAt(schema, view.state.doc.toString(), pos);
  if (!about) return null;
  return {
    pos: about.from,
    end: about.to,
    above: true,
    create: () => {
      const dom = document.createElement("div");
      dom.className = "about";
      const line = (/** @type {string} */ kind, /** @type {string} */ text) => {
        if (!text) return;
        const one = document.createElement("p");
        one.className = kind;
        one.textContent = text;
        dom.append(one);
      };
      line("about-title", about.title);
      line("about-text", about.text);
      line("about-more", about.expected && `Expected: ${about.expected}`);
      line("about-more", about.standard && `Default: ${about.standard}`);
      return { dom };
    },
  };
};

/**
 * What is wrong as CodeMirror marks it, with a repair where the right word is known.
 * @param {Mark[]} marks
 * @param {any} state
 * @param {any} doc the text as the YAML parser read it
 * @param {any} yaml
 * @returns {any[]} in the order of the text
 */
export function diagnostics(marks, state, doc, yaml) {
  const length = state.doc.length;
  const clip = (/** @type {number} */ at) => Math.max(0, Math.min(at, length));
  return marks
    .map((mark) => {
      let { from, to } =
        mark.from !== undefined
          ? { from: mark.from, to: mark.to ?? mark.from + 1 }
          : range(doc, mark.path, yaml, mark.onKey);
      const lost = mark.from === undefined && from === 0 && to === 0;
      if (lost && mark.line && mark.line <= state.doc.lines) {
        const line = state.doc.line(mark.line);
        from = line.from + (line.text.length - line.text.trimStart().length);
        to = line.to;
      }
      const there = state.sliceDoc(clip(from), clip(to));
      const near = mark.nearest;
      return {
        from: clip(from),
        to: clip(to),
        severity: "error",
        source: mark.source,
        message: [
          mark.message,
          mark.expected && `expected: ${mark.expected}`,
          near && `did you mean ${near}?`,
        ]
          .filter(Boolean)
          .join("; "),
        actions:
          near && /^[\w./-]+$/.test(there)
            ? [
                {
                  name: `Write ${near}`,
                  apply: (/** @type {any} */ view, /** @type {number} */ start, /** @type {number} */ end) =>
                    view.dispatch({
                      changes: { from: start, to: end, insert: near },
                      userEvent: "input.repair",
                    }),
                },
              ]
            : [],
      };
    })
    .sort((a, b) => a.from - b.from);
}
