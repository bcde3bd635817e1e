// Throughput of each machine over time as cells; the same figures as a table.
import { html, nothing, svg } from "../lit.js";
import { icons } from "../icons.js";
import { exact } from "../time.js";
import { rate } from "../workers/figures.js";
import { LEVELS, heatOf } from "./specs.js";

const CELLS = [14, 7];
const MANY = 90;
const ROW = 26;
const NAMES = 120;
const HOUR = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const DAY = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });
const MOST_LABELS = 10;

/** The panel; `table` shows the figures in place of the cells. */
export function heatmapView(map, { table, stale }) {
  const heat = heatOf(map);
  const bare = !heat.rows.some(({ cells }) => cells.some(({ rate: value }) => value != null));
  return html`<section class="chart heatmap" data-wide="all" ?data-stale=${stale} aria-labelledby="heatmap-title">
    <header class="chart-head"><h3 id="heatmap-title">Throughput of machines, tok/s</h3>
      ${bare ? nothing : html`<div class="chart-tools"><button class="tool" type="button" data-action="heatmap-table" aria-pressed=${table ? "true" : "false"}>${icons[table ? "chart-column" : "table"]}${table ? "Chart" : "Table"}</button></div>`}</header>
    ${bare ? html`<div class="chart-empty"><p>No run with a known machine and duration ended in this range.</p></div>` : table ? tableView(map, heat) : cellsView(map, heat)}</section>`;
}

function cellsView({ starts, width }, { rows, most }) {
  const cell = CELLS[starts.length > MANY ? 1 : 0];
  const wide = NAMES + starts.length * cell;
  const every = Math.max(1, Math.ceil(starts.length / MOST_LABELS));
  return html`<div class="heat-scroll" tabindex="0" role="region" aria-label="Throughput of machines; the table has the same figures">
    <svg class="heat" width=${wide} height=${rows.length * ROW + 20} role="img" aria-label=${`${rows.length} machines over ${starts.length} ${width === "hour" ? "hours" : "days"}`}>
      ${rows.map(({ node, cells }, at) => svg`<text class="heat-name" x="0" y=${at * ROW + 15}>${node}</text>
        ${cells.map(({ start, rate: value, level }, index) => svg`<rect x=${NAMES + index * cell} y=${at * ROW} width=${cell - 1} height=${ROW - 5} rx="2" data-level=${level}><title>${node}, ${exact(start)}: ${value == null ? "nothing ran" : `${rate(value)} tok/s`}</title></rect>`)}`)}
      ${starts.map((start, index) => (index % every ? nothing : svg`<text class="heat-time" x=${NAMES + index * cell} y=${rows.length * ROW + 12}>${short(start, width)}</text>`))}
    </svg></div>
    <p class="heat-legend quiet"><span>0</span>${Array.from({ length: LEVELS }, (_, index) => html`<i data-level=${index + 1}></i>`)}<span>${rate(most)} tok/s</span><i data-level="0"></i><span>nothing ran</span></p>`;
}

function tableView({ starts }, { rows }) {
  const known = starts.map((start, index) => ({ start, index })).filter(({ index }) => rows.some(({ cells }) => cells[index].rate != null)).toReversed();
  return html`<div class="chart-table" tabindex="0" role="region" aria-label="Throughput of machines, table"><table><caption class="sr-only">Tokens a second of each machine</caption>
    <thead><tr><th scope="col">From</th>${rows.map(({ node }) => html`<th scope="col" class="figure">${node}</th>`)}</tr></thead>
    <tbody>${known.map(({ start, index }) => html`<tr><th scope="row">${exact(start)}</th>${rows.map(({ cells }) => html`<td class="figure">${rate(cells[index].rate)}</td>`)}</tr>`)}</tbody></table></div>`;
}

function short(start, width) {
  const form = width === "hour" && new Date(start).getHours() ? HOUR : DAY;
  return form.format(Date.parse(start));
}
