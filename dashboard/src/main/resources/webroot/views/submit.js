// @ts-check
/** Writing a specification, seeing what it would run, and submitting it. */
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { send } from "../api.js";
import { draftOf, dropDraft, keepDraft } from "../data/drafts.js";
import { faults } from "../data/faults.js";
import { formOf, orderOf, writes } from "../data/specform.js";
import { change, most, pathOf, pathText, range, read } from "../data/yamledit.js";
import { Editor, load } from "../editor/editor.js";
import { when } from "../format.js";
import { html } from "../html.js";
import { ErrorBox, Loading } from "../parts/empty.js";
import { toast } from "../parts/toast.js";
import { href, route, setQuery } from "../route.js";
import { SubmitBar } from "../submit/bar.js";
import { SpecForm } from "../submit/form.js";
import { PlanBox } from "../submit/plan.js";
import { inputNames, recipes, schema as schemaOf, textOf } from "../submit/source.js";

/** @typedef {import("../submit/plan.js").Planned} Planned */
/** @typedef {import("../editor/assist.js").Mark} Mark */

const pause = 900;

/**
 * A promise's value once it is there, and what went wrong.
 * @param {() => Promise<any>} ask
 * @param {any[]} by
 * @returns {[any, string, () => void]} with a way to ask again
 */
function useAnswer(ask, by) {
  const [turn, setTurn] = useState(0);
  const [state, setState] = useState(
    /** @type {{value: any, problem: string}} */ ({ value: undefined, problem: "" }),
  );
  useEffect(() => {
    let stale = false;
    setState({ value: undefined, problem: "" });
    ask().then(
      (value) => stale || setState({ value, problem: "" }),
      (error) => stale || setState({ value: undefined, problem: error.message }),
    );
    return () => {
      stale = true;
    };
  }, [...by, turn]);
  return [state.value, state.problem, () => setTurn(turn + 1)];
}

/** The page at `#/submit`. */
export function Submit() {
  const { query } = route.value;
  const source = query.get("from") ?? "";
  const replace = query.get("replace") ?? "";
  const key = `${source || "new"}${replace ? `>${replace}` : ""}`;
  return html`<${Page} key=${key} draftKey=${key} source=${source} replace=${replace} />`;
}

/** @param {{draftKey: string, source: string, replace: string}} props */
function Page({ draftKey, source, replace }) {
  const [origin, problem, again] = useAnswer(() => textOf(source), [source]);
  const [cm, noEditor] = useAnswer(load, []);
  const [schema] = useAnswer(schemaOf, []);
  const [inputs] = useAnswer(inputNames, []);
  const [items] = useAnswer(recipes, []);
  const [text, setText] = useState(/** @type {string | null} */ (null));
  const [restored, setRestored] = useState("");
  const [upload, setUpload] = useState("");

  useEffect(() => {
    document.title = `${replace ? `Replace ${replace}` : "Submit"} – fewstep`;
  }, [replace]);

  useEffect(() => {
    if (origin === undefined) return;
    const draft = draftOf(localStorage, draftKey);
    if (draft && draft.text !== origin) {
      setText(draft.text);
      setRestored(draft.at);
    } else setText(origin);
  }, [origin]);

  const type = (/** @type {string} */ next) => {
    setText(next);
    if (next === origin) dropDraft(localStorage, draftKey);
    else keepDraft(localStorage, draftKey, next, new Date());
  };
  const take = async (/** @type {File | undefined} */ file) => {
    setUpload("");
    if (!file) return;
    if (file.size > most) return setUpload(`${file.name} is too large: a specification has at most 1 MiB.`);
    const before = text ?? "";
    const next = await file.text();
    type(next);
    toast(`Took the text of ${file.name}.`, { undo: () => type(before) });
  };
  const dropped = (/** @type {DragEvent} */ event) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    event.stopPropagation();
    if (event.type === "drop") take(event.dataTransfer.files[0]);
  };

  return html`
    <h1>${replace ? `Replace ${replace}` : "Submit an experiment"}</h1>
    ${
      replace &&
      html`<p class="note">
      What you submit here stands in the place of <a href=${href(["experiments", replace])}>${replace}</a>: what both have is kept, what only
      the old one has is withdrawn.
    </p>`
    }
    <div class="submit-tools">
      <label class="field inline">
        <span>Begin from</span>
        <select
          value=${source}
          onChange=${(/** @type {any} */ event) => setQuery({ from: event.target.value || null, replace: replace || null }, { push: true })}
        >
          ${source.startsWith("experiment:") && html`<option value=${source}>${source.slice("experiment:".length)}</option>`}
          <option value="">a small one that can run here</option>
          ${(items ?? []).map(
            (/** @type {any} */ one) =>
              html`<option key=${one.name} value=${`recipe:${one.name}`} title=${one.title}>${one.name}: ${one.title}</option>`,
          )}
        </select>
      </label>
      <label class="field inline">
        <span>or a YAML or JSON file</span>
        <input
          type="file"
          accept=".yaml,.yml,.json,application/yaml,application/json,text/yaml"
          onChange=${(/** @type {any} */ event) => take(event.target.files[0])}
        />
      </label>
    </div>
    ${upload && html`<p class="problem" role="alert">${upload}</p>`}
    ${
      restored &&
      text !== null &&
      html`<p class="note" role="status">
      This is your unsubmitted text of ${when(restored)}.${" "}
      <button
        type="button"
        class="button"
        onClick=${() => {
          const before = text;
          type(origin);
          setRestored("");
          toast("Began anew.", { undo: () => type(before) });
        }}
      >
        Begin anew
      </button>
    </p>`
    }
    ${
      problem
        ? html`<${ErrorBox} text=${problem} retry=${again} />`
        : text === null
          ? html`<${Loading} height=${480} />`
          : html`<div onDragOverCapture=${dropped} onDropCapture=${dropped}>
            <${Desk} text=${text} onText=${type} cm=${cm} plain=${noEditor !== ""} schema=${schema} inputs=${inputs ?? null} replace=${replace} draftKey=${draftKey} />
          </div>`
    }
  `;
}

/**
 * Form, text and plan beside each other.
 * @param {{text: string, onText: (text: string) => void, cm: any, plain: boolean, schema: any, replace: string,
 *   draftKey: string, inputs: import("../data/assist.js").InputName[] | null}} props cm: the vendored editor;
 *     plain: it could not be loaded, so that only the server reads the text
 */
function Desk({ text, onText, cm, plain, schema, inputs, replace, draftKey }) {
  const now = useMemo(() => (cm ? read(text, cm) : null), [text, cm]);
  const [refused, setRefused] = useState(
    /** @type {{text: string, errors: import("../api.js").Fault[]}} */ ({ text: "", errors: [] }),
  );
  const [planned, setPlanned] = useState(
    /** @type {Planned & {text: string}} */ ({ phase: "waiting", text: "" }),
  );
  const [turn, setTurn] = useState(0);
  const [goal, setGoal] = useState(/** @type {{line: number} | undefined} */ (undefined));
  const asking = useRef(0);
  const good = useRef(/** @type {any} */ (undefined));
  if (now?.value !== undefined) good.current = now.value;
  const path = replace ? `experiments/${encodeURIComponent(replace)}:resubmit` : "experiments";
  const asked = replace ? `${path}?dryRun=true` : "experiments:plan";

  const marks = useMemo(() => {
    /** @type {Mark[]} */
    const found = (now?.problems ?? []).map((one) => ({ path: [], source: "YAML", ...one }));
    if (now?.value !== undefined && schema)
      faults(schema, now.value).forEach((one) => found.push({ ...one, source: "schema" }));
    const own = found.length > 0;
    if (refused.text === text) {
      for (const one of refused.errors)
        if (!own) found.push({ ...one, path: pathOf(one.path), source: "server" });
    }
    return found;
  }, [now, schema, refused, text]);
  const wrong = marks.filter((one) => one.source !== "server").length > 0;

  useEffect(() => {
    if ((!now && !plain) || wrong) return;
    const stop = new AbortController();
    setPlanned((before) => ({ ...before, phase: "asking" }));
    const ask = () =>
      send("POST", asked, text, { signal: stop.signal, patience: 2 }).then(
        (answer) => {
          setRefused({ text, errors: [] });
          setPlanned({ phase: "done", plan: answer.plan ?? answer, text });
        },
        (error) => {
          if (stop.signal.aborted) return;
          setRefused({ text, errors: error.errors ?? [] });
          const phase = error.status >= 400 && error.status < 500 ? "refused" : "failed";
          setPlanned((before) => ({ ...before, phase, problem: error.message, text }));
        },
      );
    const timer = setTimeout(ask, turn > asking.current ? 0 : pause);
    asking.current = turn;
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [text, now === null, plain, wrong, turn, asked]);

  const broken = now !== null && now.value === undefined;
  const states = useMemo(() => (schema && now && !broken ? formOf(schema, now.value) : null), [schema, now]);
  const last = useRef(states);
  if (states) last.current = states;
  const write = (/** @type {any} */ state, /** @type {any[]} */ values) => {
    const next = change(text, writes(state, values), cm, orderOf(schema));
    if (next !== null) onText(next);
  };
  const line = (/** @type {Mark} */ one) => {
    const from =
      one.from ?? (now && one.line === undefined ? range(now.doc, one.path, cm, one.onKey).from : undefined);
    return from === undefined ? one.line : text.slice(0, from).split("\n").length;
  };
  const shown = marks.map((one) => ({
    line: line(one),
    text: `${one.path.length > 0 ? `${pathText(one.path)}: ` : ""}${one.message}${one.nearest ? `; did you mean ${one.nearest}?` : ""}`,
  }));
  const ready = planned.phase === "done" && planned.text === text && marks.length === 0;

  return html`<div class="desk">
    <section class="desk-form" aria-label="Form for the common case">
      <h2>The common case</h2>
      ${
        last.current
          ? html`<${SpecForm} states=${last.current} inputs=${inputs ?? []} bare=${inputs?.length === 0} broken=${broken} onWrite=${write} />`
          : plain
            ? html`<p class="faint">The form could not be loaded. The text can be written and submitted without it; reload the page to try again.</p>`
            : html`<${Loading} rows=${12} />`
      }
    </section>
    <section class="desk-text" aria-label="Specification">
      <h2>Specification</h2>
      <${Editor}
        text=${text}
        label="Specification in YAML"
        onChange=${onText}
        known=${{ schema, inputs: inputs ?? [], value: good.current }}
        marks=${marks}
        doc=${now?.doc}
        goal=${goal}
        onRun=${() => setTurn(turn + 1)}
      />
      <p class="faint">
        Ctrl+Space completes, hovering explains, Ctrl+Enter plans at once. The form writes into this text and leaves the rest, comments too, as
        it is.
      </p>
    </section>
    <div class="desk-plan">
      <${PlanBox} planned=${wrong ? { ...planned, phase: "waiting" } : planned} faults=${shown} from=${asked} onGo=${(/** @type {number} */ to) => setGoal({ line: to })} />
      <${SubmitBar} text=${text} ready=${ready} plan=${planned.plan} path=${path} replace=${replace} draftKey=${draftKey} onPlan=${() => setTurn(turn + 1)} />
    </div>
  </div>`;
}
