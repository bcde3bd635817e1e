// What all servers together have to do, in five figures.
import { html } from "../lit.js";
import { tokens } from "../charts/units.js";
import { figure } from "../words.js";
import { sumOf } from "./figures.js";

const CHIPS = [
  ["running", "Running", figure], ["depth", "Queued", figure], ["completed_today", "Completed today", figure], ["failed_today", "Failed today", figure], ["tokens_out_total", "Tokens out", tokens],
];

export function chipsView(queues) {
  return html`<dl class="figure-strip">${CHIPS.map(([field, word, say]) => {
    const value = sumOf(queues, field);
    return html`<div class="stat" data-figure=${field} ?data-warn=${field === "failed_today" && value > 0}><dt>${word}</dt><dd class="stat-figure">${say(value)}</dd></div>`;
  })}</dl>`;
}
