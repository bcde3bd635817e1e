// Calls of the last five minutes.
import { html, repeat } from "../lit.js";
import { dollarsInColumn, exactly, tokens } from "../charts/units.js";
import { ago, exact } from "../time.js";
import { statusBadge } from "./status.js";

/** The panel of active operations, told live. */
export function activeView({ costs: { now }, now: clock }) {
  const found = now?.active_operations ?? [];
  return html`<section class="cost-panel" aria-labelledby="active-title"><header class="cost-panel-head"><h2 id="active-title">Active now <span class="count">last 5 minutes</span></h2></header>
    ${found.length
      ? html`<ul class="active-list" tabindex="0" aria-labelledby="active-title">${repeat(found, (one) => one.invocation_id, (one) => row(one, clock))}</ul>`
      : html`<p class="quiet">No call in the last 5 minutes.</p>`}
  </section>`;
}

function row(one, now) {
  return html`<li class="active-row" data-status=${one.status}>
    <b class="name">${one.model_name}</b><span class="name">${one.agent_name ?? "–"}</span><span class="name quiet">${one.tool_name}</span>
    <span class="figure">${tokens(one.total_tokens)} tokens</span><span class="figure">${one.cost_usd == null ? "unpriced" : dollarsInColumn(one.cost_usd)}</span>
    <span class="figure">${exactly(one.latency_ms, "ms")}</span>${statusBadge(one.status)}
    <time datetime=${one.timestamp} title=${exact(one.timestamp)}>${ago(one.timestamp, now)}</time></li>`;
}
