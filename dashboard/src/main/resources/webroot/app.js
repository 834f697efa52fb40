// @ts-check
/** Routes the page by its hash: #/ lists experiments, #/experiments/ID shows one. */
import { render } from "preact";
import { html } from "./html.js";
import { connection } from "./live.js";
import { route } from "./route.js";
import { Compare } from "./views/compare.js";
import { Experiments } from "./views/experiments.js";
import { Experiment } from "./views/experiment.js";
import { Trial } from "./views/trial.js";

const words = { connecting: "connecting …", live: "live", lost: "connection lost, trying again" };

function Page() {
  const { path } = route.value;
  const id = path[0] === "experiments" && path.length > 1 ? path[1] : null;
  return html`
    <a class="skip" href="#main">Skip to the content</a>
    <header>
      <a class="brand" href="#/"><img src="icon.svg" alt="" width="24" height="24" />fewstep</a>
      <span class="connection" data-state=${connection.value} role="status">
        ${words[/** @type {keyof typeof words} */ (connection.value)]}
      </span>
    </header>
    <main id="main" tabindex="-1">
      ${id === null
        ? path[0] === "compare"
          ? html`<${Compare} />`
          : html`<${Experiments} />`
        : path[2] === "trials" && path.length > 3
          ? html`<${Trial} key=${`${id}/${path[3]}`} id=${id} index=${path[3]} />`
          : html`<${Experiment} key=${id} id=${id} />`}
    </main>
  `;
}

render(html`<${Page} />`, /** @type {HTMLElement} */ (document.getElementById("app")));
