// "Cancel this run?": asked before anything is sent.
import { html, nothing } from "../lit.js";
import { icons } from "../icons.js";
import "../modal.js";
import { figure } from "../words.js";
import { titleOf } from "./figures.js";

/** The question about `run`, or nothing while nobody asks. */
export function askCancel(run) {
  if (!run) return nothing;
  return html`<modal-dialog><dialog class="small-dialog" aria-labelledby="cancel-title">
    <div class="sheet narrow"><header class="sheet-head"><h2 id="cancel-title" tabindex="-1">Cancel this run?</h2>
      <button class="icon-button" type="button" data-action="run-keep" data-close aria-label="Close">${icons.x}</button></header>
    <div class="small-body"><p><b>${titleOf(run)}</b></p><p><code>${run.id}</code> on ${run.source}${run.node ? html`, ${run.node}` : nothing}</p>
      <p class="quiet">${run.status === "queued" ? "It leaves the queue." : `It ends where it is${run.tokens_out == null ? "" : `, after ${figure(run.tokens_out)} tokens`}. What it has made stays on its server.`}</p></div>
    <footer class="small-foot"><button class="button" type="button" data-action="run-keep" data-first>Keep it running</button>
      <button class="button danger" type="button" data-action="run-cancel" data-key=${run.key}>${icons["circle-stop"]}Cancel the run</button></footer></div>
  </dialog></modal-dialog>`;
}
