// The open task: everything its file says, in the order a reader needs it.
import { html, nothing } from "../lit.js";
import { icons } from "../icons.js";
import { safeNode } from "../safe_html.js";
import { clock } from "../time.js";
import { COLUMN_NAMES, fieldName, fileName, place } from "../words.js";
import { priorityBadge, stateBadge, statusBadge } from "./badges.js";
import { idButton } from "./card.js";
import { facts, history } from "./dialog_facts.js";
import { fileTools } from "./dialog_file.js";
import { valueView } from "./value.js";

const LEAD = ["description", "notes"];
const ELSEWHERE = [
  "id", "title", "agent", "priority", "status", "tags", "dependencies", "depends_on", "artefacts", "artifacts",
  "result", "error", "created", "created_at", "assigned_at", "started_at", "completed_at", "updated_at", "created_by",
];

export function readsDialog({ detail, now, connection }) {
  return detail ? [detail, Math.floor(now / 30_000), connection.word] : [null];
}

/** The inside of the <dialog>. */
export function dialogView(state) {
  const { detail, connection } = state;
  if (!detail) return nothing;
  const { data } = detail;
  return html`<article class="sheet" ?data-stale=${detail.word === "gone"}>
    <header class="sheet-head">${data ? heading(data.card) : html`<h2 id="dialog-title" tabindex="-1">${waitingTitle(detail)}</h2>`}
      <button class="icon-button" type="button" data-action="close" aria-label="Close">${icons.x}</button></header>
    <div class="sheet-scroll" tabindex="0" role="region" aria-label="Task">
      ${lineNotice(connection)}${notice(detail)}
      ${data ? sheetBody(data, state.now) : nothing}
    </div>
  </article>`;
}

function waitingTitle({ word }) {
  return word === "loading" ? "Loading" : word === "gone" ? "Not on the board" : "Could not be loaded";
}

function heading(card) {
  return html`<div class="sheet-title">
    <h2 id="dialog-title" tabindex="-1">${card.id === null ? fileName(card.path) : card.title}</h2>
    <p class="sheet-line">
      ${card.id === null ? nothing : html`${priorityBadge(card.priority)}${statusBadge(card.status)}`}
      ${card.state === "ok" ? nothing : stateBadge(card.state)}
      ${card.id === null ? nothing : idButton(card.id)}
    </p></div>`;
}

/** The strips of the page lie behind the dialog; that what it shows may be old has to stand here too. */
function lineNotice({ word, since }) {
  if (word !== "stale" && word !== "locked") return nothing;
  const text = word === "locked" ? "You are logged out, so nothing here is updated." : `The server does not answer. This is as it was at ${clock(since)}.`;
  return html`<p class="sheet-notice" data-kind="error">${icons.unplug}${text}</p>`;
}

function notice({ word, error, data, key }) {
  if (word === "gone") {
    const text = data ? "This file is no longer on the board. What it said last stays here." : `Nothing on the board has ${key.startsWith("task=") ? "the id" : "the path"} ${key.slice(5)}.`;
    return html`<p class="sheet-notice" data-kind="warn">${icons["file-x"]}${text}</p>`;
  }
  if (word !== "failed") return nothing;
  return html`<p class="sheet-notice" data-kind="error">${icons.unplug}${error}
    <button class="button" type="button" data-action="retry-detail">Try again</button></p>`;
}

function sheetBody(data, now) {
  return html`<div class="sheet-body">
    <div class="sheet-main">${problem(data.card)}${marks(data.card)}${LEAD.map((name) => textField(name, data))}${outcome(data)}
      ${artefacts(data)}${otherFields(data)}${fileTools(data)}</div>
    <aside class="sheet-side" aria-label="Facts">${facts(data, now)}${dependencies(data)}${history(data, now)}</aside>
  </div>`;
}

function problem({ problem: found, id }) {
  if (!found) return nothing;
  const where = place(found);
  return html`<section class="sheet-problem"><h3>${icons["file-warning"]}This file cannot be read</h3>
    <p>${where ? html`<b>${where}</b>: ` : nothing}${found.reason}</p>
    ${id === null ? nothing : html`<p>Below stands what it said before.</p>`}</section>`;
}

function marks(card) {
  if (!card.marks.length) return nothing;
  return html`<section class="sheet-marks"><h3>${icons.flag}Marks</h3><ul>${card.marks.map(
    (mark) => html`<li><code>${mark.field}${mark.text ? `: ${mark.text}` : ""}</code>${mark.line ? html` <span class="quiet">on line ${mark.line}</span>` : nothing}: ${mark.reason}</li>`,
  )}</ul></section>`;
}

function textField(name, data) {
  const found = data.fields[name];
  if (found == null || found === "") return nothing;
  const body = data.html[name] !== undefined ? safeNode(`${data.card.path} ${name}`, data.html[name]) : valueView(found);
  return html`<section><h3>${fieldName(name)}</h3>${body}</section>`;
}

function outcome({ result, error }) {
  return html`
    ${error == null ? nothing : html`<section class="sheet-problem"><h3>${icons["circle-x"]}Error</h3>${valueView(error)}</section>`}
    ${result == null ? nothing : html`<section><h3>Result</h3>${valueView(result)}</section>`}`;
}

function artefacts({ artefacts: list }) {
  if (!list.length) return nothing;
  return html`<section><h3>Artefacts</h3><ul class="paths">${list.map((path) => html`<li><code>${path}</code>
    <button class="icon-button small" type="button" data-action="copy" data-copy=${path} aria-label=${`Copy ${path}`}>${icons.copy}</button></li>`)}</ul></section>`;
}

function otherFields(data) {
  const names = Object.keys(data.fields).filter((name) => !LEAD.includes(name) && !ELSEWHERE.includes(name));
  const long = names.filter((name) => data.html[name] !== undefined);
  const short = names.filter((name) => data.html[name] === undefined);
  return html`${long.map((name) => textField(name, data))}
    ${short.length ? html`<section><h3>Other fields</h3><dl class="fields">${short.map(
      (name) => html`<div><dt>${name}</dt><dd>${valueView(data.fields[name])}</dd></div>`)}</dl></section>` : nothing}`;
}

function dependencies({ dependencies: list }) {
  if (!list.length) return nothing;
  return html`<section class="sheet-links"><h3>Depends on</h3><ul class="depends">${list.map(dependency)}</ul></section>`;
}

function dependency({ id, description, path, column, status, title }) {
  if (!path) return html`<li class="depend"><span class="depend-name">${id}</span><span class="quiet">${description ?? "not on the board"}</span></li>`;
  return html`<li class="depend"><a class="depend-name" href=${`#task=${encodeURIComponent(id)}`} data-action="open-entry">${title ?? id}</a>
    <span class="depend-line">${statusBadge(status)}<span class="quiet">in ${COLUMN_NAMES[column] ?? column}</span></span></li>`;
}
