// The picker that lays another run's curve beside those that are shown.
import { html, nothing } from "../lit.js";
import { icons } from "../icons.js";
import { MOST_OTHERS } from "../loss/choices.js";
import { ownOf } from "./own.js";
import { jobsOf } from "./rows.js";
import { subjectOf } from "./subject.js";
import { KINDS, titleOf } from "./words.js";

const MOST = 200;

/** A select of every other job that may have a curve. */
export function comparePicker(state, lead = null, label = "Compare with") {
  const subject = subjectOf(state);
  const jobs = jobsOf(state.listed, ownOf(state)).filter(({ key, kind }) => kind !== "datagen" && key !== lead && !subject.jobs.includes(key)).slice(0, MOST);
  if (!jobs.length) return nothing;
  const full = subject.choices.others.length >= MOST_OTHERS;
  return html`<label class="tool sort row-filter loss-compare"><span class="sr-only">${label}</span>
    <select data-input="loss-with" data-beside=${subject.implied ?? nothing} ?disabled=${full} .value=${""}><option value="">${full ? `${MOST_OTHERS} runs are the most` : label}</option>
      ${jobs.map((job) => html`<option value=${job.key}>${titleOf(job)} (${KINDS[job.kind]}, ${job.status})</option>`)}</select>${icons["chevron-down"]}</label>`;
}
