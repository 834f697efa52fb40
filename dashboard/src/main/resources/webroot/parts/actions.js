// @ts-check
/** What can be done with an experiment: asked about first, told afterwards, taken back where that is possible. */
import { useEffect, useRef, useState } from "preact/hooks";
import { send, uuid } from "../api.js";
import { consequences, extension, policyChange, refusal } from "../data/actions.js";
import { html } from "../html.js";
import { go, href } from "../route.js";
import { Confirm } from "./dialog.js";
import { Menu } from "./menu.js";
import { role } from "./session.js";
import { toast } from "./toast.js";

/** @typedef {import("../data/actions.js").Action} Action */

/** Words on the buttons and in the menu. */
const words = {
  pause: "Pause",
  resume: "Resume",
  cancel: "Cancel",
  retry: "Retry failed",
  extend: "Extend",
  clone: "Clone",
  resubmit: "Resubmit",
  policy: "Priority and bound",
};

/** @param {string} id */
const at = (id) => `experiments/${encodeURIComponent(id)}`;

/**
 * @param {string} id
 * @param {string} verb
 * @param {any} [body]
 * @param {{key?: string}} [how]
 */
const ask = (id, verb, body, how) => send("POST", `${at(id)}:${verb}`, body, how);

/**
 * Buttons for the common verbs and a menu with the others.
 * @param {{experiment: any, onDone?: () => void}} props experiment: as the API tells it; onDone: after
 *     something was changed
 */
export function ExperimentActions({ experiment, onDone }) {
  const [asking, setAsking] = useState(/** @type {Action | null} */ (null));
  const close = () => setAsking(null);
  const first = /** @type {Action} */ (experiment.paused ? "resume" : "pause");
  const button = (/** @type {Action} */ action, danger = false) => {
    const why = refusal(action, experiment, role());
    return html`<button
      type="button"
      class="button"
      data-danger=${danger ? "yes" : undefined}
      aria-disabled=${why ? "true" : undefined}
      title=${why || undefined}
      onClick=${() => (why ? toast(why) : setAsking(action))}
    >
      ${words[action]}${danger || action === "resume" || action === "pause" ? " …" : ""}
    </button>`;
  };
  const item = (/** @type {Action} */ action) => {
    const why = refusal(action, experiment, role());
    return {
      label: `${words[action]} …`,
      disabled: why !== "",
      title: why || undefined,
      onSelect: () => setAsking(action),
    };
  };
  const from = `experiment:${experiment.id}`;
  const replace = refusal("resubmit", experiment, role());
  return html`<span class="actions">
    ${button(first)} ${button("cancel", true)}
    <${Menu}
      label="More"
      name="More actions"
      align="end"
      items=${[
        item("retry"),
        item("extend"),
        item("policy"),
        {
          label: "Clone …",
          href: href(["submit"], { from }),
          title: "Opens its specification in the editor; nothing is submitted yet",
        },
        {
          label: "Resubmit …",
          disabled: replace !== "",
          title: replace || "Opens its specification in the editor; what you submit stands in its place",
          onSelect: () => go(href(["submit"], { from, replace: experiment.id })),
        },
      ]}
    />
    <${Steer} experiment=${experiment} action=${asking} onClose=${close} onDone=${onDone} />
    <${Extend} experiment=${experiment} open=${asking === "extend"} onClose=${close} />
    <${Policy} experiment=${experiment} open=${asking === "policy"} onClose=${close} onDone=${onDone} />
  </span>`;
}

/** @param {{sentences: string[]}} props */
const Sentences = ({ sentences }) => html`<ul class="consequences">
  ${sentences.map((one) => html`<li key=${one}>${one}</li>`)}
</ul>`;

/**
 * The key of what a dialog asks for: one and the same while it is open, so that pressing again after
 * a lost answer asks for nothing twice.
 * @param {boolean} open
 */
function useKey(open) {
  const key = useRef("");
  if (open && key.current === "") key.current = uuid();
  if (!open) key.current = "";
  return key;
}

const titles = {
  pause: "Pause",
  resume: "Resume",
  cancel: "Cancel",
  retry: "Retry what failed of",
};

/**
 * Pause, resume, cancel and retry.
 * @param {{experiment: any, action: Action | null, onClose: () => void, onDone?: () => void}} props
 */
function Steer({ experiment, action, onClose, onDone }) {
  const [handBack, setHandBack] = useState(false);
  const open = action !== null && action in titles;
  const key = useKey(open);
  useEffect(() => setHandBack(false), [action]);
  if (!open || action === null) return null;
  const { id } = experiment;
  const running = experiment.tasks?.RUNNING ?? 0;
  const back = (/** @type {string} */ verb) => async () => {
    await ask(id, verb);
    toast(verb === "pause" ? `${id} is paused again.` : `${id} goes on again.`);
    onDone?.();
  };
  const run = async () => {
    const how = { key: key.current };
    if (action === "pause") {
      const answer = await ask(id, "pause", { handBack }, how);
      const asked = answer?.handedBack ? ` ${answer.handedBack} running were asked to hand back.` : "";
      toast(`Paused ${id}.${asked}`, { undo: back("resume"), undoLabel: "Resume" });
    } else if (action === "resume") {
      await ask(id, "resume", undefined, how);
      toast(`Resumed ${id}.`, { undo: back("pause"), undoLabel: "Pause again" });
    } else if (action === "retry") {
      const answer = await ask(id, "retry", undefined, how);
      toast(`${answer?.tasks ?? 0} failed tasks of ${id} begin anew.`);
    } else {
      await ask(id, "cancel", undefined, how);
      toast(`Cancelled ${id}. Its results stay.`);
    }
    onDone?.();
  };
  return html`<${Confirm}
    open=${true}
    title=${`${titles[/** @type {keyof typeof titles} */ (action)]} ${id}?`}
    confirm=${action === "cancel" ? "Cancel the experiment" : words[action]}
    danger=${action === "cancel"}
    onConfirm=${run}
    onClose=${onClose}
  >
    <${Sentences} sentences=${consequences(action, experiment, { handBack })} />
    ${
      action === "pause" &&
      running > 0 &&
      html`<label class="check">
      <input
        type="checkbox"
        checked=${handBack}
        onChange=${(/** @type {any} */ event) => setHandBack(event.target.checked)}
      />
      Free the devices now
    </label>`
    }
  <//>`;
}

/** @param {{experiment: any, open: boolean, onClose: () => void}} props */
function Extend({ experiment, open, onClose }) {
  const [typed, setTyped] = useState("10");
  const [said, setSaid] = useState("");
  const more = Number(typed);
  const good = Number.isInteger(more) && more >= 1 && more <= 2147483647;
  const { id } = experiment;
  const key = useKey(open);
  const last = useRef("");
  if (open && last.current !== typed) {
    // Another number is another request.
    if (last.current !== "") key.current = uuid();
    last.current = typed;
  }
  useEffect(() => {
    setSaid("");
    if (!open || !good) return;
    const stop = new AbortController();
    const timer = setTimeout(() => {
      send("POST", `${at(id)}:extend?dryRun=true`, { iterations: more }, { signal: stop.signal }).then(
        (answer) => setSaid(extension(answer)),
        (error) => stop.signal.aborted || setSaid(`It would be refused: ${error.message}`),
      );
    }, 500);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [open, typed, id]);
  const run = async () => {
    const answer = await ask(id, "extend", { iterations: more }, { key: key.current });
    toast(`Extended by ${more} iterations as ${answer.id}.`, {
      undoLabel: "Cancel the new one",
      undo: async () => {
        await ask(answer.id, "cancel");
        toast(`Cancelled ${answer.id}.`);
      },
    });
    go(href(["experiments", answer.id]));
  };
  return html`<${Confirm}
    open=${open}
    title=${`Extend ${id}?`}
    confirm=${good ? `Extend by ${more}` : "Extend"}
    disabled=${!good}
    onConfirm=${run}
    onClose=${onClose}
  >
    <p>
      <label class="field">
        <span>Iterations more</span>
        <input
          type="number"
          min="1"
          step="1"
          required
          value=${typed}
          onInput=${(/** @type {any} */ event) => setTyped(event.target.value)}
        />
      </label>
    </p>
    <p class="preview" role="status">${good ? said || "Asking what it would compute …" : "A whole number, 1 or more."}</p>
    <${Sentences} sentences=${consequences("extend", experiment)} />
  <//>`;
}

/** @param {{experiment: any, open: boolean, onClose: () => void, onDone?: () => void}} props */
function Policy({ experiment, open, onClose, onDone }) {
  const [typed, setTyped] = useState({ priority: "", maxParallel: "" });
  useEffect(() => {
    if (!open) return;
    setTyped({
      priority: String(experiment.policy?.priority ?? experiment.priority ?? 50),
      maxParallel: String(experiment.policy?.maxParallel ?? 0),
    });
  }, [open]);
  const { change, back, problem } = policyChange(experiment, typed);
  const { id } = experiment;
  const changed = Object.keys(change).length > 0;
  const input = (/** @type {"priority" | "maxParallel"} */ field) => ({
    type: "number",
    min: "0",
    max: field === "priority" ? "100" : undefined,
    step: "1",
    required: true,
    value: typed[field],
    onInput: (/** @type {any} */ event) => setTyped({ ...typed, [field]: event.target.value }),
  });
  const run = async () => {
    await ask(id, "set", change);
    toast(`Changed how ${id} shares the devices.`, {
      undo: async () => {
        await ask(id, "set", back);
        toast(`${id} shares the devices as before.`);
        onDone?.();
      },
    });
    onDone?.();
  };
  return html`<${Confirm}
    open=${open}
    title=${`How ${id} shares the devices`}
    confirm="Set"
    disabled=${problem !== "" || !changed}
    onConfirm=${run}
    onClose=${onClose}
  >
    <p>
      <label class="field"><span>Priority, 0 to 100; higher goes first</span><input ...${input("priority")} /></label>
    </p>
    <p>
      <label class="field"><span>Most tasks at once; 0 for no bound</span><input ...${input("maxParallel")} /></label>
    </p>
    ${problem && html`<p class="preview" role="status">${problem}</p>`}
    <${Sentences} sentences=${consequences("policy", experiment)} />
  <//>`;
}
