// Strips under the top bar: what is impaired, since when, and what to do about it.
import { html, nothing } from "../lit.js";
import { icons } from "../icons.js";
import { clock } from "../time.js";
import { plural } from "../words.js";
import { budgetNotices } from "./budget_notices.js";

export function readsNotices({ connection, board, budgets, session, ui }) {
  return [connection, budgets, board.degraded, board.loading, board.counts, board.ready, session, ui.dismissed, ui.broken];
}

export function noticesView(state) {
  const { board, session, ui } = state;
  const warnings = (session?.warnings ?? []).filter((text) => !ui.dismissed.includes(text));
  return html`
    ${broken(ui)}${lineNotice(state.connection)}${versionNotice(state.connection)}
    ${board.ready && board.loading ? strip("info", icons.hourglass, `Reading the folder. ${plural(sum(board.counts), "task")} so far.`) : nothing}
    ${board.degraded.map((text) => strip("warn", icons["triangle-alert"], text))}
    ${budgetNotices(state)}
    ${warnings.map((text) => strip("warn", icons["triangle-alert"], text, dismiss(text)))}`;
}

function lineNotice(connection) {
  const { word, since, heard, stopping } = connection;
  if (word === "locked") {
    return strip("error", icons["log-in"], "You are logged out, so nothing here is updated.", html`<a class="button" href="/login">Log in</a>`);
  }
  if (word === "polling") {
    return strip("warn", icons.unplug, `The live connection is down. The page asks every 30 seconds instead; the last answer came at ${clock(heard)}.`, retry());
  }
  if (word === "stale") {
    const why = stopping ? "The server was stopped." : "The server does not answer.";
    return strip("error", icons.unplug, `${why} The board is as it was at ${clock(since)}; the page tries again every 30 seconds.`, retry());
  }
  return nothing;
}

function versionNotice({ newVersion, version }) {
  if (!newVersion) return nothing;
  const button = html`<button class="button" type="button" data-action="reload">${icons["refresh-cw"]}Reload</button>`;
  return strip("info", icons.info, `The server was updated from ${version} to ${newVersion}. Reload to get the new page.`, button);
}

function broken({ broken: text }) {
  if (!text) return nothing;
  const button = html`<button class="button" type="button" data-action="reload">${icons["refresh-cw"]}Reload</button>`;
  return strip("error", icons["triangle-alert"], `Something on this page failed: ${text}`, button);
}

function strip(kind, icon, text, action = nothing) {
  return html`<div class="notice" data-kind=${kind}>${icon}<p>${sentence(text)}</p>${action}</div>`;
}

/** Sentences come from several places; here each begins with a capital and ends with a stop. */
function sentence(text) {
  return text.replace(/^\p{Ll}/u, (letter) => letter.toUpperCase()).replace(/([^.?])$/, "$1.");
}

function retry() {
  return html`<button class="button" type="button" data-action="retry">${icons["refresh-cw"]}Try now</button>`;
}

function dismiss(text) {
  return html`<button class="icon-button" type="button" data-action="dismiss" data-text=${text} aria-label="Dismiss">${icons.x}</button>`;
}

function sum(counts) {
  return counts ? counts.inbox + counts.assigned + counts.done : 0;
}
