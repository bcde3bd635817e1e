// The charts of the page, and what stands in their place before an answer, without data, and after a failure.
import { html, nothing } from "../lit.js";
import { icons } from "../icons.js";
import { createColours } from "../charts/colours.js";
import { chartPanel, chartSkeleton } from "../charts/panel.js";
import { clock } from "../time.js";
import { plural, sentence } from "../words.js";
import { KIND_WORDS, byAgent, costOverTime, errorRate, latency, modelShare, tokenUsage } from "./chart_specs.js";

const CHARTS = [
  { title: "Cost", wide: "all", make: costOverTime, empty: (data, query) => withoutPrices(data) || `Nothing was spent in this range. Calls recorded with ${KIND_WORDS[query.by].toLowerCase()}s appear here as they come.` },
  { title: "Tokens", wide: "most", make: tokenUsage, empty: () => "No tokens in this range." },
  { title: "Models", make: modelShare, empty: (data) => withoutPrices(data) || "No model has cost anything in this range." },
  { title: "Agents", make: byAgent, empty: (data) => withoutPrices(data) || "No agent has cost anything in this range. Record calls with agent=\"…\" to see whose they are." },
  { title: "Latency", make: latency, empty: () => "No call in this range said how long it took. Record calls with latency_ms=…, or in a with telemetry.call(…) block." },
  { title: "Error rate", make: errorRate, empty: () => "No calls in this range." },
];
/** Why there is nothing in a chart of dollars, where it is for want of prices. */
function withoutPrices({ totals }) {
  return totals.unpriced_invocations ? `${plural(totals.unpriced_invocations, "call")} in this range, and none has a known price.` : "";
}

const colours = createColours(storage());
const made = new Map();

/** All charts of the answer that is there; dimmed while it is not the answer to what is asked now. */
export function chartsView({ costs: { page }, route, ui, connection }) {
  const { data, word, error } = page;
  if (!data && word !== "failed") return html`<div class="cost-charts">${CHARTS.map(({ title, wide }) => chartSkeleton(title, wide))}</div>`;
  const stale = word !== "ready" || ["stale", "locked"].includes(connection.word);
  return html`${word === "failed" ? failure(error, page) : nothing}
    ${data ? html`<div class="cost-charts">${CHARTS.map(({ make, wide, empty }) => chartPanel(specOf(make, data), ui.charts, { empty: empty(data, route.costs), stale, wide }))}</div>` : nothing}`;
}

/** A spec is made once an answer, so that a redraw of the page does not redraw the charts. */
function specOf(make, data) {
  if (made.get(make)?.data !== data) made.set(make, { data, spec: make(data, colours) });
  return made.get(make).spec;
}

function failure(error, { at }) {
  return html`<div class="page-failure" role="alert">${icons["triangle-alert"]}<p>The charts could not be loaded: ${sentence(error)}${at ? ` They are as they were at ${clock(at)}.` : ""}</p>
    <button class="button" type="button" data-action="costs-retry">${icons["refresh-cw"]}Try again</button></div>`;
}

function storage() {
  try {
    return globalThis.localStorage;
  } catch {
    return null;
  }
}
