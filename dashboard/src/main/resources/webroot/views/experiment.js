// @ts-check
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { all, artifactUrl, get } from "../api.js";
import { LineChart, merge } from "../charts/line.js";
import { duration, number, ratio, when } from "../format.js";
import { html } from "../html.js";
import { follow } from "../live.js";
import { StateBar } from "./state.js";

/**
 * One experiment: its trials, the score against NFE, loss curves and sample sheets.
 * @param {{id: string}} props
 */
export function Experiment({ id }) {
  const [experiment, setExperiment] = useState(/** @type {any} */ (null));
  const [trials, setTrials] = useState(/** @type {any[]} */ ([]));
  const [base, setBase] = useState(/** @type {any[]} */ ([]));
  const [tasks, setTasks] = useState(/** @type {any[]} */ ([]));
  const [problem, setProblem] = useState("");
  const [chosen, setChosen] = useState(/** @type {number | null} */ (null));
  const [curves, setCurves] = useState(
    /** @type {Record<string, {name: string, step: number, value: number}[]>} */ ({}),
  );
  const loaded = useRef(new Set());

  useEffect(() => {
    const path = `experiments/${encodeURIComponent(id)}`;
    const load = () =>
      Promise.all([
        get(path),
        all(`${path}/trials`),
        get(`${path}/base`),
        all(`tasks?experiment=${encodeURIComponent(id)}`),
      ])
        .then(([one, many, alone, work]) => {
          setExperiment(one);
          setTrials(many);
          setBase(alone.items);
          setTasks(work);
          setProblem("");
          for (const task of work) {
            const begun = ["RUNNING", "SUCCEEDED", "CACHED"].includes(task.state);
            const mark = `${task.key}/${task.state}`;
            if (task.kind === "FINETUNE" && begun && !loaded.current.has(mark)) {
              loaded.current.add(mark);
              get(`tasks/${task.key}/curve`)
                .then((curve) => setCurves((old) => ({ ...old, [task.key]: curve.points })))
                .catch(() => loaded.current.delete(mark));
            }
          }
        })
        .catch((error) => setProblem(error.message));
    load();
    return follow(id, {
      onState: load,
      onMetrics: (batch) =>
        setCurves((old) => ({
          ...old,
          [batch.taskKey]: [...(old[batch.taskKey] ?? []), ...batch.points],
        })),
    });
  }, [id]);

  document.title = `${id} – fewstep`;
  if (problem && experiment === null) {
    return html`<h1>${id}</h1>
      <p class="problem" role="alert">${problem} <a href="#/">All experiments</a></p>`;
  }
  if (experiment === null) return html`<h1>${id}</h1><p>Loading …</p>`;

  const axes = [...new Set(trials.flatMap((trial) => Object.keys(trial.values)))];
  const spaces = [
    ...new Set(
      trials.flatMap((trial) => [
        ...Object.keys(trial.scores?.heldOut ?? {}),
        ...Object.keys(trial.baseline?.heldOut ?? {}),
      ]),
    ),
  ];
  const current = trials.find((trial) => trial.index === (chosen ?? trials[0]?.index));
  return html`
    <h1>${id}</h1>
    <p class="facts">
      <span class="state" data-state=${experiment.state}>${experiment.state}</span>
      <span>project ${experiment.project}</span>
      <span>submitted ${when(experiment.submittedAt)}</span>
      <${StateBar} counts=${experiment.tasks ?? {}} />
    </p>
    ${problem && html`<p class="problem" role="alert">${problem}</p>`}
    <h2>Trials</h2>
    <div class="scroll">
      <table class="trials">
        <thead>
          <tr>
            <th scope="col">Trial</th>
            ${axes.map((axis) => html`<th scope="col">${axis}</th>`)}
            <th scope="col" class="number">Seed</th>
            <th scope="col">State</th>
            <th scope="col" class="number">NFE</th>
            ${["trained", ...spaces].map(
              (space) =>
                html`<th scope="col" class="number">FD ${space}</th>
                  <th scope="col" class="number">baseline</th>
                  <th scope="col" class="number">ratio</th>`,
            )}
            <th scope="col" class="number">Time</th>
          </tr>
        </thead>
        <tbody>
          ${trials.map(
            (trial) =>
              html`<tr key=${trial.index} aria-selected=${trial === current}>
                <th scope="row">
                  <button type="button" onClick=${() => setChosen(trial.index)}>
                    ${trial.index}
                  </button>
                </th>
                ${axes.map((axis) => html`<td>${String(trial.values[axis] ?? "")}</td>`)}
                <td class="number">${trial.seed}</td>
                <td><span class="state" data-state=${trial.state}>${trial.state}</span></td>
                <td class="number">${trial.nfe ?? "–"}</td>
                <${Scores} score=${trial.scores?.trained} baseline=${trial.baseline?.trained} />
                ${spaces.map(
                  (space) =>
                    html`<${Scores}
                      score=${trial.scores?.heldOut?.[space]}
                      baseline=${trial.baseline?.heldOut?.[space]}
                    />`,
                )}
                <td class="number">${duration(trial.seconds)}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
    <div class="charts">
      ${["trained", ...spaces].map(
        (space) => html`<${ScoreChart} space=${space} trials=${trials} base=${base} />`,
      )}
      <${LossChart} trials=${trials} curves=${curves} axes=${axes} />
    </div>
    ${current && html`<${TrialDetail} trial=${current} tasks=${tasks} />`}
  `;
}

/** @param {{score: number | undefined, baseline: number | undefined}} props */
function Scores({ score, baseline }) {
  return html`<td class="number">${number(score)}</td>
    <td class="number">${number(baseline)}</td>
    <td class="number">${ratio(score, baseline)}</td>`;
}

/**
 * @param {any} row a trial's scores, its baseline, or a base evaluation's scores
 * @param {string} space
 */
const scoreIn = (row, space) => (space === "trained" ? row?.trained : row?.heldOut?.[space]);

/** @param {{space: string, trials: any[], base: any[]}} props */
function ScoreChart({ space, trials, base }) {
  const data = useMemo(() => {
    const tuned = trials
      .filter((t) => scoreIn(t.scores, space) !== undefined && t.nfe)
      .map((t) => ({ x: t.nfe, y: scoreIn(t.scores, space) }));
    const best = [...new Set(tuned.map((p) => p.x))].map((x) => ({
      x,
      y: Math.min(...tuned.filter((p) => p.x === x).map((p) => p.y)),
    }));
    const plain = [
      ...trials.map((t) => ({ x: t.baseline?.nfe ?? t.nfe, y: scoreIn(t.baseline, space) })),
      ...base.map((b) => ({ x: b.nfe, y: scoreIn(b.scores, space) })),
    ].filter((p) => p.x && p.y !== undefined && p.y !== null);
    return merge([best, plain]);
  }, [trials, base, space]);
  if (data[0].length === 0) return null;
  return html`<${LineChart}
    title=${`FD against NFE, ${space} space (lower is better)`}
    x="NFE"
    y="FD"
    log=${true}
    data=${data}
    series=${[
      { label: "finetuned, best kernel", points: true },
      { label: "base model", points: true, dash: [6, 4] },
    ]}
  />`;
}

/** @param {{trials: any[], curves: Record<string, any[]>, axes: string[]}} props */
function LossChart({ trials, curves, axes }) {
  const shown = trials.filter((trial) => curves[trial.tasks?.finetune]?.length).slice(0, 6);
  const data = useMemo(
    () =>
      merge(
        shown.map((trial) =>
          curves[trial.tasks.finetune]
            .filter((point) => point.name === "loss")
            .map((point) => ({ x: point.step, y: point.value })),
        ),
      ),
    [trials, curves],
  );
  if (shown.length === 0) return null;
  const name = (/** @type {any} */ trial) =>
    `${trial.index}: ${axes.map((axis) => trial.values[axis]).join(", ")}`;
  return html`<${LineChart}
    title="Loss (unbiased MMD², may be negative)"
    x="step"
    y="loss"
    data=${data}
    series=${shown.map((trial) => ({ label: name(trial) }))}
  />`;
}

/** @param {{trial: any, tasks: any[]}} props */
function TrialDetail({ trial, tasks }) {
  const of = (/** @type {string} */ role) => tasks.find((task) => task.key === trial.tasks?.[role]);
  const finetune = of("finetune");
  const sheets = [
    { title: "Base model, same noise", task: of("baseline"), name: "sheet.png" },
    { title: "Finetuned, same noise", task: of("evaluate"), name: "sheet.png" },
  ]
    .map((sheet) => ({
      ...sheet,
      artifact: sheet.task?.artifacts?.find((/** @type {any} */ a) => a.name === sheet.name),
    }))
    .filter((sheet) => sheet.artifact);
  const work = ["finetune", "evaluate", "baseline"].map(of).filter(Boolean);
  return html`
    <h2>Trial ${trial.index}</h2>
    ${finetune?.failure &&
    html`<p class="problem" role="alert">${finetune.failure.message}</p>`}
    <div class="sheets">
      ${sheets.map(
        (sheet) =>
          html`<figure>
            <img
              src=${artifactUrl(sheet.artifact.sha256, sheet.name)}
              alt=${`${sheet.title}: a sheet of generated images`}
            />
            <figcaption>${sheet.title}</figcaption>
          </figure>`,
      )}
    </div>
    <div class="scroll">
      <table>
        <thead>
          <tr>
            <th scope="col">Task</th>
            <th scope="col">Key</th>
            <th scope="col">State</th>
            <th scope="col" class="number">Attempt</th>
            <th scope="col">Artifacts</th>
          </tr>
        </thead>
        <tbody>
          ${work.map(
            (task) =>
              html`<tr key=${task.key}>
                <th scope="row">${task.kind}</th>
                <td><code title=${task.key}>${task.key.slice(0, 12)}</code></td>
                <td><span class="state" data-state=${task.state}>${task.state}</span></td>
                <td class="number">${task.attempt}</td>
                <td>
                  ${(task.artifacts ?? []).map(
                    (/** @type {any} */ artifact) =>
                      html`<a
                        class="artifact"
                        href=${artifactUrl(artifact.sha256, artifact.name)}
                        download=${artifact.name}
                        title=${`sha256 ${artifact.sha256}`}
                        >${artifact.name}</a
                      > `,
                  )}
                </td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
  `;
}
