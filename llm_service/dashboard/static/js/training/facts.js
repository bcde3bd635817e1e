// Five facts beside a running training, one at a time. They turn by themselves every eight seconds, unless the reader stops
// them or wants things to stand still.
import { html } from "../lit.js";
import { icons } from "../icons.js";
import { wantsStillness } from "../charts/theme.js";

export const EVERY_MS = 8_000;
export const FACTS = Object.freeze([
  ["Few weights are trained", "LoRA leaves the model as it is and trains small matrices beside it: 0.1 to 1 % of all parameters, about 0.92 % at rank 16 of a model of 1.5 billion."],
  ["Steps per second", "On an NVIDIA A10G a model of 1.5 billion parameters makes about 3.5 steps a second. When the rate falls by itself, look at what else runs on that GPU."],
  ["What the loss says", "It is the surprise of the model at the right answer. A fresh fine-tune begins near 3.0 to 3.4; below 0.3 it has learnt its examples well."],
  ["What an epoch is", "Once through every example. Few examples need more epochs; when the loss no longer falls, more of them only teach by heart."],
  ["Afterwards", "The result is an adapter of some megabytes that is loaded beside its base model. A training of ten epochs costs about $0.50 to $0.80 of GPU time."],
]);

/** The panel; `fact` counts on for ever. */
export function factsView({ fact, factsPaused }) {
  const at = ((fact % FACTS.length) + FACTS.length) % FACTS.length;
  const [title, text] = FACTS[at];
  const still = wantsStillness();
  return html`<section class="panel facts-panel" aria-label="Good to know"><header class="panel-head"><h3>Good to know <span class="count">${at + 1} of ${FACTS.length}</span></h3>
    <div class="facts-tools"><button class="icon-button" type="button" data-action="training-fact" data-by="-1" aria-label="The fact before">${icons["chevron-left"]}</button>
      ${still ? "" : html`<button class="icon-button" type="button" data-action="training-facts-pause" aria-pressed=${factsPaused ? "true" : "false"} aria-label="Stop turning the facts">${icons[factsPaused ? "play" : "pause"]}</button>`}
      <button class="icon-button" type="button" data-action="training-fact" data-by="1" aria-label="The next fact">${icons["chevron-right"]}</button></div></header>
    <p class="fact"><b>${title}.</b> ${text}</p></section>`;
}

/** Turn them while `turns()`; a reader who points at them or is in them reads. */
export function turnFacts(turns, turn) {
  const read = () => document.querySelector(".facts-panel")?.matches(":hover, :focus-within");
  setInterval(() => !document.hidden && !wantsStillness() && turns() && !read() && turn(), EVERY_MS);
}
