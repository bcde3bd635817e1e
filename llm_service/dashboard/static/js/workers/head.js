// The figures over the cards: how many work, how fast they are together, and when they will be done.
import { html, nothing } from "../lit.js";
import { icons } from "../icons.js";
import { tokens } from "../charts/units.js";
import { figure } from "../words.js";
import { etaOf, rate } from "./figures.js";

/** Figures of the whole fleet, as the server counts them; dashes while it has told nothing. `unheard` of those that run are not heard. */
export function fleetView(fleet, unheard) {
  const [eta, band] = etaOf(fleet);
  const failed = fleet?.failed > 0;
  return html`<section class="figure-strip fleet-head" aria-label="All workers">
    ${stat("workers", "Workers", figure(fleet?.workers), fleet?.queued ? `${figure(fleet.queued)} queued` : "none queued", fleet)}
    ${stat("running", "Running", figure(fleet?.running), unheard ? html`<span class="fleet-unheard">${icons.unplug}${figure(unheard)} not heard</span>` : "just now", fleet)}
    ${stat("done", "Done", figure(fleet?.done), failed ? html`<span class="fleet-failed">${icons["circle-x"]}${figure(fleet.failed)} failed</span>` : "none failed", fleet)}
    ${stat("rate", "Together", html`${rate(fleet?.tokens_per_s)}<small>tok/s</small>`, `${tokens(fleet?.tokens_out)} tokens out`, fleet)}
    ${stat("eta", "Time left", eta, band ? `between ${band.replace(" to ", " and ")}` : fleet?.running ? "too little to say yet" : "nothing runs", fleet)}
  </section>`;
}

function stat(name, label, value, sub, known) {
  return html`<dl class="stat" data-stat=${name}><dt>${label}</dt><dd class="stat-figure">${value}</dd><dd class="stat-sub">${known ? sub : nothing}</dd></dl>`;
}
