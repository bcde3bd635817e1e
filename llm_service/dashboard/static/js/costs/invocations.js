// The newest invocations one by one, with filters that are in the address.
import { html, live, nothing, repeat } from "../lit.js";
import { icons } from "../icons.js";
import { dollarsInColumn, exactly } from "../charts/units.js";
import { ROW_STATUSES, exportAddress, isRowFiltered } from "../reduce/costs_query.js";
import { exact, zoned } from "../time.js";
import { figure, plural, sentence } from "../words.js";
import { statusBadge } from "./status.js";

const FILTERS = { model: "models", agent: "agents", tool: "tools", project: "projects", node: "nodes" };
const WORDS = { model: "Model", agent: "Agent", tool: "Source", project: "Project", node: "Node", status: "Status" };

/** The panel of invocations. */
export function invocationsView(state) {
  const { rows } = state.costs;
  const query = state.route.costs;
  return html`<section class="cost-panel" id="invocations" aria-labelledby="invocations-title" ?data-stale=${rows.word === "loading"}>
    <header class="cost-panel-head"><h2 id="invocations-title">Calls</h2>
      ${rows.held ? html`<button class="chip held" type="button" data-action="costs-release">${figure(rows.held)}${rows.held === 50 ? "+" : ""} new</button>` : nothing}
      <span class="grow"></span>
      <a class="tool" href=${exportAddress(query, "invocations")} download aria-label="Download the calls of this range as CSV">${icons.download}CSV</a>
      <a class="tool" href=${exportAddress(query, "invocations", "json")} download aria-label="Download the calls of this range as JSON">${icons.download}JSON</a></header>
    ${filters(state)}
    ${body(state, rows, query)}
  </section>`;
}

function filters(state) {
  const { route: { costs: query }, costs: { page } } = state;
  return html`<div class="row-filters" role="group" aria-label="Filters of the calls">
    ${Object.keys(FILTERS).filter((field) => field !== "node" || namesNodes(state)).map((field) => filter(field, (page.data?.[FILTERS[field]] ?? []).map(({ name }) => name), query[field]))}
    ${filter("status", ROW_STATUSES, query.status)}
    <label class="tool check"><input type="checkbox" data-input="costs-only-unpriced" .checked=${live(query.unpriced)} />Unpriced</label>
    ${isRowFiltered(query) ? html`<button class="text-button" type="button" data-action="costs-unfilter-all">Clear all</button>` : nothing}
  </div>`;
}

/** Most calls are of no machine that is known: where none is, the table has no column of dashes for it. */
function namesNodes({ route: { costs: query }, costs: { page, rows } }) {
  return query.node !== null || (page.data?.nodes ?? []).some(({ name }) => name) || rows.list.some(({ node }) => node);
}

/** A value is said as "=value", so that the empty one (it was not given) and "any" are different things. */
function filter(field, values, chosen) {
  const known = chosen !== null && !values.includes(chosen) ? [chosen, ...values] : values;
  return html`<label class="tool sort row-filter" ?data-active=${chosen !== null}><span class="sr-only">${WORDS[field]}</span>
    <select data-input="costs-row-filter" data-field=${field} .value=${live(chosen === null ? "any" : `=${chosen}`)}>
      <option value="any" .selected=${chosen === null}>${WORDS[field]}: any</option>
      ${known.map((value) => html`<option value=${`=${value}`} .selected=${chosen === value}>${value || `no ${WORDS[field].toLowerCase()}`}</option>`)}
    </select>${icons["chevron-down"]}</label>`;
}

function body(state, rows, query) {
  if (rows.word === "failed" && !rows.list.length) return failure(rows);
  if (!rows.list.length) {
    if (rows.word === "loading" || rows.word === "unknown") return html`<div class="rows-skeleton" aria-hidden="true"></div>`;
    if (rows.next) return html`<p class="quiet">None since ${exact(rows.searchedTo)}. ${older(rows)}</p>`;
    return html`<p class="quiet">${isRowFiltered(query) ? "No call passes these filters." : "No call has been recorded."}</p>`;
  }
  const nodes = namesNodes(state);
  return html`<div class="call-table" tabindex="0" role="region" aria-labelledby="invocations-title"><table>
      <thead><tr><th scope="col">Time</th><th scope="col">Model</th><th scope="col">Agent</th><th scope="col">Source</th><th scope="col">Project</th>${nodes ? html`<th scope="col">Node</th>` : nothing}
        <th scope="col" class="figure">Input</th><th scope="col" class="figure">Output</th><th scope="col" class="figure">Cache</th>
        <th scope="col" class="figure">Cost</th><th scope="col" class="figure">Latency</th><th scope="col">Status</th></tr></thead>
      <tbody>${repeat(rows.list, (row) => row.invocation_id, (row) => rowView(row, state.costs.now?.timezone, nodes))}</tbody></table></div>
    ${rows.word === "failed" ? failure(rows) : nothing}
    <p class="rows-foot"><span class="quiet">${plural(rows.list.length, "call")}${rows.searchedTo && rows.next ? `, back to ${exact(rows.searchedTo)}` : ""}</span>${older(rows)}</p>`;
}

function rowView(row, zone, nodes) {
  const cache = row.cache_read_tokens + row.cache_write_tokens + row.cache_write_5m_tokens + row.cache_write_1h_tokens;
  return html`<tr data-id=${row.invocation_id} ?data-uncounted=${!row.counted}>
    <td><time datetime=${row.timestamp} title=${exact(row.timestamp)}>${zoned(row.timestamp, zone)}</time></td>
    <td>${name("model", row.model)}</td><td>${name("agent", row.agent)}</td><td>${name("tool", row.tool)}</td><td>${name("project", row.project)}</td>${nodes ? html`<td>${name("node", row.node)}</td>` : nothing}
    <td class="figure">${figure(row.input_tokens)}</td><td class="figure">${figure(row.output_tokens)}</td><td class="figure">${figure(cache)}</td>
    <td class="figure">${cost(row)}</td><td class="figure">${exactly(row.latency_ms, "ms")}</td>
    <td>${statusBadge(row.status)}${row.error ? html`<span class="call-error" title=${row.error}>${row.error}</span>` : nothing}${row.counted ? nothing : html`<span class="quiet"> also seen</span>`}</td></tr>`;
}

function name(field, value) {
  if (!value) return html`<span class="quiet">–</span>`;
  return html`<button class="cell-button" type="button" data-action="costs-filter" data-field=${field} data-value=${value} aria-label=${`Only ${WORDS[field].toLowerCase()} ${value}`}>${value}</button>`;
}

function cost(row) {
  if (row.cost_usd == null) return html`<span class="unpriced">unpriced</span>`;
  const source = row.reported_usd != null ? "as its source reported it" : `estimated with ${row.price ?? "a known price"}`;
  return html`<span title=${`${exactly(row.cost_usd, "usd")}, ${source}`}>${dollarsInColumn(row.cost_usd)}</span>`;
}

function older({ next, word }) {
  if (!next) return nothing;
  return html`<button class="button" type="button" data-action="costs-older" ?disabled=${word === "older"}>${word === "older" ? "Loading" : "Show older"}</button>`;
}

function failure({ error }) {
  return html`<div class="page-failure" role="alert">${icons["triangle-alert"]}<p>The calls could not be loaded: ${sentence(error)}</p>
    <button class="button" type="button" data-action="costs-rows-retry">${icons["refresh-cw"]}Try again</button></div>`;
}
