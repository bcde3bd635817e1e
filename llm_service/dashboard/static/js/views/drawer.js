// The drawer: what happened, newest first, with times that tick. A row opens its thing; many alike are one row.
import { guard, html, nothing, repeat } from "../lit.js";
import { icons } from "../icons.js";
import { age, exact } from "../time.js";
import { rows } from "../reduce/activity.js";
import { COLUMN_NAMES, figure, fileName, plural } from "../words.js";

const SIGNS = {
  "task.created": ["plus", "new"], "task.assigned": ["arrow-right", "moved"], "task.completed": ["circle-check", "done"],
  "task.returned": ["corner-up-left", "moved"], "task.updated": ["pencil-line", "quiet"], "task.removed": ["trash-2", "quiet"],
  "task.invalid": ["file-warning", "problem"], "board.changed": ["layers", "moved"], "budget.alert": ["coins", "problem"],
  "run.lost": ["unplug", "problem"], "job.started": ["graduation-cap", "new"], "job.finished": ["graduation-cap", "done"],
  "source.connected": ["cable", "quiet"], "source.lost": ["cable", "problem"],
  "alarm.raised": ["triangle-alert", "problem"], "alarm.cleared": ["circle-check", "quiet"],
};
const RUN_SIGNS = { completed: ["circle-check", "done"], failed: ["circle-x", "problem"], cancelled: ["ban", "quiet"] };
const RUN_ENDS = { completed: "finished", failed: "failed", cancelled: "were cancelled", vanished: "are no longer known to their server", lost: "are no longer heard" };
const MEMBERS = 50;

export function readsDrawer({ activity, ui, now }) {
  return ui.drawer ? [true, activity, now, ui.openRows] : [false];
}

export function drawerView({ activity, ui, now }) {
  if (!ui.drawer) return nothing;
  return html`
    <header class="drawer-head"><h2>Activity</h2>
      <button class="icon-button" type="button" data-action="drawer" aria-label="Close activity">${icons.x}</button></header>
    <div class="drawer-scroll" tabindex="0" role="region" aria-label="Activity, newest first">${feed(activity, ui, now)}</div>`;
}

function feed(activity, ui, now) {
  if (!activity.ready) return nothing;
  if (!activity.entries.length && activity.next === null) {
    return html`<p class="drawer-empty">Nothing has happened yet. Moves, edits and new files appear here.</p>`;
  }
  return html`<ol class="feed">${repeat(rows(activity.entries), (row) => row.key, (row) => feedRow(row, ui, now))}</ol>${ending(activity)}`;
}

/** What is below the last line: older ones, why there are none, or where all of them are. */
function ending({ word, next, error, full }) {
  if (full) return html`<p class="feed-end">More than a page should hold. <a href="/api/telemetry/export?table=history&format=csv&range=all" download>The whole history as CSV</a></p>`;
  if (next === null) return html`<p class="feed-end">The history begins here.</p>`;
  return html`<div class="feed-end">${word === "failed" ? html`<p role="alert">Older lines could not be loaded: ${error}</p>` : nothing}
    <button class="tool" type="button" data-action="older" aria-busy=${word === "loading" ? "true" : "false"}>
      ${icons.history}${word === "loading" ? "Loading" : word === "failed" ? "Try again" : "Older"}</button></div>`;
}

/** A row is drawn again only when it grew, was opened, or its time reads differently. */
function feedRow(row, ui, now) {
  const open = ui.openRows.includes(row.key);
  return guard([row.entry, row.entries.length, open, age(row.entry.at, now)], () => rowView(row, open, now));
}

function rowView(row, open, now) {
  if (row.entries.length > 1) return groupRow(row, open, now);
  const { entry } = row;
  return html`<li class="feed-row" data-event=${entry.event}>${sign(entry)}${entry.path ? entryLink(entry) : plainText(entry)}${when(entry, now)}</li>`;
}

function groupRow({ entry, entries, key }, open, now) {
  return html`<li class="feed-row" data-event=${entry.event}>${sign(entry)}
    <button class="feed-link" type="button" data-action="open-row" data-row=${key} aria-expanded=${open ? "true" : "false"}>
      <b>${plural(entries.length, entry.outcome ? "run" : "task")}</b> ${entry.outcome ? (RUN_ENDS[entry.outcome] ?? entry.outcome) : verb(entry)}<span class="feed-sub">${agentsOf(entries)}${entry.inferred ? html`<span class="feed-found">found later</span>` : nothing}</span></button>${when(entry, now)}
    ${open ? html`<ol class="feed-members">${entries.slice(0, MEMBERS).map((member) => html`<li>${member.path ? entryLink(member) : plainText(member)}</li>`)}</ol>` : nothing}
  </li>`;
}

function entryLink(entry) {
  const gone = entry.event === "task.removed";
  const found = entry.inferred ? html`<span class="feed-found" title="Nobody watched when it happened. The time is when it was found.">found later</span>` : nothing;
  const inside = html`<b>${entry.title || fileName(entry.path)}</b> ${verb(entry)}<span class="feed-sub">${trail(entry)}${found}</span>`;
  if (gone) return html`<span class="feed-link">${inside}</span>`;
  const href = entry.id ? `#task=${encodeURIComponent(entry.id)}` : `#file=${encodeURIComponent(entry.path)}`;
  return html`<a class="feed-link" href=${href} data-action="open-entry">${inside}</a>`;
}

function plainText(entry) {
  if (entry.event === "board.changed") return stormText(entry);
  const said = entry.text ?? entry.title ?? entry.event;
  const href = entry.event.startsWith("budget.") ? "#costs" : entry.href?.startsWith("#") ? entry.href : null;
  return href ? html`<a class="feed-link" href=${href}>${said}</a>` : html`<span class="feed-link">${said}</span>`;
}

function stormText(entry) {
  const parts = Object.entries(entry.by ?? {}).map(([event, count]) => `${figure(count)} ${verb({ event })}`);
  return html`<span class="feed-link"><b>${plural(entry.count, "task")}</b> changed at once<span class="feed-sub">${parts.join(", ")}</span></span>`;
}

function verb({ event, column }) {
  if (event === "task.created") return column ? `new in ${COLUMN_NAMES[column]}` : "new";
  if (event === "task.completed") return "moved to Done";
  if (event === "task.assigned") return "assigned";
  if (event === "task.returned") return column ? `returned to ${COLUMN_NAMES[column]}` : "returned";
  if (event === "task.removed") return "removed";
  return event === "task.invalid" ? "cannot be read" : "changed";
}

function trail(entry) {
  if (entry.old_column && entry.old_column !== entry.column) {
    return `${COLUMN_NAMES[entry.old_column]} to ${COLUMN_NAMES[entry.column]}${entry.agent ? `, ${entry.agent}` : ""}`;
  }
  if (entry.old_agent && entry.old_agent !== entry.agent) return `${entry.old_agent} to ${entry.agent}`;
  return entry.agent ?? COLUMN_NAMES[entry.column];
}

function agentsOf(entries) {
  const agents = [...new Set(entries.map((entry) => entry.agent).filter(Boolean))];
  return agents.length > 3 ? `${agents.slice(0, 3).join(", ")} and ${agents.length - 3} more` : agents.join(", ");
}

function sign({ event, outcome }) {
  const [icon, kind] = (event === "run.finished" ? RUN_SIGNS[outcome] : SIGNS[event]) ?? ["info", "quiet"];
  return html`<span class="feed-sign" data-kind=${kind}>${icons[icon]}</span>`;
}

function when(entry, now) {
  return html`<time class="age" datetime=${entry.at} title=${exact(entry.at)}>${age(entry.at, now)}</time>`;
}
