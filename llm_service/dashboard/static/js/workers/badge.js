// How a run stands, said by a shape and a word.
import { html } from "../lit.js";
import { icons } from "../icons.js";

const SHAPES = {
  RUNNING: "circle-dot", DONE: "circle-check", ERROR: "circle-x", CANCELLED: "ban", "CONN LOST": "unplug", STALE: "hourglass", QUEUED: "circle-dashed",
};

/** The badge of a run. */
export function runBadge(badge) {
  return html`<span class="run-badge" data-badge=${badge}>${icons[SHAPES[badge] ?? "info"]}${badge}</span>`;
}
