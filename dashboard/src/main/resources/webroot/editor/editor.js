// @ts-check
/**
 * A text editor for YAML by CodeMirror, loaded when the first one shows. It lives in a shadow root,
 * where its styles are allowed under the page's policy.
 */
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { difference } from "../data/yamledit.js";
import { html } from "../html.js";
import { Loading } from "../parts/empty.js";
import { assistance, diagnostics } from "./assist.js";
import { look } from "./theme.js";

/** @type {Promise<any> | undefined} */
let library;

/** The vendored editor with its YAML parser. */
export const load = () =>
  (library ??= import("editor").catch((error) => {
    library = undefined;
    throw error;
  }));

/**
 * @param {{
 *   text: string,
 *   label: string,
 *   onChange: (text: string) => void,
 *   known: import("./assist.js").Known,
 *   marks: import("./assist.js").Mark[],
 *   doc: any,
 *   goal?: {line: number},
 *   onRun?: () => void,
 * }} props known: what it completes by; marks: what is wrong with `text`, of which `doc` is the parsed
 *     form; goal: a line to go to, another object for
 *     each time; onRun: on Ctrl or Cmd with Enter
 */
export function Editor({ text, label, onChange, known, marks, doc, goal, onRun }) {
  const host = useRef(/** @type {HTMLDivElement | null} */ (null));
  const view = useRef(/** @type {any} */ (null));
  const now = useRef({ onChange, known, onRun });
  now.current = { onChange, known, onRun };
  const [cm, setCm] = useState(/** @type {any} */ (null));
  const [failed, setFailed] = useState(false);

  useEffect(() => {
    load().then(setCm, () => setFailed(true));
  }, []);

  useEffect(() => {
    if (!cm || !host.current) return;
    const root = host.current.shadowRoot ?? host.current.attachShadow({ mode: "open" });
    const one = new cm.EditorView({
      root,
      parent: root,
      state: cm.EditorState.create({ doc: text, extensions: extensions(cm, now, label) }),
    });
    view.current = one;
    return () => {
      view.current = null;
      one.destroy();
    };
  }, [cm]);

  // At once, before another key is pressed: later, what was typed since would be taken back.
  useLayoutEffect(() => {
    const one = view.current;
    if (!one) return;
    const change = difference(one.state.doc.toString(), text);
    if (change) one.dispatch({ changes: change, userEvent: "set" });
  }, [text, cm]);

  useEffect(() => {
    const one = view.current;
    if (!one || !doc || one.state.doc.toString() !== text) return;
    one.dispatch(cm.setDiagnostics(one.state, diagnostics(marks, one.state, doc, cm)));
  }, [marks, doc, cm]);

  useEffect(() => {
    const one = view.current;
    if (!one || !goal || goal.line > one.state.doc.lines) return;
    const { from, text: line } = one.state.doc.line(goal.line);
    const anchor = from + (line.length - line.trimStart().length);
    one.dispatch({ selection: { anchor }, scrollIntoView: true });
    one.focus();
  }, [goal]);

  if (failed) {
    return html`<textarea
      class="editor-plain"
      aria-label=${label}
      spellcheck=${false}
      value=${text}
      onInput=${(/** @type {any} */ event) => onChange(event.target.value)}
    ></textarea>`;
  }
  return html`<div class="editor-frame">
    ${!cm && html`<${Loading} height=${400} label="Loading the editor" />`}
    <div class="editor" ref=${host}></div>
  </div>`;
}

/**
 * @param {any} cm
 * @param {{current: {onChange: (text: string) => void, known: any, onRun?: () => void}}} now
 * @param {string} label
 */
function extensions(cm, now, label) {
  const run = () => {
    now.current.onRun?.();
    return true;
  };
  return [
    cm.Prec.highest(cm.keymap.of([{ key: "Mod-Enter", run }])),
    cm.lineNumbers(),
    cm.foldGutter(),
    cm.lintGutter(),
    cm.highlightSpecialChars(),
    cm.history(),
    cm.drawSelection(),
    cm.dropCursor(),
    cm.indentOnInput(),
    cm.indentUnit.of("  "),
    cm.bracketMatching(),
    cm.closeBrackets(),
    cm.highlightActiveLine(),
    cm.highlightActiveLineGutter(),
    cm.highlightSelectionMatches(),
    cm.search({ top: false }),
    cm.yaml(),
    // Tab moves the focus on, as everywhere on the page; Ctrl and Cmd with ] and [ indent.
    cm.keymap.of([
      ...cm.closeBracketsKeymap,
      ...cm.completionKeymap,
      ...cm.searchKeymap,
      ...cm.historyKeymap,
      ...cm.foldKeymap,
      ...cm.lintKeymap,
      ...cm.defaultKeymap,
    ]),
    cm.EditorView.contentAttributes.of({
      "aria-label": label,
      tabindex: "0",
      spellcheck: "false",
      autocapitalize: "off",
    }),
    cm.EditorView.updateListener.of((/** @type {any} */ update) => {
      if (
        update.docChanged &&
        !update.transactions.some((/** @type {any} */ one) => one.isUserEvent("set"))
      ) {
        now.current.onChange(update.state.doc.toString());
      }
    }),
    ...assistance(cm, () => now.current.known),
    look(cm),
  ];
}
