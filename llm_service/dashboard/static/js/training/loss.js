// The tab Loss: curves of any jobs side by side.
import { html, nothing } from "../lit.js";
import { lossPanel } from "../loss/panel.js";
import { comparePicker } from "./compare.js";
import { nothingOf } from "./empty.js";
import { ownOf } from "./own.js";
import { jobOf, jobsOf } from "./rows.js";
import { linesOf, subjectOf } from "./subject.js";
import { KINDS, isLive, titleOf } from "./words.js";

const OFFERED = 8;

/** What the tab reads of the state. */
export function reads(state) {
  return [state.listed.training, state.slices.training, state.slices.loss, state.route.more, state.connection.word];
}

/** The tab. */
export function view(state) {
  const subject = subjectOf(state);
  const jobs = jobsOf(state.listed, ownOf(state)).filter(({ kind }) => kind !== "datagen");
  if (!jobs.length && !subject.jobs.length) return nothingOf("No curve yet", "Each training leaves a curve here, from the first step that is seen of it.");
  if (!subject.jobs.length) return waits(state) ? nothing : offer(jobs);
  const { lines, alarms } = linesOf(state);
  const stale = ["stale", "locked"].includes(state.connection.word);
  return html`${subject.implied ? impliedNote(jobOf(state.listed, ownOf(state), subject.implied)) : nothing}${lossPanel({ title: "Loss", lines, choices: subject.choices, alarms, stale, empty: "No step of these jobs was kept.", pick: comparePicker(state, subject.implied ?? null, "Add a run") })}`;
}

function waits(state) {
  return !state.listed.training.ready || ["unknown", "loading"].includes(ownOf(state).older.word);
}

/** Which curve this is, and that it was not chosen. */
function impliedNote(job) {
  return html`<p class="quiet loss-implied">${isLive(job) ? "The newest training that runs" : "The last training with a curve"}: <a href=${`#job=${encodeURIComponent(job.key)}`}>${titleOf(job)}</a>. Add a run to compare it with.</p>`;
}

/** No training runs and none has a curve. */
function offer(jobs) {
  return html`<section class="panel wide loss-offer" aria-labelledby="loss-offer-title"><header class="panel-head"><h2 id="loss-offer-title">Which runs?</h2></header>
    <p class="quiet">Choose one to begin with; up to five more can be laid beside it, each from its own step 0.</p>
    <ul>${jobs.slice(0, OFFERED).map((job) => html`<li><button class="button" type="button" data-action="loss-begin" data-job=${job.key}>${titleOf(job)}<span class="quiet">${KINDS[job.kind]}${isLive(job) ? ", running" : ""}</span></button></li>`)}</ul></section>`;
}

/** Its buttons are the section's. */
export function start() {
  return { actions: {}, inputs: {} };
}
