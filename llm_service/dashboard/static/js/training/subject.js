// Which curves the page shows just now, by its address: one job and those laid beside it, a choice of jobs, or a pipeline.
import { remembered } from "../remembered.js";
import { curveOf, ofJob, seriesOf } from "../loss/book.js";
import { parseChoices } from "../loss/choices.js";
import { withEdges } from "../loss/edges.js";
import { bookOf } from "../loss/loading.js";
import { ownOf } from "./own.js";
import { isCutShort } from "./pipeline_specs.js";
import { alarmsOf, jobOf, jobsOf, newestCurve } from "./rows.js";
import { titleOf } from "./words.js";

/** Colours in the order they are handed out: neighbours differ most. */
const SLOTS = [1, 2, 4, 3, 7, 8, 6, 5];
export const MOST_LINES = SLOTS.length;

const chosen = remembered((more) => {
  const choices = parseChoices(more);
  if (more.job) return { jobs: [more.job, ...choices.others.filter((key) => key !== more.job)], choices, lead: more.job };
  return { jobs: choices.others, choices, lead: null };
});
const withPipeline = remembered((subject, key) => ({ ...subject, jobs: [key], lead: key }));

const withImplied = remembered((subject, key) => ({ ...subject, jobs: [key], lead: key, implied: key }));

/**
 * {jobs, choices, lead, implied} of a state, or null where no curve is shown. `lead` cannot be taken away; `implied` is
 * the job that is shown because none was chosen.
 */
export function subjectOf(state) {
  if (state.route.section !== "training") return null;
  const { more } = state.route;
  if (more.job || more.tab !== "loss") implied = null;
  if (more.job) return chosen(more);
  if (more.tab === "loss") {
    const subject = chosen(more);
    const key = subject.jobs.length ? null : impliedOf(state);
    return key ? withImplied(subject, key) : subject;
  }
  const key = more.tab === "pipelines" ? pipelineOf(state)?.key : null;
  return key ? withPipeline(chosen(more), key) : null;
}

let implied = null;
/** It stays the same while the tab is open: a run that begins meanwhile takes no curve from under the reader's eyes. */
function impliedOf(state) {
  const own = ownOf(state);
  if (implied && jobOf(state.listed, own, implied)) return implied;
  const settled = state.listed.training.ready && ["ready", "failed"].includes(own.older.word);
  implied = settled ? (newestCurve(jobsOf(state.listed, own))?.key ?? null) : null;
  return implied;
}

/** The pipeline that is open: the one named in the address, else the newest. */
export function pipelineOf(state) {
  const own = ownOf(state);
  const { pipeline } = state.route.more;
  return (pipeline && jobOf(state.listed, own, pipeline)) || (jobsOf(state.listed, own).find(({ kind }) => kind === "pipeline") ?? null);
}

/** The lines of the chart, and their alarms. */
export function linesOf(state) {
  const subject = subjectOf(state);
  return subject ? made(subject, bookOf(state), state.listed, ownOf(state).single, ownOf(state).older, ownOf(state).alarms) : { lines: [], alarms: [] };
}

const made = remembered((subject, book, listed, single, older, live) => {
  const lines = subject.jobs.flatMap((key) => ofOne(key, subject, book, jobOf(listed, { single, older }, key))).slice(0, MOST_LINES);
  lines.forEach((line, i) => (line.slot = String(SLOTS[i])));
  return { lines, alarms: alarmsFor(lines.map(({ curve }) => curve), live) };
});

let alarms = { key: "", list: [] };
/** The same list while nothing about it has changed: the chart is drawn anew where it is another. */
function alarmsFor(curves, live) {
  const list = alarmsOf(curves, live);
  const key = list.map(({ id, cleared_at: over }) => `${id} ${over}`).join();
  if (key !== alarms.key) alarms = { key, list };
  return alarms.list;
}

function ofOne(key, { choices, lead, implied: implies = null }, book, job) {
  const { word, error } = ofJob(book, key);
  const title = job ? titleOf(job) : key.slice(key.indexOf(":") + 1);
  const common = { job: key, word, error, removable: key !== lead, href: key === lead && !implies ? null : `#job=${encodeURIComponent(key)}` };
  const known = seriesOf(book, key);
  if (!known.length) return [{ ...common, key, label: title, curve: null }];
  const until = Math.max(...known.map(({ facts }) => facts.last_step ?? 0));
  const curveOfOne = (series) => shownCurve(book, key, series, choices, job?.pipeline ? { cut: isCutShort(job, series), until } : null);
  return known.map((series) => ({ ...common, key: series.key, curve: curveOfOne(series.key), label: known.length > 1 ? labelOf(series, title, key === lead) : title }));
}

/** "iter 2" beside other iterations of the same pipeline; with its job's name beside other jobs. */
function labelOf({ key, name }, title, leads) {
  const part = name || key.slice(key.lastIndexOf("/") + 1).replace("iter-", "iter ");
  return leads ? part : `${title}, ${part}`;
}

const curves = new Map();
const MOST_KEPT = 64;
/** A curve that is put together of two keeps being the same object. */
function shownCurve(book, job, series, choices, ends) {
  const { whole, part } = ofJob(book, job);
  const before = curves.get(series);
  const inputs = [whole?.curves[series], part?.curves[series], choices.from, choices.to, ends?.cut, ends?.until];
  if (before && inputs.every((value, i) => value === before.inputs[i])) return before.curve;
  const found = curveOf(book, job, series, choices);
  const curve = ends ? withEdges(found, ends) : found;
  if (curves.size > MOST_KEPT) curves.clear();
  curves.set(series, { inputs, curve });
  return curve;
}
