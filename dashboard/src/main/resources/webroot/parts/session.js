// @ts-check
/** Who looks at the page: asks for a token where the server requires one, and shows whose it is. */
import { signal } from "@preact/signals";
import { useState } from "preact/hooks";
import { caller, onRefused, signIn, signOut } from "../api.js";
import { html } from "../html.js";
import { Menu } from "./menu.js";
import { toast } from "./toast.js";

/** @typedef {Awaited<ReturnType<typeof caller>>} Caller */

const who = signal(/** @type {Caller | null} */ (null));

/** Whether the server wants to know who asks. */
export const asked = signal(false);

onRefused(() => (asked.value = true));
caller().then(
  (found) => (who.value = found),
  () => {}, // What the page asks next tells what is wrong.
);

/** The role of who looks at the page; the highest until that is known, and where everybody has it. */
export const role = () => who.value?.role ?? "ADMIN";

/** @param {Caller} one */
const rights = (one) =>
  `${one.role.toLowerCase()}${one.projects.length > 0 ? ` of ${one.projects.join(", ")}` : ""}`;

/** Who is signed in, in the head of the page; nothing where everybody is let in. */
export function SignedIn() {
  const one = who.value;
  if (!one?.csrf || asked.value) return null;
  const leave = async () => {
    try {
      await signOut();
      who.value = null;
      asked.value = true;
    } catch (error) {
      toast(/** @type {Error} */ (error).message, { kind: "problem" });
    }
  };
  return html`<${Menu}
    label=${one.name}
    name="Signed in"
    title=${`Signed in as ${one.name}, ${rights(one)}`}
    align="end"
    items=${[{ label: `Sign out (${rights(one)})`, onSelect: leave }]}
  />`;
}

/** Asks for a token. */
export function SignIn() {
  const [token, setToken] = useState("");
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);
  const enter = async (/** @type {Event} */ event) => {
    event.preventDefault();
    setBusy(true);
    try {
      who.value = await signIn(token.trim());
      asked.value = false;
    } catch (error) {
      setProblem(/** @type {Error} */ (error).message);
      setBusy(false);
    }
  };
  return html`<h1>Sign in</h1>
    <form class="sign-in" onSubmit=${enter}>
      <p>
        <label for="token">Your token</label>
        <input
          id="token"
          type="password"
          autocomplete="current-password"
          spellcheck=${false}
          required
          aria-describedby="token-help"
          value=${token}
          onInput=${(/** @type {any} */ event) => setToken(event.target.value)}
        />
      </p>
      <p id="token-help" class="hint">
        An admin makes one with <code>fewstep token create NAME --role ROLE</code>. This browser stays signed in for
        twelve hours and does not keep the token.
      </p>
      ${problem && html`<p class="problem" role="alert">${problem}</p>`}
      <button type="submit" class="button" disabled=${busy}>Sign in</button>
    </form>`;
}
