// The box at the pointer: exact values of every line at that place.
import { html, nothing } from "../lit.js";
import { loss, moment, rate } from "./units.js";

/** Its inside, for a reading of reading.js. */
export function readingView({ title, rows, notes }, { axis, smoothing }) {
  const alone = rows.length === 1;
  return html`<b>${title}</b>
    ${rows.map((row) => html`<div class="loss-read"><i class="swatch" data-slot=${row.line.slot}></i>
      <span class="loss-read-name">${alone ? (smoothing ? "Smoothed" : "Loss") : row.line.label}</span><span class="figure">${loss(smoothing ? row.smooth : row.value)}</span></div>
      ${alone ? aloneRows(row, axis, smoothing) : row.count > 1 ? html`<p class="loss-read-more">${loss(row.min)} to ${loss(row.max)}</p>` : nothing}`)}
    ${notes.map((note) => html`<p class="loss-read-note">${note}</p>`)}`;
}

function aloneRows(row, axis, smoothing) {
  const more = [
    ...(smoothing ? [["Raw", loss(row.value)]] : []),
    ...(row.count > 1 ? [["Lowest", loss(row.min)], ["Highest", loss(row.max)]] : []),
    ...(row.lr === null ? [] : [["Rate", rate(row.lr)]]),
    ...(axis === "step" ? [] : [["Step", row.steps]]), ...(axis === "wall" ? [] : [["At", moment(row.at)]]),
  ];
  return more.map(([name, value]) => html`<div class="loss-read"><i></i><span class="loss-read-name">${name}</span><span class="figure">${value}</span></div>`);
}
