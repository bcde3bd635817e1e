// What a pipeline shows: the loop of six stages, its score, its iterations and what its advisor said.
import { html, nothing } from "../lit.js";
import { icons } from "../icons.js";
import { chartPanel } from "../charts/panel.js";
import { remembered } from "../remembered.js";
import { figure } from "../words.js";
import { loss } from "../loss/units.js";
import { STAGE_NAMES, outcomeWords, passRates, share, stagesOf, unseenOf } from "./pipeline_specs.js";

const ratesOf = remembered(passRates);
const SIGNS = { done: "check", now: "activity", failed: "x" };
const UNSEEN = { all: "steps not seen", end: "end not seen" };
const SAID = { done: "done", now: "now", failed: "stopped here", ahead: "not yet" };

/** Everything of a pipeline but its loss. */
export function pipelineParts(job, state) {
  const { pipeline } = job;
  return html`${flowView(job)}
    ${pipeline.iterations.length ? html`<div class="pipeline-more">
      ${chartPanel(ratesOf(job), state.ui.charts, { empty: html`<p>No iteration has been evaluated yet.</p>` })}
      ${adviceView(pipeline)}</div>${historyView(job)}` : nothing}`;
}

/** The loop: six stages, and back to the first until the target is reached. */
function flowView(job) {
  const { iteration, max_iterations: most, score, target, message, outcome, suite } = job.pipeline;
  return html`<section class="panel pipeline-flow" aria-label="Stages">
    <header class="panel-head"><h3>Iteration ${figure(iteration)}${most === null ? "" : ` of ${figure(most)}`}</h3>
      <p class="pipeline-score"><span>Score <b>${share(score)}</b></span><span>Target <b>${share(target)}</b></span>${suite ? html`<span>Suite <b>${suite}</b></span>` : nothing}${outcome ? html`<span class="pipeline-outcome" data-outcome=${outcome}>${outcomeWords(outcome)}</span>` : nothing}</p></header>
    <ol class="stages">${stagesOf(job).map(({ name, state }, i) => html`<li class="stage" data-state=${state} aria-current=${state === "now" ? "step" : nothing}>
      <span class="stage-sign">${icons[SIGNS[state]] ?? i + 1}</span><span class="stage-name">${STAGE_NAMES[name]}</span><span class="sr-only">, ${SAID[state]}</span>${i < 5 ? html`<i class="stage-link" aria-hidden="true"></i>` : nothing}</li>`)}</ol>
    <p class="stage-back">${icons["refresh-cw"]}<span>back to Evaluate until the target is reached${most === null ? "" : `, ${figure(most)} times at most`}</span></p>
    ${message ? html`<p class="pipeline-said">${message}</p>` : nothing}
  </section>`;
}

function adviceView({ iterations }) {
  const last = iterations.findLast(({ advice, suggested }) => advice || suggested.length);
  return html`<section class="panel" aria-label="Advice"><header class="panel-head"><h3>Advice${last ? html` <span class="count">after iteration ${figure(last.n)}</span>` : nothing}</h3></header>
    ${last ? html`${last.advice ? html`<p class="advice">${last.advice}</p>` : nothing}${last.suggested.length ? html`<ul class="advice-list">${last.suggested.map((text) => html`<li>${text}</li>`)}</ul>` : nothing}` : html`<p class="quiet">Its advisor has said nothing yet.</p>`}</section>`;
}

function historyView(job) {
  const { iterations, target } = job.pipeline;
  return html`<section class="panel wide" aria-labelledby="iterations-title"><header class="panel-head"><h3 id="iterations-title">Iterations</h3></header>
    <div class="call-table" tabindex="0" role="region" aria-labelledby="iterations-title"><table>
      <thead><tr><th scope="col">Iteration</th><th scope="col" class="figure">Before</th><th scope="col" class="figure">After</th><th scope="col" class="figure">Gain</th><th scope="col">Data</th><th scope="col">Fine-tune</th><th scope="col" class="figure">Final loss</th><th scope="col">Advice</th></tr></thead>
      <tbody>${iterations.toReversed().map((one) => historyRow(one, target, unseenOf(job, one)))}</tbody></table></div></section>`;
}

function historyRow({ n, pass_rate: before, after_pass_rate: after, datagen_job: data, finetune_job: tune, loss: final, advice }, target, unseen) {
  const gain = before === null || after === null ? null : after - before;
  const reached = target !== null && after !== null && after >= target;
  return html`<tr><th scope="row">${figure(n)}</th><td class="figure">${share(before)}</td>
    <td class="figure" ?data-reached=${reached}>${share(after)}${reached ? html` ${icons.check}<span class="sr-only">target reached</span>` : nothing}</td>
    <td class="figure" data-gain=${gain === null ? nothing : gain >= 0 ? "up" : "down"}>${gain === null ? "–" : `${gain >= 0 ? "+" : "−"}${Math.abs(100 * gain).toFixed(1)} points`}</td>
    <td>${jobLink(data)}</td><td>${jobLink(tune)}</td>
    <td class="figure">${loss(final)}${unseen ? html` <small class="quiet">${UNSEEN[unseen]}</small>` : nothing}</td><td class="iteration-advice" title=${advice}>${advice || html`<span class="quiet">–</span>`}</td></tr>`;
}

/** A job is linked by its key; a bare id is what its server calls it and is only named. */
function jobLink(key) {
  if (!key) return html`<span class="quiet">–</span>`;
  return key.includes(":") ? html`<a href=${`#job=${encodeURIComponent(key)}`}>${key.slice(key.indexOf(":") + 1)}</a>` : html`<code>${key}</code>`;
}
