// The page of one job: where it stands, its loss, what it says, what can be asked of it.
import { html, nothing } from "../lit.js";
import { icons } from "../icons.js";
import { lossPanel } from "../loss/panel.js";
import { exact } from "../time.js";
import { sentence } from "../words.js";
import { askView } from "./asking.js";
import { comparePicker } from "./compare.js";
import { factsView } from "./facts.js";
import { headView, statsView } from "./job_head.js";
import { configView, gpuView, logView, previewView } from "./job_parts.js";
import { ownOf } from "./own.js";
import { pipelineParts } from "./pipeline_parts.js";
import { unseenNotes } from "./pipeline_specs.js";
import { jobOf } from "./rows.js";
import { sourceNotes } from "./source_notes.js";
import { linesOf, subjectOf } from "./subject.js";
import { isLive } from "./words.js";

/** What the page reads of the state. */
export function readsJob(state) {
  return [state.listed.training, state.listed.sources, state.slices.training, state.slices.loss, state.route, state.connection.word, state.ui.charts, Math.floor(state.now / 1_000)];
}

/** The page. */
export function jobView(state) {
  const own = ownOf(state);
  const { job: key } = state.route.more;
  const job = jobOf(state.listed, own, key);
  if (!job) return unknownView(state, key, own.single[key]);
  const stale = ["stale", "locked"].includes(state.connection.word);
  return html`<div class="page training job" data-key=${key} data-status=${job.status} ?data-stale=${stale}>
    ${headView(job, own)}
    ${saidView(own.said, key)}${isLive(job) ? sourceNotes({ listed: onlySource(state.listed, job.source) }) : nothing}${trouble(job)}
    ${statsView(job, state.now)}
    ${job.pipeline ? pipelineParts(job, state) : nothing}
    ${lossOf(state, job, stale)}
    <div class="job-panels">${isLive(job) ? factsView(own) : nothing}${previewView(job)}${gpuView(job)}${configView(job)}${logView(job)}</div>
    ${askView(own.asking, job, own)}
  </div>`;
}

/** The server it runs on; others have nothing to do with this page. */
function onlySource({ sources }, key) {
  return { sources: { rows: key in sources.rows ? { [key]: sources.rows[key] } : {} } };
}

function lossOf(state, job, stale) {
  const { lines, alarms } = linesOf(state);
  const empty = job.kind === "datagen" ? "A data generation has no loss." : isLive(job) ? "No step has been seen yet. The curve begins with the first one." : "No step of this job was seen while it ran.";
  return lossPanel({ title: "Loss", lines, choices: subjectOf(state).choices, alarms, notes: job.pipeline ? unseenNotes(job) : [], stale, empty, pick: comparePicker(state, job.key) });
}

function unknownView(state, key, asked) {
  if (!asked || asked.word === "loading") return html`<div class="page training">${state.ui.skeleton ? html`<div class="job-skeleton" aria-hidden="true"></div>` : nothing}</div>`;
  const failed = asked.word === "failed";
  return html`<div class="page training"><section class="message" role=${failed ? "alert" : nothing}>${icons[failed ? "unplug" : "search"]}
    <h2>${failed ? "The job could not be loaded" : "Nobody knows this job"}</h2>
    <p>${failed ? sentence(asked.error) : html`No watched server has a job <code>${key}</code>, and none was kept.`}</p>
    <p class="message-tools">${failed ? html`<button class="button" type="button" data-action="training-again" data-key=${key}>${icons["refresh-cw"]}Try again</button>` : nothing}<a class="button" href="#training">All jobs</a></p></section></div>`;
}

function saidView(said, key) {
  if (said?.key !== key) return nothing;
  return html`<div class="job-said" role="status">${icons.info}<p>${said.text}</p><button class="icon-button" type="button" data-action="training-said" aria-label="Dismiss">${icons.x}</button></div>`;
}

/** Why it ended badly, or that nothing is heard of it. */
function trouble(job) {
  if (job.status === "failed") return box("error", "circle-x", "It failed", job.error || "Its server gave no reason. The last lines of its log may tell.", again(job));
  if (job.status === "stale") {
    return box("warn", "history", "Nothing is heard of it", `${job.heard_at ? `The last word came ${exact(job.heard_at)}. ` : ""}It has been silent for 30 minutes, so it counts as stale: a new training may be started. Should it speak again, it goes on here.`, again(job));
  }
  if (job.status === "vanished") return box("warn", "unplug", "It is gone", "Its server no longer lists it. What was seen of it is kept.", nothing);
  if (job.status === "cancelled") return box("info", "ban", "It was cancelled", job.error || "What it had learnt until then is on its server, if it keeps such things.", again(job));
  return job.error ? box("warn", "triangle-alert", "Its server says", job.error, nothing) : nothing;
}

function box(kind, icon, title, text, button) {
  return html`<div class="job-trouble" data-kind=${kind} role=${kind === "error" ? "alert" : nothing}>${icons[icon]}<p><b>${title}.</b> ${sentence(text)}</p>${button}</div>`;
}

function again({ key, kind }) {
  if (!["finetune", "skill", "pipeline"].includes(kind)) return nothing;
  return html`<button class="button" type="button" data-action="training-new" data-like=${key} aria-haspopup="dialog">${icons["refresh-cw"]}Start again</button>`;
}
