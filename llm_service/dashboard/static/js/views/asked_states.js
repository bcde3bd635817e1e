// The states of a panel that asks: what stands there before an answer, and what is said when none came.
import { html, nothing } from "../lit.js";
import { icons } from "../icons.js";
import { clock } from "../time.js";
import { sentence } from "../words.js";

/** A failure with its retry; what was known before stays below it. */
export function failedView({ word, error, at }, what, action) {
  if (word !== "failed") return nothing;
  return html`<div class="page-failure" role="alert">${icons["triangle-alert"]}<p>${what} could not be loaded: ${sentence(error)}${at ? ` Below is what was known at ${clock(at)}.` : ""}</p>
    <button class="button" type="button" data-action=${action}>${icons["refresh-cw"]}Try again</button></div>`;
}

/** Sources that did not answer, each with its reason; the others' answers are shown. */
export function troublesView(troubles) {
  if (!troubles?.length) return nothing;
  return html`<div class="strips">${troubles.map(({ source, error }) => html`<div class="strip" data-kind="warn" role="status">${icons["triangle-alert"]}<p><b>${source}</b>: ${sentence(error)} What the others told is shown.</p></div>`)}</div>`;
}
