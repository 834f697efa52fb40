// @ts-check
/**
 * The columns of an experiment out of the listing of its trials, for servers that do not have
 * `GET /experiments/{id}/columns`. Pure function.
 */

/**
 * @param {any} experiment as `GET /experiments/{id}` gives it
 * @param {any[]} trials items of `GET /experiments/{id}/trials`
 */
export function columnsOf(experiment, trials) {
  /** @type {Map<string, import("./columns.js").Column>} */
  const columns = new Map();
  const put = (/** @type {Omit<import("./columns.js").Column, "values">} */ head, /** @type {number} */ row, /** @type {any} */ value) => {
    if (value === undefined || value === null) return;
    let found = columns.get(head.name);
    if (!found) {
      found = { ...head, values: new Array(trials.length).fill(null) };
      columns.set(head.name, found);
    }
    found.values[row] = value;
  };
  const fact = (/** @type {string} */ name, /** @type {string} */ label, /** @type {"number" | "category"} */ kind) =>
    /** @type {const} */ ({ name, label, group: "fact", kind });
  trials.forEach((trial, row) => {
    put(fact("trial", "Trial", "number"), row, trial.index);
    for (const [axis, value] of Object.entries(trial.values)) {
      put({ name: axis, label: axis, group: "axis", kind: "category" }, row, value);
    }
    put(fact("seed", "Seed", "number"), row, trial.seed);
    put(fact("state", "State", "category"), row, trial.state);
    put(fact("nfe", "NFE", "number"), row, trial.nfe);
    put(fact("samplingSteps", "Sampling steps", "number"), row, trial.samplingSteps);
    put({ ...fact("seconds", "Time", "number"), unit: "s" }, row, trial.seconds);
    put(fact("rung", "Rung", "number"), row, trial.rung?.rung);
    put({ name: "validation", label: "Validation MMD", group: "curve", kind: "number", better: "lower" }, row, trial.rung?.validation);
    const tuned = bySpace(trial.scores, trial.trainedSpace);
    const base = bySpace(trial.baseline, trial.trainedSpace);
    for (const [space, fd] of Object.entries(tuned)) {
      const more = trial.scores?.metrics?.[space] ?? {};
      const score = /** @type {const} */ ({ group: "score", kind: "number", better: "lower" });
      put({ ...score, name: `fd:${space}`, label: `FD ${space}` }, row, fd);
      put({ ...score, name: `fd_low:${space}`, label: `FD ${space}, 95 % low` }, row, more["fd-low"]);
      put({ ...score, name: `fd_high:${space}`, label: `FD ${space}, 95 % high` }, row, more["fd-high"]);
      put({ ...score, name: `kd:${space}`, label: `KD ${space}` }, row, more.kd ?? more.kid);
      const baseline = base[space];
      if (typeof baseline === "number") {
        put({ name: `baseline_fd:${space}`, label: `Baseline FD ${space}`, group: "baseline", kind: "number", better: "lower" }, row, baseline);
        if (baseline > 0) put({ ...score, name: `ratio_fd:${space}`, label: `FD ${space} / baseline` }, row, fd / baseline);
      }
    }
  });
  const evaluation = experiment.spec?.spec?.evaluation ?? {};
  const spec = {
    reference: evaluation.reference,
    samples: evaluation.samples,
    seed: evaluation.seed,
    metrics: evaluation.metrics,
    trainedSpaces: [...new Set(trials.map((trial) => trial.trainedSpace).filter(Boolean))],
  };
  return { from: 0, count: trials.length, total: experiment.trials, spec, columns: [...columns.values()] };
}

/**
 * @param {any} scores
 * @param {string} trained
 * @returns {Record<string, number>}
 */
const bySpace = (scores, trained) => ({
  ...(typeof scores?.trained === "number" ? { [trained]: scores.trained } : {}),
  ...scores?.alsoTrained,
  ...scores?.heldOut,
});
