// @ts-check
/** The parts of a trial as the page shows them. Pure functions. */

/**
 * @typedef {{name: string, step: number, value: number}} Point
 * @typedef {{x: number, y: number}[]} Line
 * @typedef {{kind: string, name: string, bytes: number, sha256: string}} Artifact
 * @typedef {{step: number | null, label: string, artifact: Artifact, partial: boolean}} Frame
 *     step: training steps before it, null for the end of a finetune of which they are not known;
 *     partial: it has only the first rows of the sheet
 */

/** Curves that every trial's page shows, if there are points, in this order. */
export const known = [
  { name: "loss", title: "Loss (unbiased MMD², may be negative)", unit: "" },
  { name: "validation_loss", title: "Validation MMD² (held-out images)", unit: "" },
  { name: "grad_norm", title: "Gradient norm before clipping", unit: "" },
  { name: "images_per_second", title: "Images per second", unit: "images/s" },
  { name: "memory_bytes", title: "Memory in use", unit: "GiB" },
  { name: "learning_rate", title: "Learning rate", unit: "" },
];

/**
 * Points by curve, in the order of their steps; of several at one step the last counts, as after a
 * training that was repeated from a checkpoint.
 * @param {Point[]} points
 * @returns {Map<string, Line>}
 */
export function lines(points) {
  /** @type {Map<string, Map<number, number>>} */
  const byName = new Map();
  for (const { name, step, value } of points) {
    const at = byName.get(name) ?? new Map();
    at.set(step, value);
    byName.set(name, at);
  }
  return new Map(
    [...byName].map(([name, at]) => [
      name,
      [...at].sort(([a], [b]) => a - b).map(([x, y]) => ({ x, y: name === "memory_bytes" ? y / 2 ** 30 : y })),
    ]),
  );
}

/**
 * First, last, least and greatest of a line.
 * @param {Line} line
 */
export function ends(line) {
  const finite = line.filter(({ y }) => Number.isFinite(y));
  if (finite.length === 0) return null;
  const least = finite.reduce((best, one) => (one.y < best.y ? one : best));
  const greatest = finite.reduce((best, one) => (one.y > best.y ? one : best));
  return { first: finite[0], last: finite[finite.length - 1], least, greatest };
}

/** Lines of a log that are shown at most. */
const mostLines = 500;

/**
 * A log with further lines, none twice: each begins with its time.
 * @param {string[]} log
 * @param {string[]} more
 * @returns {string[]} the last 500
 */
export function withLines(log, more) {
  const there = new Set(log);
  return [...log, ...more.filter((line) => !there.has(line))].slice(-mostLines);
}

/**
 * @param {any} task
 * @param {string} name
 * @returns {Artifact | undefined}
 */
export const artifactOf = (task, name) =>
  (task?.artifacts ?? []).find((/** @type {Artifact} */ one) => one.name === name);

/**
 * Sheets of the same noise over the steps of a finetune, from the base model to its end.
 * @param {any} finetune a task
 * @returns {Frame[]}
 */
export function frames(finetune) {
  const before = artifactOf(finetune, "before.png");
  const after = artifactOf(finetune, "sheet.png");
  const between = (finetune?.artifacts ?? [])
    .flatMap((/** @type {Artifact} */ artifact) => {
      const step = artifact.name.match(/^sheet-(\d+)\.png$/)?.[1];
      return step === undefined ? [] : [{ step: Number(step), artifact }];
    })
    .sort((/** @type {any} */ a, /** @type {any} */ b) => a.step - b.step);
  const last = (finetune?.artifacts ?? [])
    .map((/** @type {Artifact} */ one) => one.name.match(/^checkpoint-(\d+)\./)?.[1])
    .find((/** @type {string | undefined} */ step) => step !== undefined);
  return [
    ...(before ? [{ step: 0, label: "before finetuning", artifact: before, partial: false }] : []),
    ...between.map((/** @type {any} */ one) => ({ ...one, label: `after ${one.step} steps`, partial: true })),
    ...(after
      ? [{ step: last === undefined ? null : Number(last), label: last === undefined ? "at its end" : `after ${last} steps, its result`, artifact: after, partial: false }]
      : []),
  ];
}

/**
 * Sheets to lay over each other: the base model's and the finetuned model's from the same noise.
 * @param {(role: string) => any} task by role
 * @returns {{before: Artifact, after: Artifact, of: string}[]}
 */
export function pairs(task) {
  const found = [];
  const own = [artifactOf(task("FINETUNE"), "before.png"), artifactOf(task("FINETUNE"), "sheet.png")];
  const scored = [artifactOf(task("BASELINE"), "sheet.png"), artifactOf(task("EVALUATE"), "sheet.png")];
  if (scored[0] && scored[1]) found.push({ before: scored[0], after: scored[1], of: "the evaluation's noise" });
  if (own[0] && own[1]) found.push({ before: own[0], after: own[1], of: "the finetune's noise" });
  return found;
}

/**
 * Every score of a trial with its interval and its baseline.
 * @param {any} trial
 * @returns {{space: string, metric: string, trained: boolean, value: number, low: number | null,
 *   high: number | null, baseline: number | null}[]}
 */
export function scoreRows(trial) {
  const rows = [];
  const tuned = trial.scores?.metrics ?? {};
  const base = trial.baseline?.metrics ?? {};
  for (const [space, metrics] of Object.entries(tuned)) {
    for (const [metric, value] of Object.entries(/** @type {Record<string, any>} */ (metrics))) {
      if (typeof value !== "number" || /-(low|high|std)$/.test(metric)) continue;
      const of = (/** @type {string} */ end) => /** @type {any} */ (metrics)[`${metric}-${end}`] ?? null;
      rows.push({
        space,
        metric,
        trained: space === trial.trainedSpace || space in (trial.scores?.alsoTrained ?? {}),
        value,
        low: of("low"),
        high: of("high"),
        baseline: base[space]?.[metric] ?? null,
      });
    }
  }
  if (rows.length > 0) return rows;
  return Object.entries({
    ...(typeof trial.scores?.trained === "number" ? { [trial.trainedSpace ?? "trained"]: trial.scores.trained } : {}),
    ...trial.scores?.heldOut,
  }).map(([space, value]) => ({
    space,
    metric: "fd",
    trained: space === trial.trainedSpace,
    value: /** @type {number} */ (value),
    low: null,
    high: null,
    baseline: space === trial.trainedSpace ? (trial.baseline?.trained ?? null) : (trial.baseline?.heldOut?.[space] ?? null),
  }));
}
