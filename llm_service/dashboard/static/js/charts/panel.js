// A chart with everything around it: title, table toggle, downloads, the legend that filters, and its states.
import { html, nothing } from "../lit.js";
import { icons } from "../icons.js";
import { plural } from "../words.js";
import "./element.js";
import { entriesOf, isEmpty, tableOf } from "./spec.js";
import { exactlyInColumn } from "./units.js";

const MOST_ROWS = 400;
const PLAIN = Object.freeze({ table: false, hidden: [] });

/** A panel of `spec` as `charts` (state.ui.charts) has it. `wide` is "all" or "most" of a row; `empty` is the template to show where there is nothing. */
export function chartPanel(spec, charts, { empty = nothing, stale = false, wide = "" } = {}) {
  const { table, hidden } = charts[spec.id] ?? PLAIN;
  const bare = isEmpty(spec);
  return html`<section class="chart" data-chart=${spec.id} data-wide=${wide || nothing} ?data-stale=${stale} aria-labelledby=${`chart-${spec.id}`}>
    <header class="chart-head"><h3 id=${`chart-${spec.id}`}>${spec.title}</h3>${bare ? nothing : tools(spec, table)}</header>
    ${bare ? html`<div class="chart-empty">${empty}</div>` : html`
      <chart-canvas class="chart-area" data-kind=${spec.kind} ?hidden=${table} .off=${hidden} .spec=${spec}></chart-canvas>
      ${table ? tableView(spec) : legend(spec, hidden)}
      ${spec.note ? html`<p class="chart-note">${spec.note}</p>` : nothing}`}
  </section>`;
}

/** What stands there before the first answer. */
export function chartSkeleton(title, wide = "") {
  return html`<section class="chart" data-wide=${wide || nothing} aria-busy="true" aria-label=${title}><header class="chart-head"><h3>${title}</h3></header>
    <div class="chart-skeleton" aria-hidden="true"></div></section>`;
}

function tools({ id, title, kind }, table) {
  const word = table ? "Chart" : "Table";
  return html`<div class="chart-tools" role="group" aria-label=${`${title}: view and downloads`}>
    <button class="tool" type="button" data-action="chart-table" data-chart-id=${id} aria-label=${`${title} as a ${word.toLowerCase()}`}>
      ${icons[table ? "chart-column" : "table"]}${word}</button>
    <button class="tool" type="button" data-action="chart-csv" data-chart-id=${id} aria-label=${`Download ${title} as CSV`}>${icons.download}CSV</button>
    ${table ? nothing : html`<button class="tool" type="button" data-action="chart-png" data-chart-id=${id} data-kind=${kind} aria-label=${`Download ${title} as PNG`}>${icons.download}PNG</button>`}
  </div>`;
}

function legend(spec, hidden) {
  const entries = entriesOf(spec);
  if (entries.length < 2 && !entries[0]?.hatched) return nothing;
  return html`<ul class="legend" aria-label=${`${spec.title}: show or hide`}>
    ${entries.map(({ name, label, slot, dashed, hatched }) => html`<li><button class="legend-item" type="button" data-action="chart-series" data-chart-id=${spec.id}
      data-series=${name} aria-pressed=${hidden.includes(name) ? "false" : "true"}><i class="swatch" data-slot=${slot} ?data-dashed=${dashed} ?data-hatched=${hatched}></i><span>${label}</span></button></li>`)}
    ${hidden.length ? html`<li><button class="legend-item all" type="button" data-action="chart-all" data-chart-id=${spec.id}>Show all</button></li>` : nothing}
  </ul>`;
}

function tableView(spec) {
  const { columns, rows } = tableOf(spec);
  const shown = rows.slice(-MOST_ROWS);
  const says = columns.map(({ unit }, at) => exactlyInColumn(shown.map(({ values }) => values[at]), unit));
  return html`<div class="chart-table" tabindex="0" role="region" aria-label=${`${spec.title}, table`}>
    <table><caption class="sr-only">${spec.title}</caption>
      <thead><tr><th scope="col">${spec.head}</th>${columns.map(({ label, unit }) => html`<th scope="col" class=${unit === "text" ? "" : "figure"}>${label}</th>`)}</tr></thead>
      <tbody>${shown.map(({ label, href, opens, values }) => html`<tr><th scope="row">${href ? html`<a href=${href} data-action=${opens ?? nothing}>${label}</a>` : label}</th>
        ${values.map((value, at) => html`<td class=${columns[at].unit === "text" ? "" : "figure"} data-value=${value ?? nothing}>${says[at](value)}</td>`)}</tr>`)}</tbody>
    </table></div>
    ${rows.length > shown.length ? html`<p class="chart-note">The last ${MOST_ROWS} of ${plural(rows.length, "row")}; the CSV has them all.</p>` : nothing}`;
}
