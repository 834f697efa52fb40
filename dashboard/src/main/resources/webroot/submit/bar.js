// @ts-check
/** The end of the submit page: who asks, the plan again, and the submission itself. */
import { useEffect, useRef, useState } from "preact/hooks";
import { send, uuid } from "../api.js";
import { forbidden } from "../data/actions.js";
import { dropDraft } from "../data/drafts.js";
import { html } from "../html.js";
import { Confirm } from "../parts/dialog.js";
import { role } from "../parts/session.js";
import { toast } from "../parts/toast.js";
import { go, href } from "../route.js";

/**
 * @param {{text: string, ready: boolean, plan: any, path: string, replace: string, draftKey: string,
 *   onPlan: () => void}} props ready: the server has planned this very text; path: of the API that is
 *     asked to run it; replace: the experiment in whose place it will stand, or empty
 */
export function SubmitBar({ text, ready, plan, path, replace, draftKey, onPlan }) {
  const [user, setUser] = useState(localStorage.getItem("fewstep:user") ?? "");
  const [busy, setBusy] = useState(false);
  const [asking, setAsking] = useState(false);
  const [problem, setProblem] = useState("");
  const request = useRef({ text: "", key: "" });
  const may = forbidden(role(), "SUBMITTER");
  const goodUser = /^[ -~]{0,100}$/.test(user);
  useEffect(() => setProblem(""), [text]);
  const submit = async () => {
    // The same text again is the same request: an answer that got lost submits nothing twice.
    if (request.current.text !== text) request.current = { text, key: uuid() };
    const headers = user.trim() ? { "Fewstep-User": user.trim() } : undefined;
    const answer = await send("POST", path, text, { key: request.current.key, headers });
    dropDraft(localStorage, draftKey);
    toast(`Submitted ${answer.id}.`, {
      undoLabel: "Cancel it",
      undo: async () => {
        await send("POST", `experiments/${encodeURIComponent(answer.id)}:cancel`);
        toast(`Cancelled ${answer.id}.`);
      },
    });
    go(href(["experiments", answer.id]));
  };
  const press = async () => {
    if (may) return setProblem(may);
    if (!ready || !goodUser) return;
    if (replace) return setAsking(true);
    setBusy(true);
    setProblem("");
    try {
      await submit();
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
      setBusy(false);
    }
  };
  return html`<div class="submit-bar">
    <label class="field inline">
      <span>Your name, for others to read</span>
      <input
        type="text"
        autocomplete="username"
        maxlength="100"
        value=${user}
        placeholder="anonymous"
        aria-invalid=${goodUser ? undefined : "true"}
        onInput=${(/** @type {any} */ event) => {
          setUser(event.target.value);
          localStorage.setItem("fewstep:user", event.target.value);
        }}
      />
    </label>
    ${!goodUser && html`<span class="field-problem" role="status">Letters, digits and signs of ASCII only.</span>`}
    <span class="submit-buttons">
      <button type="button" class="button" onClick=${onPlan}>Plan again</button>
      <button
        type="button"
        class="button primary"
        aria-disabled=${ready && goodUser && !busy && !may ? undefined : "true"}
        title=${may || (ready ? undefined : "The plan of this very text must be there first")}
        onClick=${press}
      >
        ${busy ? "Submitting …" : replace ? "Replace …" : "Submit"}
      </button>
    </span>
    ${problem && html`<p class="problem" role="alert">${problem}</p>`}
    <${Confirm}
      open=${asking}
      title=${`Replace ${replace}?`}
      text=${`${plan?.change?.tasks?.withdrawn ?? 0} tasks are withdrawn, of which ${plan?.change?.stopped ?? 0} run and stop now; ${plan?.change?.tasks?.kept ?? 0} are kept, and results stay. There is no way back but to resubmit the old specification.`}
      confirm="Replace it"
      danger=${true}
      onConfirm=${submit}
      onClose=${() => setAsking(false)}
    />
  </div>`;
}
