// @ts-check
/** The frame of the page: its head, and the view that the address names, loaded when it is first needed. */
import { render } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { html } from "./html.js";
import { connection } from "./live.js";
import { Asked } from "./parts/dialog.js";
import { Empty, ErrorBox, Loading } from "./parts/empty.js";
import { asked, SignedIn, SignIn } from "./parts/session.js";
import { Shortcuts } from "./parts/shortcuts.js";
import { ThemeChoice } from "./parts/theme.js";
import { Toasts } from "./parts/toast.js";
import { href, route } from "./route.js";

const words = { idle: "", connecting: "connecting …", live: "live", lost: "connection lost, trying again" };

const links = [
  { path: [], label: "Experiments" },
  { path: ["submit"], label: "Submit" },
  { path: ["fleet"], label: "Fleet" },
];

/**
 * @typedef {{key: string, load: () => Promise<any>, props: Record<string, any>}} View load: gives the
 *     component
 */

/**
 * The view of an address; null when there is none.
 * @param {string[]} path
 * @returns {View | null}
 */
function viewOf(path) {
  const [first, id, part, index] = path;
  switch (first === "experiments" ? [first, part].join("/") + path.length : path.join("/")) {
    case "":
      return { key: "all", load: async () => (await import("./views/experiments.js")).Experiments, props: {} };
    case "submit":
      return { key: "submit", load: async () => (await import("./views/submit.js")).Submit, props: {} };
    case "compare":
      return { key: "compare", load: async () => (await import("./views/compare.js")).Compare, props: {} };
    case "fleet":
      return { key: "fleet", load: async () => (await import("./views/fleet.js")).Fleet, props: {} };
    case "experiments/2":
      return { key: `one/${id}`, load: async () => (await import("./views/experiment.js")).Experiment, props: { id } };
    case "experiments/trials4":
      return { key: `one/${id}/${index}`, load: async () => (await import("./views/trial.js")).Trial, props: { id, index } };
    default:
      return null;
  }
}

/** @param {{view: View}} props */
function Lazy({ view }) {
  const [component, setComponent] = useState(/** @type {any} */ (null));
  const [problem, setProblem] = useState("");
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    view.load().then(
      (found) => {
        setProblem("");
        setComponent(() => found);
      },
      () => setProblem("This part of the page could not be loaded."),
    );
  }, [turn]);
  if (problem) return html`<${ErrorBox} text=${problem} retry=${() => setTurn(turn + 1)} />`;
  if (component === null) return html`<${Loading} height=${320} />`;
  return html`<${component} ...${view.props} />`;
}

function Page() {
  const { path } = route.value;
  const view = viewOf(path);
  const here = path[0] === "experiments" ? undefined : path[0];
  const key = view?.key ?? "";
  const before = useRef(key);
  useEffect(() => {
    if (before.current === key) return;
    before.current = key;
    // Another view begins at its top, for readers of screens too.
    document.getElementById("main")?.focus({ preventScroll: true });
    scrollTo(0, 0);
  }, [key]);
  return html`
    <a class="skip" href="#main" onClick=${skip}>Skip to the content</a>
    <header>
      <a class="brand" href="#/"><img src="icon.svg" alt="" width="24" height="24" />fewstep</a>
      <nav aria-label="Main">
        ${links.map(
          (one) =>
            html`<a key=${one.label} href=${href(one.path)} aria-current=${one.path[0] === here ? "page" : undefined}>${one.label}</a>`,
        )}
      </nav>
      <span class="connection" data-state=${connection.value} role="status">
        ${words[/** @type {keyof typeof words} */ (connection.value)]}
      </span>
      <span class="head-tools"><${SignedIn} /> <${ThemeChoice} /> <${Shortcuts} /></span>
    </header>
    <main id="main" tabindex="-1">
      ${asked.value
        ? html`<${SignIn} />`
        : view
        ? html`<${Lazy} key=${view.key} view=${view} />`
        : html`<h1>Not here</h1>
            <${Empty} text="There is no page at this address."><p><a href="#/">All experiments</a></p><//>`}
    </main>
    <${Toasts} />
    <${Asked} />
  `;
}

/** @param {Event} event */
function skip(event) {
  // The hash is the page's address: following the link would leave the page.
  event.preventDefault();
  document.getElementById("main")?.focus();
}

render(html`<${Page} />`, /** @type {HTMLElement} */ (document.getElementById("app")));
