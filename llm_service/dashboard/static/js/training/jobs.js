// The tab Jobs: everything that trains or has trained, with how far it is, how good it is and where it runs.
import { html, live, nothing, repeat } from "../lit.js";
import { icons } from "../icons.js";
import { loss, span } from "../loss/units.js";
import { ago, exact } from "../time.js";
import { figure, plural, sentence } from "../words.js";
import { emptyTraining } from "./empty.js";
import { ownOf } from "./own.js";
import { filtered, groupsOf, jobsOf } from "./rows.js";
import { GROUPS, KINDS, STATUSES, isLive, left, outOf, percent, percentOf, ratingBadge, statusBadge, titleOf } from "./words.js";

/** What the tab reads of the state. */
export function readsJobs(state) {
  return [state.listed.training, state.listed.sources, state.slices.training, state.route.more, state.connection.word, Math.floor(state.now / 10_000)];
}

/** The tab. */
export function jobsView(state) {
  const own = ownOf(state);
  const all = jobsOf(state.listed, own);
  const { more } = state.route;
  const shown = filtered(all, more);
  const waiting = !all.length && (!state.listed.training.ready || own.older.word === "loading");
  if (waiting) return state.ui.skeleton ? html`<div class="job-skeleton" aria-hidden="true"></div>` : nothing;
  if (!all.length && own.older.word !== "failed") return emptyTraining(state);
  return html`${head(all, more, state)}
    ${own.older.word === "failed" ? html`<div class="page-failure" role="alert">${icons["triangle-alert"]}<p>Ended jobs could not be loaded: ${sentence(own.older.error)}${all.length ? " Those that run are told live." : ""}</p>
      <button class="button" type="button" data-action="training-older-retry">${icons["refresh-cw"]}Try again</button></div>` : nothing}
    ${shown.length ? list(shown, state.now) : html`<p class="quiet job-none">None of the ${figure(all.length)} known jobs pass these filters. <button class="text-button" type="button" data-action="training-unfilter">${icons.x}Clear</button></p>`}
    ${own.older.next ? html`<p class="rows-foot"><span class="quiet">${plural(all.length, "job")}</span><button class="button" type="button" data-action="training-older" ?disabled=${own.older.word === "loading"}>${own.older.word === "loading" ? "Loading" : "Show older"}</button></p>` : nothing}`;
}

function head(all, more, state) {
  const running = all.filter(({ status }) => status === "running");
  const making = running.filter(({ kind }) => kind === "datagen").length;
  const sources = [...new Set(all.map(({ source }) => source))].sort();
  return html`<div class="job-controls" role="group" aria-label="Filters of the jobs">
    <p class="job-count"><b>${figure(running.length - making)}</b> training${making ? html`, <b>${figure(making)}</b> making data` : nothing}</p>
    ${filter("kind", "Kind", Object.entries(KINDS), more.kind)}
    ${filter("status", "Status", Object.entries(STATUSES).map(([name, [word]]) => [name, word]), more.status)}
    ${sources.length > 1 ? filter("source", "Source", sources.map((name) => [name, name]), more.source) : nothing}
    <label class="job-search"><span class="sr-only">Search jobs</span><input type="search" placeholder="Name, id or model" data-input="training-q" .value=${live(more.q ?? "")} autocomplete="off" spellcheck="false" /></label>
    <span class="grow"></span>${startButton(state)}</div>`;
}

/** The button that opens the form, where a server could be asked. */
export function startButton(state) {
  const any = Object.values(state.listed.sources.rows).length > 0;
  return html`<button class="button primary" type="button" data-action="training-new" aria-haspopup="dialog" ?disabled=${!any}>${icons.plus}Start a training</button>`;
}

function filter(field, label, options, chosen) {
  return html`<label class="tool sort row-filter" ?data-active=${Boolean(chosen)}><span class="sr-only">${label}</span>
    <select data-input="training-filter" data-field=${field} .value=${live(chosen ?? "")}><option value="" ?selected=${!chosen}>${label}: any</option>
      ${options.map(([value, word]) => html`<option value=${value} ?selected=${chosen === value}>${word}</option>`)}</select>${icons["chevron-down"]}</label>`;
}

function list(jobs, now) {
  const groups = groupsOf(jobs);
  return html`<div class="job-heads" aria-hidden="true"><span>Job</span><span>Status</span><span>Progress</span><span class="figure">Loss</span><span class="figure">Steps</span><span class="figure">Left or took</span><span>Where</span><span class="figure">Began</span></div>
    ${groups.length > 1 ? repeat(groups, ({ name }) => name, (group) => groupView(group, now)) : html`<ol class="job-list" aria-label="Training jobs">${rows(jobs, now)}</ol>`}`;
}

function groupView({ name, jobs }, now) {
  const { title, says } = GROUPS[name];
  return html`<section class="job-group" data-group=${name} aria-labelledby=${`job-group-${name}`}>
    <h3 id=${`job-group-${name}`}>${title} <span class="count">${figure(jobs.length)}</span>${says ? html` <span class="quiet">${says}</span>` : nothing}</h3>
    <ol class="job-list" aria-label=${title}>${rows(jobs, now)}</ol></section>`;
}

function rows(jobs, now) {
  return repeat(jobs, ({ key }) => key, (job) => row(job, now));
}

function row(job, now) {
  const done = percentOf(job);
  const { key, kind, status } = job;
  return html`<li class="job-row" data-key=${key} data-status=${status} data-kind=${kind}>
    <span class="job-name"><a href=${`#job=${encodeURIComponent(key)}`}>${titleOf(job)}</a><span class="job-sub">${KINDS[kind] ?? kind}${job.base_model ? `, ${job.base_model}` : ""}</span></span>
    <span class="job-cell">${statusBadge(status)}${job.alarms.length ? html`<span class="job-alarms" title=${job.alarms.map(({ sentence: said }) => said).join(" ")}>${icons["triangle-alert"]}${plural(job.alarms.length, "alarm")}</span>` : nothing}</span>
    <span class="job-cell job-progress">${done === null ? html`<span class="quiet">–</span>` : html`<progress class="job-bar" max="100" .value=${done} aria-label=${`Progress of ${titleOf(job)}`}></progress><span class="figure">${percent(done)}</span>`}</span>
    <span class="job-cell figure" data-label="Loss"><span class="sr-only">Loss </span><b>${loss(job.loss)}</b>${isLive(job) ? nothing : ratingBadge(job.rating)}</span>
    <span class="job-cell figure" data-label="Steps"><span class="sr-only">Steps </span>${outOf(job.step, job.steps)}</span>
    <span class="job-cell figure" data-label=${isLive(job) ? "Left" : "Took"}><span class="sr-only">${isLive(job) ? "Left" : "Took"} </span>${isLive(job) ? left(job.eta_s) : html`<span class="quiet" title="It took">${span(job.elapsed_s)}</span>`}</span>
    <span class="job-cell job-where">${job.source}${job.node ? html`<span class="job-sub">${job.node}</span>` : nothing}</span>
    <span class="job-cell figure job-when"><span class="sr-only">Began </span><time datetime=${job.started_at ?? ""} title=${exact(job.started_at)}>${ago(job.started_at, now)}</time></span>
  </li>`;
}
