// The side of the dialog: the facts the board goes by, and what the file's own stamps tell of its history.
import { html, nothing } from "../lit.js";
import { ago, exact } from "../time.js";
import { COLUMN_NAMES, PRIORITY_NAMES, fieldName } from "../words.js";

/** The facts; where the file says it in other words, those stand beside. */
export function facts({ card, fields }, now) {
  const written = [
    ["Priority", asWritten(PRIORITY_NAMES[card.priority] ?? card.priority, fields.priority, card.priority)],
    ["Status in the file", fields.status == null ? "–" : html`<code>${String(fields.status)}</code>`],
  ];
  const rows = [
    ["Column", COLUMN_NAMES[card.column]],
    ["Agent", card.agent ?? "–"],
    ...(card.id === null ? [] : written),
    ["File changed", time(card.updated_at, now)],
  ];
  return html`<section><h3>Facts</h3><dl class="facts">${rows.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
    ${card.tags.length ? html`<ul class="tags" aria-label="Tags">${card.tags.map((tag) => html`<li>
      <button class="tag" type="button" data-action="tag" data-tag=${tag}>${tag}</button></li>`)}</ul>` : nothing}</section>`;
}

/** created, assigned, started, completed. */
export function history({ history: stamps }, now) {
  if (!stamps.length) return nothing;
  return html`<section><h3>History, by the file's own stamps</h3><ol class="history">${stamps.map(({ what, at, by }) => html`<li>
    <b>${fieldName(what)}</b> ${time(at, now)}${by ? html`<span class="quiet">by ${by}</span>` : nothing}</li>`)}</ol></section>`;
}

function time(iso, now) {
  return html`<time datetime=${iso}>${exact(iso)}</time> <span class="quiet">${ago(iso, now)}</span>`;
}

function asWritten(word, text, value) {
  if (text == null) return html`${word} <span class="quiet">not in the file</span>`;
  return String(text).toLowerCase() === value ? word : html`${word} <code>${String(text)}</code>`;
}
