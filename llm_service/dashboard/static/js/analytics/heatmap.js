// Throughput of each machine over time as cells; the same figures as a table.
import { html, nothing, svg } from "../lit.js";
import { icons } from "../icons.js";
import { exact } from "../time.js";
import { LEVELS, heatOf, labelled } from "./specs.js";

/** Widths of a cell, each up to so many columns. */
const CELLS = [[45, 24], [90, 14], [Infinity, 7]];
const ROW = 26;
const HOUR = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const DAY = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });
const MOST_LABELS = 12;
const LABEL = 40;
const RATE = new Intl.NumberFormat("en-US", { maximumSignificantDigits: 2 });
const WHOLE = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });

/** The panel; `table` shows the figures in place of the cells. */
export function heatmapView(map, { table, stale }) {
  const heat = heatOf(map);
  const bare = !heat.rows.some(({ cells }) => cells.some(({ rate: value }) => value != null));
  return html`<section class="chart heatmap" data-wide="all" ?data-stale=${stale} aria-labelledby="heatmap-title">
    <header class="chart-head"><h3 id="heatmap-title">Throughput of machines, tok/s</h3>
      ${bare ? nothing : html`<div class="chart-tools"><button class="tool" type="button" data-action="heatmap-table" aria-pressed=${table ? "true" : "false"}>${icons[table ? "chart-column" : "table"]}${table ? "Chart" : "Table"}</button></div>`}</header>
    ${bare ? html`<div class="chart-empty"><p>No run with a known machine and duration ended in this range.</p></div>` : table ? tableView(map, heat) : cellsView(map, heat)}</section>`;
}

function cellsView({ starts, width }, { rows, bounds }) {
  const [, cell] = CELLS.find(([most]) => starts.length <= most);
  // The last time may stand over the end of its column.
  const wide = starts.length * cell + LABEL;
  const timed = labelled({ starts, width }, MOST_LABELS);
  return html`<div class="heat-body"><ul class="heat-names" aria-hidden="true">${rows.map(({ node }) => html`<li title=${node}>${node}</li>`)}</ul><div class="heat-scroll" tabindex="0" role="region" aria-label="Throughput of machines; the table has the same figures">
    <svg class="heat" width=${wide} height=${rows.length * ROW + 20} role="img" aria-label=${`${rows.length} machines over ${starts.length} ${width === "hour" ? "hours" : "days"}`}>
      ${rows.map(({ node, cells }, at) => svg`${cells.map(({ start, rate: value, level }, index) => svg`<rect x=${index * cell} y=${at * ROW} width=${cell - 1} height=${ROW - 5} rx="2" data-level=${level}><title>${node}, ${exact(start)}: ${value == null ? "nothing ran" : `${fine(value)} tok/s`}</title></rect>`)}`)}
      ${starts.map((start, index) => (timed[index] ? svg`<text class="heat-time" x=${index * cell} y=${rows.length * ROW + 12}>${short(start, width)}</text>` : nothing))}
    </svg></div></div>
    <p class="heat-legend quiet"><span><i data-level="0"></i>nothing ran</span>${bounds.map((bound, at) => html`<span><i data-level=${LEVELS - bounds.length + 1 + at}></i>up to ${fine(bound)}</span>`)} tok/s</p>`;
}

function tableView({ starts }, { rows }) {
  const known = starts.map((start, index) => ({ start, index })).filter(({ index }) => rows.some(({ cells }) => cells[index].rate != null)).toReversed();
  return html`<div class="chart-table" tabindex="0" role="region" aria-label="Throughput of machines, table"><table><caption class="sr-only">Tokens a second of each machine</caption>
    <thead><tr><th scope="col">From</th>${rows.map(({ node }) => html`<th scope="col" class="figure">${node}</th>`)}</tr></thead>
    <tbody>${known.map(({ start, index }) => html`<tr><th scope="row">${exact(start)}</th>${rows.map(({ cells }) => html`<td class="figure">${fine(cells[index].rate)}</td>`)}</tr>`)}</tbody></table></div>`;
}

/** A rate over a whole hour or day is often far below one. */
function fine(value) {
  return value == null ? "–" : (value < 100 ? RATE : WHOLE).format(value);
}

function short(start, width) {
  const form = width === "hour" && new Date(start).getHours() ? HOUR : DAY;
  return form.format(Date.parse(start));
}
