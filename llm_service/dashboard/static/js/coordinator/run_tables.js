// Runs that work now, and those that ended last.
import { html, nothing } from "../lit.js";
import { ago, exact } from "../time.js";
import { figure } from "../words.js";
import { runBadge } from "../workers/badge.js";
import { durationOf, rate, seconds, titleOf } from "../workers/figures.js";
import { splitRuns } from "./figures.js";

/** Both tables. */
export function runTables(runs, now, several) {
  const { active, recent } = splitRuns(runs);
  return html`<div class="run-tables">${table("Active", active, "No run works just now.", { now, several })}${table("Recent", recent, "No run has ended in the last hour. Older ones are in the Feed.", { now, several, ended: true })}</div>`;
}

function table(title, runs, none, { now, several, ended = false }) {
  const id = `table-${title.toLowerCase()}`;
  return html`<section aria-labelledby=${id}><h2 class="panel-title" id=${id}>${title}</h2>
    ${runs.length ? html`<div class="table-box" tabindex="0" role="region" aria-label=${`${title} runs`}><table class="plain-table">
      <thead><tr><th scope="col">Run</th><th scope="col">State</th>${several ? html`<th scope="col">Source</th>` : nothing}<th scope="col">Machine</th><th scope="col" class="figure">${ended ? "Tokens out" : "tok/s"}</th><th scope="col" class="figure">Duration</th>${ended ? html`<th scope="col">Ended</th>` : nothing}</tr></thead>
      <tbody>${runs.map((run) => html`<tr data-key=${run.key}><th scope="row"><a href=${`#run=${encodeURIComponent(run.key)}`}>${titleOf(run)}</a></th><td>${runBadge(run.badge)}</td>${several ? html`<td>${run.source}</td>` : nothing}<td>${run.node ?? "–"}</td>
        <td class="figure">${ended ? figure(run.tokens_out) : rate(run.tokens_per_s)}</td><td class="figure">${seconds(durationOf(run, now))}</td>
        ${ended ? html`<td>${run.finished_at ? html`<time datetime=${run.finished_at} title=${exact(run.finished_at)}>${ago(run.finished_at, now)}</time>` : "–"}</td>` : nothing}</tr>`)}</tbody></table></div>`
      : html`<p class="quiet">${none}</p>`}</section>`;
}
