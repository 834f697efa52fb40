// @ts-check
/**
 * The form for the common case of a specification: which of its fields it shows, what they hold, and
 * what a change of one writes. A field of the base configuration with several values is an axis of
 * the grid. Pure functions.
 */
import { at, expected, field, valuesOf } from "./schema.js";

/**
 * @typedef {{
 *   id: string,
 *   label: string,
 *   kind: "text" | "integer" | "number" | "texts" | "integers" | "numbers" | "choices",
 *   axis?: string,
 *   path?: string[],
 *   input?: "DATASET" | "WEIGHTS" | "EXTRACTOR",
 *   group: string,
 *   hint?: string,
 * }} FormField axis: dotted path of a field of base, which may have several values; path: of a field
 *     that has one; input: kind of the imported files that it names
 */

/** @type {FormField[]} */
export const formFields = [
  { id: "name", label: "Name", kind: "text", path: ["metadata", "name"], group: "What" },
  { id: "project", label: "Project", kind: "text", path: ["metadata", "project"], group: "What" },
  {
    id: "train",
    label: "Training images",
    kind: "texts",
    axis: "data.train",
    input: "DATASET",
    group: "Data and model",
  },
  {
    id: "weights",
    label: "Base model",
    kind: "texts",
    axis: "model.weights",
    input: "WEIGHTS",
    group: "Data and model",
  },
  { id: "steps", label: "Sampling steps", kind: "integers", axis: "sampling.steps", group: "Grid" },
  { id: "kernel", label: "Kernels", kind: "choices", axis: "loss.kernel", group: "Grid" },
  {
    id: "extractor",
    label: "Trained in (extractors)",
    kind: "texts",
    axis: "loss.extractor",
    input: "EXTRACTOR",
    group: "Grid",
  },
  { id: "iterations", label: "Iterations", kind: "integers", axis: "training.iterations", group: "Grid" },
  {
    id: "learningRate",
    label: "Learning rates",
    kind: "numbers",
    axis: "training.learningRate",
    group: "Grid",
  },
  { id: "seeds", label: "Seeds", kind: "integers", path: ["spec", "seeds"], group: "Grid" },
  {
    id: "reference",
    label: "Compared with",
    kind: "text",
    path: ["spec", "evaluation", "reference"],
    input: "DATASET",
    group: "Evaluation",
  },
  {
    id: "heldOut",
    label: "Scored in (extractors)",
    kind: "texts",
    path: ["spec", "evaluation", "extractors"],
    input: "EXTRACTOR",
    group: "Evaluation",
  },
  {
    id: "samples",
    label: "Images for each score",
    kind: "integer",
    path: ["spec", "evaluation", "samples"],
    group: "Evaluation",
  },
  {
    id: "deviceClass",
    label: "Device class",
    kind: "text",
    path: ["spec", "resources", "deviceClass"],
    group: "Where",
  },
];

/** @param {FormField} one */
const several = (one) => ["texts", "integers", "numbers", "choices"].includes(one.kind);

/**
 * @param {any} value
 * @param {string[]} path
 */
const pick = (value, path) =>
  path.reduce((now, key) => (now !== null && typeof now === "object" ? now[key] : undefined), value);

/**
 * @typedef {{
 *   field: FormField,
 *   values: any[],
 *   axis: boolean,
 *   locked: string,
 *   standard: string,
 *   choices: any[],
 *   help: string,
 * }} FormState values: what the specification says, none where it says nothing; locked: why only the
 *     text can change it; standard: what counts when it says nothing; choices: of kind choices
 */

/**
 * What the form shows.
 * @param {any} schema the JSON Schema of specifications
 * @param {any} spec the specification as it is written
 * @returns {FormState[]}
 */
export function formOf(schema, spec) {
  return formFields.map((one) => {
    const about = one.axis ? field(schema, one.axis) : at(schema, one.path ?? []);
    const standard = about?.default;
    /** @type {any} */
    let value;
    let axis = false;
    if (one.axis) {
      const grid = pick(spec, ["spec", "grid", one.axis]);
      axis = Array.isArray(grid);
      value = axis ? grid : pick(spec, ["spec", "base", ...one.axis.split(".")]);
    } else value = pick(spec, one.path ?? []);
    const values = value === undefined || value === null ? [] : Array.isArray(value) ? value : [value];
    return {
      field: one,
      values,
      axis,
      locked: lock(one, spec, values),
      standard: standard === undefined ? "" : String(standard),
      choices: one.kind === "choices" ? valuesOf(about) : [],
      help: [
        about?.description,
        expected(about) && `Expected: ${expected(one.axis ? about : (about?.items ?? about))}.`,
      ]
        .filter(Boolean)
        .join(" "),
    };
  });
}

/**
 * @param {FormField} one
 * @param {any} spec
 * @param {any[]} values
 */
function lock(one, spec, values) {
  if (values.some((value) => value !== null && typeof value === "object"))
    return "It has values that only the text can show.";
  if (!one.axis) return "";
  const body = spec?.spec ?? {};
  const group = Object.keys(body.grid ?? {}).find((axis) => one.axis?.startsWith(`${axis}.`));
  if (group) return `The axis ${group} of the grid sets it.`;
  if (pick(body, ["search", "ranges", one.axis]) !== undefined)
    return "It is drawn from a range, under search.";
  if (one.id === "weights" && pick(body, ["base", "model", "pretrain"]))
    return "The experiment pretrains its own base model.";
  if (one.id === "extractor" && (pick(body, ["base", "loss", "extractors"]) ?? []).length > 0)
    return "Several extractors are summed, under loss.extractors.";
  return "";
}

/**
 * What is typed into a field.
 * @param {FormField} one
 * @param {string} typed
 * @returns {{values: any[], problem: string}}
 */
export function parseTyped(one, typed) {
  const parts = several(one) ? typed.split(/[\s,;]+/).filter(Boolean) : [typed.trim()].filter(Boolean);
  /** @type {any[]} */
  const values = [];
  for (const part of parts) {
    if (one.kind === "text" || one.kind === "texts" || one.kind === "choices") values.push(part);
    else {
      const value = Number(part);
      const whole = one.kind.startsWith("integer");
      if (!Number.isFinite(value) || (whole && !Number.isSafeInteger(value))) {
        return { values: [], problem: `${part} is no ${whole ? "whole number" : "number"}.` };
      }
      values.push(value);
    }
  }
  const twice = values.find((value, i) => values.indexOf(value) !== i);
  if (twice !== undefined) return { values: [], problem: `${twice} is named twice.` };
  return { values, problem: "" };
}

/**
 * What a field's values write into the specification.
 * @param {FormState} state
 * @param {any[]} values
 * @returns {{path: string[], value: any}[]}
 */
export function writes(state, values) {
  const one = state.field;
  const none = values.length === 0;
  if (!one.axis) {
    const value = none ? undefined : several(one) ? values : values[0];
    return [{ path: one.path ?? [], value }];
  }
  const grid = ["spec", "grid", one.axis];
  const base = ["spec", "base", ...one.axis.split(".")];
  if (values.length > 1) return [{ path: grid, value: values }];
  return [
    { path: grid, value: undefined },
    { path: base, value: none ? undefined : values[0] },
  ];
}

/**
 * Number of trials of a grid without searches, exclusions and inclusions; null where those are.
 * @param {any} spec
 * @returns {number | null}
 */
export function gridSize(spec) {
  const body = spec?.spec;
  if (!body || body.search || body.exclude?.length || body.include?.length) return null;
  const axes = Object.values(body.grid ?? {});
  if (axes.some((values) => !Array.isArray(values))) return null;
  const seeds = Array.isArray(body.seeds) ? body.seeds.length : 1;
  return axes.reduce(
    (/** @type {number} */ size, values) => size * /** @type {any[]} */ (values).length,
    seeds,
  );
}

/**
 * Names of fields in the order of the schema, for new ones in a text.
 * @param {any} schema
 * @returns {(path: string[]) => string[]}
 */
export const orderOf = (schema) => (path) => Object.keys(at(schema, path)?.properties ?? {});
