// What waits on each server, how long the queue was, and the buttons that take runs off it.
import { html, nothing } from "../lit.js";
import { icons } from "../icons.js";
import "../modal.js";
import { chartPanel } from "../charts/panel.js";
import { clock, exact } from "../time.js";
import { plural } from "../words.js";
import { seconds } from "../workers/figures.js";
import { reasonOf } from "../workers/source_trouble.js";
import { queueSpec } from "./figures.js";

const made = new Map();

/** The queues of all sources. */
export function queuesView({ rows }, { own, charts, stale, several }) {
  const queues = Object.values(rows).sort((one, other) => one.key.localeCompare(other.key));
  if (!queues.length) return html`<section><h2 class="panel-title">Queue</h2><p class="quiet">No queue has been told yet.</p></section>`;
  return html`<div class="queues">${queues.map((queue) => html`<section class="queue" data-queue=${queue.key} ?data-old=${Boolean(queue.reason)} aria-label=${title(queue, several)}>
    <header class="panel-line"><h2 class="panel-title">${title(queue, several)}</h2><span class="quiet">${queue.depth == null ? "–" : plural(queue.depth, "run")} waiting</span><span class="grow"></span>
      ${queue.items.length ? html`<button class="button" type="button" data-action="queue-ask" data-source=${queue.source} ?disabled=${own.busy}>${icons["circle-stop"]}Cancel all queued</button>` : nothing}</header>
    ${outcome(own.outcome, queue.source)}
    ${oldness(queue)}
    <div class="queue-body" ?data-beside=${queue.items.length > 0 && !several}>
      ${queue.items.length ? items(queue, own) : html`<p class="quiet queue-none">${nothingWaits(queue)}</p>`}
      ${queue.history.length ? chartPanel(specOf(queue), charts, { stale: stale || Boolean(queue.reason), empty: html`<p>No minute of it has been seen yet.</p>` }) : nothing}
    </div></section>`)}</div>`;
}

/** Why nothing stands in the list: nothing waits, or nobody knows. */
function nothingWaits({ depth, reason }) {
  if (depth != null) return "Nothing waits. Runs that are launched with the queue mode on stand here until a slot is free.";
  return reason ? "What waits is not known: the server has not told its queue yet." : "The queue is being asked for.";
}

/** That what is shown is old: since when, and why. */
function oldness({ reason, source, told_at: at }) {
  if (!reason) return nothing;
  return html`<p class="queue-old">${icons["triangle-alert"]}<span>${reasonOf(reason, source)}${at ? html` Shown is the queue of <time datetime=${at} title=${exact(at)}>${clock(Date.parse(at), true)}</time>.` : nothing}</span></p>`;
}

function title({ source }, several) {
  return several ? `Queue of ${source}` : "Queue";
}

function items({ items: waiting, source }, own) {
  return html`<div class="table-box" tabindex="0" role="region" aria-label=${`Runs that wait on ${source}`}><table class="plain-table">
    <thead><tr><th scope="col" class="figure">Place</th><th scope="col">Run</th><th scope="col">Model</th><th scope="col" class="figure">Waits</th><th scope="col" class="command"><span class="sr-only">Cancel</span></th></tr></thead>
    <tbody>${waiting.map((item) => html`<tr data-key=${item.key}><td class="figure">${item.position ?? "–"}</td>
      <th scope="row"><a href=${`#run=${encodeURIComponent(item.key)}`}>${item.task || item.id}</a></th><td>${item.model ?? "–"}</td><td class="figure">${seconds(item.wait_s)}</td>
      <td class="command"><button class="icon-button" type="button" data-action="queue-cancel-one" data-key=${item.key} ?disabled=${own.busy} aria-label=${`Cancel ${item.task || item.id}`}>${icons.x}</button></td></tr>`)}</tbody>
  </table></div>`;
}

/** What the last cancelling came to: which were cancelled, which were not and why. */
function outcome(told, source) {
  if (!told || (told.source && told.source !== source)) return nothing;
  const { error, results = [], cancelled = 0 } = told;
  const failed = results.filter(({ ok }) => !ok);
  return html`<div class="strip" data-kind=${error || failed.length ? "error" : "info"} role="status">${icons[error || failed.length ? "triangle-alert" : "circle-check"]}
    <div class="strip-body"><p>${error || `${plural(cancelled, "run")} cancelled${failed.length ? `, ${failed.length} not:` : "."}`}</p>
      ${failed.length ? html`<ul>${failed.map(({ key, error: why }) => html`<li><code>${key}</code> ${why}</li>`)}</ul>` : nothing}</div>
    <button class="icon-button" type="button" data-action="queue-dismiss" aria-label="Dismiss">${icons.x}</button></div>`;
}

function specOf(queue) {
  const kept = made.get(queue.key);
  if (kept?.history !== queue.history) {
    made.set(queue.key, { history: queue.history, spec: queueSpec(queue, { title: "Waiting, and ended in each minute", short: (at) => clock(Date.parse(at)), long: exact }) });
  }
  return made.get(queue.key).spec;
}

/** "Cancel all that wait?": asked before anything is sent. */
export function askCancelQueued(source, rows) {
  const waiting = Object.values(rows).find((queue) => queue.source === source)?.items ?? [];
  return html`<modal-dialog><dialog class="small-dialog" aria-labelledby="queue-cancel-title"><div class="sheet narrow">
    <header class="sheet-head"><h2 id="queue-cancel-title" tabindex="-1">Cancel all queued runs?</h2><button class="icon-button" type="button" data-action="queue-keep" data-close aria-label="Close">${icons.x}</button></header>
    <div class="small-body"><p>${plural(waiting.length, "run")} on ${source} ${waiting.length === 1 ? "leaves" : "leave"} the queue, one after another. Runs that work already go on.</p></div>
    <footer class="small-foot"><button class="button" type="button" data-action="queue-keep" data-first>Keep them</button>
      <button class="button danger" type="button" data-action="queue-cancel-all" data-source=${source}>${icons["circle-stop"]}Cancel ${plural(waiting.length, "run")}</button></footer>
  </div></dialog></modal-dialog>`;
}
