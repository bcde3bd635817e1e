// The figures at the head: today, month and all time; the pace, where it leads, and what has no price.
import { html, nothing } from "../lit.js";
import { icons } from "../icons.js";
import { dollars, tokens } from "../charts/units.js";
import { figure, plural } from "../words.js";

/** The head panel; everything in it is told live. */
export function headView({ costs: { now } }) {
  return html`<section class="figure-strip cost-head" aria-label="How things stand">
    ${sum("Today", now?.costs.today, now?.tokens.today)}
    ${sum("This month", now?.costs.month, now?.tokens.month)}
    ${sum("All time", now?.costs.total, now?.tokens.total)}
    ${pace(now?.burn)}
    ${projection(now?.projection)}
    ${unpriced(now?.unpriced)}
  </section>`;
}

function sum(label, usd, count) {
  return html`<dl class="stat"><dt>${label}</dt><dd class="stat-figure">${dollars(usd)}</dd>
    <dd class="stat-sub">${count == null ? "–" : html`<span title=${plural(count, "token")}>${tokens(count)} tokens</span>`}</dd></dl>`;
}

function pace(burn) {
  const known = burn?.usd_per_hour != null;
  const span = known && burn.minutes < 60 ? `, over ${plural(burn.minutes, "minute")}` : "";
  return html`<dl class="stat"><dt>Burn rate</dt><dd class="stat-figure">${known ? html`${dollars(burn.usd_per_hour)}<small>/h</small>` : "–"}</dd>
    <dd class="stat-sub">${known ? `${tokens(Math.round(burn.tokens_per_minute))} tokens/min${span}` : "no calls in the last hour"}</dd></dl>`;
}

function projection(found) {
  const known = found && (found.day_usd != null || found.month_usd != null);
  return html`<dl class="stat"><dt>At this rate</dt><dd class="stat-figure">${known ? html`${dollars(found.day_usd)}<small> today</small>` : "–"}</dd>
    <dd class="stat-sub">${known ? `${dollars(found.month_usd)} this month` : "too little to say yet"}</dd></dl>`;
}

/** Calls without a price are in no sum; the way out stands in the strip below. */
function unpriced(found) {
  const some = found?.invocations > 0;
  return html`<dl class="stat" ?data-warn=${some}><dt>Unpriced</dt><dd class="stat-figure">${some ? html`${icons["triangle-alert"]}${figure(found.invocations)}` : figure(found?.invocations)}</dd>
    <dd class="stat-sub">${some ? `${tokens(found.tokens)} tokens` : found?.invocations === 0 ? "every call has a price" : nothing}</dd></dl>`;
}
