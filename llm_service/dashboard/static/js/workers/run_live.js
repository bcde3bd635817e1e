// The live panel of a run: who works now, how fast, and what it wrote last; after its end, what came of it.
import { html, nothing } from "../lit.js";
import { icons } from "../icons.js";
import { sentence } from "../words.js";
import { bestText } from "./chain.js";
import { progress } from "./card.js";
import { isActive, isFlowing, rate, since } from "./figures.js";
import { gapSentence, openGaps } from "./gaps.js";
import { sparkline } from "./sparkline.js";

/** The panel. */
export function livePanel(run, events, now) {
  const text = isActive(run) ? run.snippet || run.message || bestText(events) : bestText(events) || run.snippet || run.message;
  return html`<section class="run-live" data-badge=${run.badge} ?data-flowing=${isFlowing(run, now)} ?data-stalled=${run.stalled} aria-labelledby="run-live-title">
    <header class="run-live-head"><h3 id="run-live-title">${isActive(run) ? "Now" : "What came of it"}</h3>
      ${isActive(run) ? html`<b data-part="agent">${run.agent ?? "–"}</b>
        <span class="run-rate"><b data-part="rate">${rate(run.tokens_per_s)}</b> tok/s</span>${sparkline(run.rates)}
        <span class=${run.stalled ? "run-stalled" : "quiet"}>${run.stalled ? icons.hourglass : nothing}last token ${since(run.last_token_at, now)} ago${run.stalled ? ", stalled" : ""}</span>` : nothing}</header>
    ${isActive(run) ? progress(run) : nothing}
    ${run.error ? html`<p class="run-note" data-kind="error">${icons["circle-x"]}<span>${run.error}</span></p>` : nothing}
    ${["CONN LOST", "STALE"].includes(run.badge) ? html`<p class="run-note" data-kind="warn">${icons.unplug}<span>${sentence(run.line.reason || "It is no longer heard")}</span></p>` : nothing}
    ${openGaps(run).map((gap) => html`<p class="run-note gap-note"><span>${gapSentence(gap)}</span></p>`)}
    <p class="run-text" data-part="snippet">${text || html`<span class="quiet">${isActive(run) ? "Nothing written yet." : "Nothing was written."}</span>`}</p>
  </section>`;
}
