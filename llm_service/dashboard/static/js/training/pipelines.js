// The tab Pipelines: those that are known, and the one that is open with its loop, loss and iterations.
import { html, nothing } from "../lit.js";
import { icons } from "../icons.js";
import { lossPanel } from "../loss/panel.js";
import { figure } from "../words.js";
import { askView } from "./asking.js";
import { nothingOf } from "./empty.js";
import { startButton } from "./jobs.js";
import { ownOf } from "./own.js";
import { pipelineParts } from "./pipeline_parts.js";
import { share, unseenNotes } from "./pipeline_specs.js";
import { jobsOf } from "./rows.js";
import { linesOf, pipelineOf, subjectOf } from "./subject.js";
import { isLive, statusBadge, titleOf } from "./words.js";

const OFFERED = 5;

/** What the tab reads of the state. */
export function reads(state) {
  return [state.listed.training, state.listed.sources, state.slices.training, state.slices.loss, state.route.more, state.connection.word, state.ui.charts];
}

/** The tab. */
export function view(state) {
  const own = ownOf(state);
  const pipelines = jobsOf(state.listed, own).filter(({ kind }) => kind === "pipeline");
  const open = pipelineOf(state);
  if (!open) {
    if (!state.listed.training.ready || own.older.word === "loading") return nothing;
    return nothingOf("No pipeline yet", "A pipeline evaluates a model, has data made for its weak spots, fine-tunes it, deploys it and evaluates it again, until its target is reached.", startButton(state));
  }
  const stale = ["stale", "locked"].includes(state.connection.word);
  const { lines, alarms } = linesOf(state);
  const notes = unseenNotes(open);
  const offered = pipelines.filter((job, i) => i < OFFERED || job.key === open.key);
  return html`<div class="job-controls"><ul class="pipeline-list" aria-label="Pipelines">${offered.map((job) => choice(job, job.key === open.key))}</ul>
      ${offered.length < pipelines.length ? html`<a class="tool" href="#training?kind=pipeline">All ${figure(pipelines.length)}</a>` : nothing}<span class="grow"></span>${startButton(state)}</div>
    <header class="job-head"><div class="job-title"><h2><a href=${`#job=${encodeURIComponent(open.key)}`}>${titleOf(open)}</a></h2>${statusBadge(open.status)}</div>
      <div class="job-deeds">${deeds(open, own.deeds[open.key])}</div></header>
    ${pipelineParts(open, state)}
    ${lossPanel({ title: "Loss, a line an iteration", lines, choices: subjectOf(state).choices, alarms, stale, notes, empty: notes.length ? "There is no curve of it." : "No step of a fine-tune has been seen yet." })}
    ${askView(own.asking, open)}`;
}

function deeds({ key, actions = [] }, deed) {
  const names = { advance: ["Advance", "arrow-right"], cancel: ["Cancel", "circle-stop"] };
  return html`${Object.keys(names).filter((name) => actions.includes(name)).map((name) => html`<button class="button" type="button" data-action="training-ask" data-deed=${name} data-key=${key}
    ?disabled=${deed?.word === "asked"} aria-haspopup="dialog">${icons[names[name][1]]}${names[name][0]}</button>`)}
    ${deed?.word === "failed" ? html`<p class="form-error" role="alert">${icons["triangle-alert"]}${deed.error}</p>` : nothing}`;
}

function choice(job, current) {
  return html`<li><a class="pipeline-choice" href=${`#training?tab=pipelines&pipeline=${encodeURIComponent(job.key)}`} aria-current=${current ? "true" : nothing} data-live=${isLive(job)}>
    <b>${titleOf(job)}</b><span class="quiet">${share(job.pipeline?.score)} of ${share(job.pipeline?.target)}</span></a></li>`;
}

/** Its buttons are the section's. */
export function start() {
  return { actions: {}, inputs: {} };
}
