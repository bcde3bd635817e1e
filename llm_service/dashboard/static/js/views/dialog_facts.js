// The side of the dialog: the facts the board goes by, and what the file's own stamps tell of its history.
import { html, nothing } from "../lit.js";
import { ago, exact } from "../time.js";
import { dollars, tokens } from "../charts/units.js";
import { COLUMN_NAMES, fieldName, figure, plural } from "../words.js";

/** The facts that the heading does not show. */
export function facts({ card, fields, cost }, now) {
  const rows = [
    ["Column", COLUMN_NAMES[card.column]],
    ["Agent", card.agent ?? "–"],
    ...(card.id === null ? [] : [...asWritten(card, "priority", fields), ...asWritten(card, "status", fields)]),
    ["File changed", time(card.updated_at, now)],
    ...(cost ? [["Cost", spent(cost)]] : []),
  ];
  return html`<section class="sheet-facts"><h3>Facts</h3><dl class="facts">${rows.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
    ${card.tags.length ? html`<ul class="tags" aria-label="Tags">${card.tags.map((tag) => html`<li>
      <button class="tag" type="button" data-action="tag" data-tag=${tag}>${tag}</button></li>`)}</ul>` : nothing}</section>`;
}

/** created, assigned, started, completed. */
export function history({ history: stamps }, now) {
  if (!stamps.length) return nothing;
  return html`<section class="sheet-history"><h3>History, by the file's own stamps</h3><ol class="history">${stamps.map(({ what, at, by }) => html`<li>
    <b>${fieldName(what)}${by ? html` <span class="by">by ${by}</span>` : nothing}</b> ${time(at, now)}</li>`)}</ol></section>`;
}

/** What the calls that were recorded for this task cost together. */
function spent(cost) {
  const unpriced = cost.unpriced_invocations ? `, ${figure(cost.unpriced_invocations)} unpriced` : "";
  return html`${dollars(cost.cost_usd)} <span class="quiet">${plural(cost.invocations, "call")}, ${tokens(cost.total_tokens)} tokens${unpriced}</span>`;
}

function time(iso, now) {
  return html`<time datetime=${iso}>${exact(iso)}</time> <span class="quiet">${ago(iso, now)}</span>`;
}

/** A row only where the file has another word than the heading, or none; a mark tells of it by itself. */
function asWritten(card, field, fields) {
  const text = fields[field];
  if (card.marks.some((mark) => mark.field === field)) return [];
  if (text == null) return [[fieldName(field), html`<span class="quiet">not in the file</span>`]];
  return String(text).toLowerCase() === card[field] ? [] : [[fieldName(field), html`<code>${String(text)}</code> <span class="quiet">in the file</span>`]];
}
