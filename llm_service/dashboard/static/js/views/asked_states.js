// The states of a panel that asks: what stands there before an answer, and what is said when none came.
import { html, nothing } from "../lit.js";
import { icons } from "../icons.js";
import { clock } from "../time.js";
import { byReason } from "../troubles.js";
import { sentence } from "../words.js";

/** A failure with its retry; what was known before stays below it. */
export function failedView({ word, error, at }, what, action) {
  if (word !== "failed") return nothing;
  return html`<div class="page-failure" role="alert">${icons["triangle-alert"]}<p>${what} could not be loaded: ${sentence(error)}${at ? ` Below is what was known at ${clock(at)}.` : ""}</p>
    <button class="button" type="button" data-action=${action}>${icons["refresh-cw"]}Try again</button></div>`;
}

/** Sources that did not answer, each with its reasons; what else is known is shown. */
export function troublesView(troubles) {
  if (!troubles?.length) return nothing;
  return html`<div class="strips">${byReason(troubles).map(({ source, reasons }) => html`<div class="strip" data-kind="warn" data-source=${source} role="status">${icons["triangle-alert"]}<p><b>${source}</b> is missing here, or in part. ${reasons.map((reason) => `${sentence(reason)} `)}It is asked again every minute.</p></div>`)}</div>`;
}

/** Before the first answer: nothing for a moment, since most answers come at once, then `rows` grey rows. */
export function loadingView(rows) {
  return html`<div class="row-skeleton"><span class="sr-only" role="status">Loading.</span>${Array.from({ length: rows }, () => html`<i aria-hidden="true"></i>`)}</div>`;
}

/** Whether what stands is not, or may not be, what is: it could not be asked again, or the line to the server is down. */
export function isFormer({ word, former }, connection) {
  return former || word === "failed" || ["stale", "locked"].includes(connection.word);
}
