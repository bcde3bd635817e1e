// "Cancel this training?" and "Advance?": asked before anything is sent.
import { html, nothing } from "../lit.js";
import { icons } from "../icons.js";
import "../modal.js";
import { KINDS, outOf, titleOf } from "./words.js";

/** The question about `job`, or nothing while nobody asks. */
export function askView(asking, job) {
  if (asking?.key !== job.key) return nothing;
  return asking.deed === "cancel" ? cancelView(job) : advanceView(job, asking);
}

function cancelView(job) {
  return dialog("Cancel this training?", html`<p><b>${titleOf(job)}</b></p><p class="quiet">${KINDS[job.kind] ?? job.kind} on ${job.source}, at step ${outOf(job.step, job.steps)}. It ends where it is and cannot be gone on with; its curve stays here.</p>`,
    html`<button class="button" type="button" data-action="training-keep" data-first>Keep it running</button>
      <button class="button danger" type="button" data-action="training-deed" data-deed="cancel" data-key=${job.key}>${icons["circle-stop"]}Cancel the training</button>`);
}

function advanceView(job, asking) {
  const { step } = job.pipeline ?? {};
  return dialog("Advance the pipeline?", html`<p><b>${titleOf(job)}</b></p><p class="quiet">It waits at ${step ?? "a step"}. Its server is asked to go on from there.</p>
    <label class="field"><span>Step, in the pipeline's own words</span><input type="text" data-input="training-step" .value=${asking.step ?? step ?? ""} autocomplete="off" spellcheck="false" /></label>`,
    html`<button class="button" type="button" data-action="training-keep">Not now</button>
      <button class="button primary" type="button" data-action="training-deed" data-deed="advance" data-key=${job.key} data-first>${icons["arrow-right"]}Advance</button>`);
}

function dialog(title, body, buttons) {
  return html`<modal-dialog><dialog class="small-dialog" aria-labelledby="training-ask-title"><div class="sheet narrow">
    <header class="sheet-head"><h2 id="training-ask-title" tabindex="-1">${title}</h2><button class="icon-button" type="button" data-action="training-keep" data-close aria-label="Close">${icons.x}</button></header>
    <div class="small-body">${body}</div><footer class="small-foot">${buttons}</footer></div></dialog></modal-dialog>`;
}
