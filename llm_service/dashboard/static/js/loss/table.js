// The numbers of a loss drawing as rows: for the table under it and for its CSV. Pure but for the template.
import { html, nothing } from "../lit.js";
import { cell } from "../charts/spec.js";
import { plural } from "../words.js";
import { loss, moment, rate, steps } from "./units.js";

const MOST_ROWS = 400;
const HEAD = ["run", "first_step", "last_step", "loss", "min", "max", "smoothed", "learning_rate", "without_number", "at"];

/** Every bucket of every line: [{label, from, to, last, min, max, smooth, lr, bad, at}]. */
export function rowsOf(lines) {
  return lines.flatMap(({ label, curve: { buckets } }) => buckets.step.map((step, i) => ({
    label, from: step, to: buckets.last_step[i], last: buckets.last[i], min: buckets.min[i], max: buckets.max[i], smooth: buckets.smooth[i],
    lr: buckets.lr[i], bad: buckets.bad[i], at: buckets.at[i],
  })));
}

/** The same as CSV (RFC 4180), numbers in full. */
export function csvOf(lines) {
  const rows = rowsOf(lines).map((row) => [row.label, row.from, row.to, row.last, row.min, row.max, row.smooth, row.lr, row.bad, row.at]);
  return [HEAD, ...rows].map((row) => `${row.map(cell).join(",")}\r\n`).join("");
}

/** The last rows as a table. */
export function tableView(title, lines) {
  const rows = rowsOf(lines);
  const shown = rows.slice(-MOST_ROWS);
  const several = lines.length > 1;
  return html`<div class="chart-table" tabindex="0" role="region" aria-label=${`${title}, table`}>
    <table><caption class="sr-only">${title}</caption>
      <thead><tr>${several ? html`<th scope="col">Run</th>` : nothing}<th scope="col">Steps</th>
        ${["Loss", "Lowest", "Highest", "Smoothed", "Learning rate", "No number"].map((name) => html`<th scope="col" class="figure">${name}</th>`)}<th scope="col">At</th></tr></thead>
      <tbody>${shown.map((row) => html`<tr>${several ? html`<td>${row.label}</td>` : nothing}<th scope="row">${steps(row.from, row.to)}</th>
        <td class="figure">${loss(row.last)}</td><td class="figure">${loss(row.min)}</td><td class="figure">${loss(row.max)}</td><td class="figure">${loss(row.smooth)}</td>
        <td class="figure">${rate(row.lr)}</td><td class="figure">${row.bad || ""}</td><td>${moment(row.at)}</td></tr>`)}</tbody>
    </table></div>
    ${rows.length > shown.length ? html`<p class="chart-note">The last ${MOST_ROWS} of ${plural(rows.length, "row")}; the CSV has them all.</p>` : nothing}`;
}
