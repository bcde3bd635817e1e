// The head of a job's page: what it is, what can be done with it, the four figures and the bar.
import { html, nothing } from "../lit.js";
import { icons } from "../icons.js";
import { loss, rate, span } from "../loss/units.js";
import { ago, exact } from "../time.js";
import { KINDS, isLive, left, outOf, percent, percentOf, ratingBadge, ratingOf, statusBadge, titleOf } from "./words.js";

const DEEDS = { cancel: ["Cancel", "circle-stop"], advance: ["Advance", "arrow-right"] };

/** Title, state, where it runs, and buttons for what its server can be asked. */
export function headView(job, own) {
  const { key, id, kind, source, node, base_model: model, actions = [] } = job;
  const deed = own.deeds[key];
  return html`<header class="job-head">
    <div class="job-title"><a class="tool job-back" href="#training">${icons["chevron-left"]}Jobs</a><h2>${titleOf(job)}</h2>${statusBadge(job.status)}</div>
    <p class="job-line"><span>${KINDS[kind] ?? kind}</span>${model ? html`<span>${model}</span>` : nothing}<span>on ${source}${node ? `, ${node}` : ""}</span>
      <button class="id" type="button" data-action="copy" data-copy=${id} title=${`Copy ${id}`} aria-label=${`Copy the id ${id}`}>${short(id)}</button></p>
    <div class="job-deeds">${["advance", "cancel"].filter((name) => actions.includes(name)).map((name) => html`<button class="button" type="button" data-action="training-ask" data-deed=${name} data-key=${key}
      ?disabled=${deed?.word === "asked"} aria-haspopup="dialog">${icons[DEEDS[name][1]]}${deed?.word === "asked" && deed.deed === name ? "Asked" : DEEDS[name][0]}</button>`)}</div>
    ${deed?.word === "failed" ? html`<p class="form-error" role="alert">${icons["triangle-alert"]}${deed.error}</p>` : nothing}
  </header>`;
}

/** An id with its middle left out. */
export function short(id) {
  return id.length > 26 ? `${id.slice(0, 14)}…${id.slice(-8)}` : id;
}

/** Loss, steps, time left and epoch; under them the bar, and what else is measured. */
export function statsView(job, now) {
  const done = percentOf(job);
  const elapsed = elapsedOf(job, now);
  return html`<section class="job-stats" aria-label="How far it is">
    <div class="job-cards">
      ${stat("loss", "Loss", loss(job.loss), html`${ratingBadge(job.rating ?? ratingOf(job.loss), isLive(job))}${job.first_loss === null ? nothing : html`<span>from ${loss(job.first_loss)}${fallen(job)}</span>`}`)}
      ${stat("steps", "Steps", outOf(job.step, job.steps), job.steps_per_s === null ? nothing : `${paceOf(job.steps_per_s)}`)}
      ${stat("eta", isLive(job) ? "Time left" : "Took", isLive(job) ? left(job.eta_s) : span(elapsed), isLive(job) ? `${span(elapsed)} so far` : job.finished_at ? html`ended <time datetime=${job.finished_at} title=${exact(job.finished_at)}>${ago(job.finished_at, now)}</time>` : nothing)}
      ${stat("epoch", "Epoch", outOf(job.epoch, job.epochs), job.learning_rate === null ? nothing : html`learning rate <b data-part="rate">${rate(job.learning_rate)}</b>`)}
    </div>
    <div class="job-whole"><progress class="job-bar whole" max="100" .value=${done ?? 0} ?data-unknown=${done === null} aria-label="Progress"></progress><b class="figure">${percent(done)}</b></div>
  </section>`;
}

function stat(name, label, value, more) {
  return html`<dl class="stat job-stat" data-stat=${name}><dt>${label}</dt><dd class="stat-figure">${value}</dd><dd class="stat-sub">${more}</dd></dl>`;
}

function fallen({ first_loss: first, loss: now }) {
  if (now === null || !first) return "";
  const percents = (100 * (first - now)) / Math.abs(first);
  return `, ${percents >= 0 ? "−" : "+"}${Math.abs(percents).toFixed(1)} %`;
}

function paceOf(perSecond) {
  return perSecond >= 0.5 ? `${perSecond.toFixed(1)} a second` : `${(60 * perSecond).toFixed(1)} a minute`;
}

/** Told by the server; while it runs it goes on with the clock. */
export function elapsedOf({ status, started_at: started, finished_at: finished, elapsed_s: told }, now) {
  const begin = Date.parse(started ?? "");
  if (Number.isNaN(begin)) return told;
  if (finished) return told ?? (Date.parse(finished) - begin) / 1_000;
  return status === "running" ? Math.max(told ?? 0, (now - begin) / 1_000) : told;
}
