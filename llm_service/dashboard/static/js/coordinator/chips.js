// What all servers together have to do, in five figures.
import { html } from "../lit.js";
import { tokens } from "../charts/units.js";
import { figure } from "../words.js";
import { runningOf, sumOf } from "./figures.js";

const CHIPS = [
  ["running", "Running", figure], ["depth", "Queued", figure], ["completed_today", "Completed today", figure], ["failed_today", "Failed today", figure], ["tokens_out_total", "Tokens out", tokens],
];

/** The strip: what servers told when they were asked last, but what runs, which is known as it happens. */
export function chipsView(queues, runs) {
  return html`<dl class="figure-strip">${CHIPS.map(([field, word, say]) => {
    const value = field === "running" ? runningOf(queues, runs) : sumOf(queues, field);
    return html`<div class="stat" data-figure=${field} ?data-warn=${field === "failed_today" && value > 0}><dt>${word}</dt><dd class="stat-figure">${say(value)}</dd></div>`;
  })}</dl>`;
}
