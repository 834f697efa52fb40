// @ts-check
/** The form for the common case. It shows what the text says and writes into the text. */
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { flow } from "../data/assist.js";
import { parseTyped } from "../data/specform.js";
import { numberText } from "../data/yamltext.js";
import { html } from "../html.js";

/** @typedef {import("../data/specform.js").FormState} FormState */
/** @typedef {import("../data/assist.js").InputName} InputName */

const mostChips = 12;

/**
 * @param {{states: FormState[], inputs: InputName[], bare: boolean, broken: boolean,
 *   onWrite: (state: FormState, values: any[]) => void}} props bare: nothing has been imported yet;
 *     broken: the text is no YAML, so that nothing can be written into it
 */
export function SpecForm({ states, inputs, bare, broken, onWrite }) {
  const groups = [...new Set(states.map((one) => one.field.group))];
  return html`<div class="specform">
    <p class="specform-status faint" role="status">${broken ? "It waits until the text is YAML again." : ""}</p>
    ${
      bare &&
      html`<p class="note">
      No data, model or extractor has been imported yet. <code>fewstep import --help</code> says how; their names show here then.
    </p>`
    }
    ${groups.map(
      (group) =>
        html`<fieldset key=${group} disabled=${broken}>
          <legend>${group}</legend>
          ${states
            .filter((one) => one.field.group === group)
            .map(
              (one) =>
                html`<${Field} key=${one.field.id} state=${one} inputs=${inputs} onWrite=${onWrite} />`,
            )}
        </fieldset>`,
    )}
  </div>`;
}

/** @param {{state: FormState, inputs: InputName[], onWrite: (state: FormState, values: any[]) => void}} props */
function Field({ state, inputs, onWrite }) {
  const id = useId();
  const { field, values, locked } = state;
  const about = `${id}-about`;
  const badge =
    state.axis && values.length > 0 && html` <span class="axis-badge">axis, ${values.length} values</span>`;
  const note = locked
    ? html`<span class="field-note" id=${about}>${locked} Change it in the text.</span>`
    : values.length === 0
      ? html`<span class="field-note" id=${about}>${state.standard ? `default: ${state.standard}` : "not said"}</span>`
      : html`<span class="field-note for-ears" id=${about}>${state.help}</span>`;
  if (field.kind === "choices") {
    return html`<div class="field" role="group" aria-labelledby=${id} aria-describedby=${about} title=${state.help}>
      <span class="field-label" id=${id}>${field.label}${badge}</span>
      <span class="spec-chips">
        ${[...new Set([...state.choices, ...values])].map((choice) => {
          const on = values.includes(choice);
          return html`<label class="spec-chip" key=${choice}>
            <input
              type="checkbox"
              checked=${on}
              disabled=${locked !== ""}
              onChange=${() => onWrite(state, on ? values.filter((one) => one !== choice) : [...values, choice])}
            />
            ${choice}
          </label>`;
        })}
      </span>
      ${note}
    </div>`;
  }
  return html`<${Typed} state=${state} inputs=${inputs} onWrite=${onWrite} badge=${badge} note=${note} id=${id} />`;
}

/** @param {{state: FormState, inputs: InputName[], onWrite: (state: FormState, values: any[]) => void, badge: any, note: any, id: string}} props */
function Typed({ state, inputs, onWrite, badge, note, id }) {
  const { field, values, locked } = state;
  const said = values
    .map((one) =>
      typeof one === "number" ? numberText(one) : typeof one === "object" ? flow(one) : String(one),
    )
    .join(", ");
  const [typed, setTyped] = useState(said);
  const [editing, setEditing] = useState(false);
  const { problem } = parseTyped(field, typed);
  useEffect(() => {
    if (!editing) setTyped(said);
  }, [said, editing]);
  // Half a word is not written: an emptied field would take its line and comment along.
  const timer = useRef(/** @type {ReturnType<typeof setTimeout> | undefined} */ (undefined));
  const latest = useRef({ state, onWrite });
  latest.current = { state, onWrite };
  const write = (/** @type {string} */ text) => {
    clearTimeout(timer.current);
    const parsed = parseTyped(field, text);
    if (parsed.problem === "") latest.current.onWrite(latest.current.state, parsed.values);
  };
  const type = (/** @type {string} */ text) => {
    setTyped(text);
    clearTimeout(timer.current);
    if (text.trim() !== "") timer.current = setTimeout(() => write(text), 500);
  };
  useEffect(() => () => clearTimeout(timer.current), []);
  const many = field.kind.endsWith("s");
  const known = inputs.filter((one) => one.kind === field.input);
  return html`<div class="field" title=${state.help}>
    <label class="field-label" for=${id}>${field.label}${badge}</label>
    <input
      id=${id}
      type="text"
      inputmode=${/^(integer|number)$/.test(field.kind) ? "decimal" : undefined}
      autocomplete="off"
      spellcheck=${false}
      value=${typed}
      disabled=${locked !== ""}
      placeholder=${state.standard}
      aria-invalid=${problem ? "true" : undefined}
      aria-describedby=${`${id}-about`}
      onFocus=${() => setEditing(true)}
      onBlur=${() => {
        setEditing(false);
        if (typed !== said) write(typed);
      }}
      onKeyDown=${(/** @type {KeyboardEvent} */ event) => event.key === "Enter" && write(typed)}
      onInput=${(/** @type {any} */ event) => type(event.target.value)}
    />
    ${
      !locked &&
      known.length > 0 &&
      html`<span class="spec-chips">
      ${known.slice(0, mostChips).map((one) => {
        const its = values.filter((value) => value === one.name || String(value).startsWith(`${one.name}/`));
        const on = its.length > 0;
        const next = on
          ? values.filter((value) => !its.includes(value))
          : many
            ? [...values, one.name]
            : [one.name];
        return html`<button
          type="button"
          class="spec-chip"
          key=${one.name}
          aria-pressed=${on}
          title=${one.detail}
          onClick=${() => onWrite(state, next)}
        >
          <span aria-hidden="true">${on ? "✓" : "+"}</span> ${one.name}
        </button>`;
      })}
      ${known.length > mostChips && html`<span class="field-note">and ${known.length - mostChips} more; type their name</span>`}
    </span>`
    }
    ${problem ? html`<span class="field-problem" id=${`${id}-about`} role="status">${problem}</span>` : note}
  </div>`;
}
