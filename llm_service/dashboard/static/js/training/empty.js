// Training before the first job: what would fill it.
import { html } from "../lit.js";
import { icons } from "../icons.js";
import { copyable } from "../views/empty.js";
import { neverHeard } from "../workers/source_trouble.js";
import { startButton } from "./jobs.js";

/** The section's empty state: with a watched server nothing has been trained yet, without one it says how to watch one. */
export function emptyTraining(state) {
  const sources = Object.values(state.listed.sources.rows);
  if (neverHeard(sources)) {
    return html`<section class="message" aria-labelledby="training-empty-title">${icons.unplug}<h2 id="training-empty-title">No answer yet</h2>
      <p>What is trained on ${sources.map(({ key }) => key).join(", ")} is not known. The page goes on asking, and shows its jobs with the first answer.</p>
      <p class="message-tools"><a class="button" href="#sources">How it was asked</a></p></section>`;
  }
  if (sources.length) {
    return html`<section class="message" aria-labelledby="training-empty-title">${icons["graduation-cap"]}<h2 id="training-empty-title">Nothing has been trained yet</h2>
      <p>Fine-tunes, skill trainings, data generation and pipelines of ${sources.map(({ key }) => key).join(", ")} appear here by themselves, whoever starts them.</p>${startButton(state)}</section>`;
  }
  return html`<section class="message" aria-labelledby="training-empty-title">${icons["graduation-cap"]}<h2 id="training-empty-title">No server that trains is watched</h2>
    <p>Name one when the dashboard starts, or in its settings file. To look around without one, start the demo.</p>
    ${copyable("Watch a BobSpark server", "llm-service dashboard start --bobspark http://10.0.0.69:9010\n")}${copyable("Look around", "llm-service dashboard start --demo\n")}</section>`;
}

/** What a tab says that has nothing of its own kind. */
export function nothingOf(title, text, more = "") {
  return html`<section class="message" aria-labelledby="training-empty-title">${icons["graduation-cap"]}<h2 id="training-empty-title">${title}</h2><p>${text}</p>${more}</section>`;
}
