// The range of the page, and the whole history as files.
import { html } from "../lit.js";
import { icons } from "../icons.js";
import { FLOW_RANGES } from "../reduce/flow.js";

const WORDS = { "7d": "7 d", "30d": "30 d", "90d": "90 d", "365d": "1 y" };
const NAMES = { "7d": "last 7 days", "30d": "last 30 days", "90d": "last 90 days", "365d": "last year" };

/** The bar above the figures. */
export function controlsView({ route }) {
  return html`<div class="flow-controls">
    <h2 class="sr-only">Flow</h2>
    <div class="segments" role="group" aria-label="Range">
      ${FLOW_RANGES.map((name) => html`<button class="segment" type="button" data-action="flow-range" data-value=${name} aria-label=${`${WORDS[name]}, ${NAMES[name]}`}
        aria-pressed=${route.flow === name ? "true" : "false"}>${WORDS[name]}</button>`)}</div>
    <span class="grow"></span>
    <a class="tool" href=${`/api/telemetry/export?table=history&format=csv&range=${route.flow}`} download aria-label=${`Download the board's history of the ${NAMES[route.flow]} as CSV`}>
      ${icons.download}History</a>
  </div>`;
}
