// The curves that are known, by job and series, as they are asked for and as steps arrive. Pure: each change is a new book.
import { isCrowded, withPoints } from "./curve.js";

/** Nothing is known. `points` is how many buckets fit the drawing; null before it has been measured. */
export const NO_BOOK = Object.freeze({ jobs: Object.freeze({}), points: null });
const NO_JOB = Object.freeze({ whole: null, part: null, word: "unknown", error: "" });
const RAW_MOST = 200;
const LEAP = 4;

/** What is known of a job's curves: {whole, part: {question, curves} | null, word, error}. */
export function ofJob(book, job) {
  return book.jobs[job] ?? NO_JOB;
}

/** A question has been asked. What was there stays until it is answered. */
export function withAsked(book, job) {
  const known = ofJob(book, job);
  return withJob(book, job, { word: known.whole ? "again" : "loading", error: "" });
}

/** An answer (SeriesAnswer) to a question about the whole of a job's curves, or about a part of them. */
export function withAnswer(book, job, question, answer) {
  const curves = Object.fromEntries(answer.series.map((curve) => [curve.key, curve]));
  const place = question.from === null ? "whole" : "part";
  return withJob(book, job, { [place]: { question, curves }, word: "ready", error: "" });
}

/** It could not be answered. */
export function withFailure(book, job, error, missing = false) {
  return withJob(book, job, { word: missing ? "missing" : "failed", error });
}

/** {book, ask}: the book after steps were appended; `ask` where only the server can say how the curves look now. */
export function withAppended(book, { job, series, points, count, rewritten }, most) {
  const known = ofJob(book, job);
  const curve = known.whole?.curves[series];
  if (!curve || rewritten || count > points.length || points.length > RAW_MOST) return { book, ask: known.word !== "unknown" };
  const grown = withPoints(curve, points);
  if (grown === curve) return { book, ask: false };
  const next = { ...known, whole: { ...known.whole, curves: { ...known.whole.curves, [series]: grown } } };
  const part = known.part?.curves[series];
  if (part && points[0].step <= known.part.question.to) {
    const inside = points.filter(({ step }) => step <= known.part.question.to);
    next.part = { ...known.part, curves: { ...known.part.curves, [series]: withPoints(part, inside) } };
  }
  return { book: { ...book, jobs: { ...book.jobs, [job]: next } }, ask: isCrowded(grown, most) || leaps(curve.facts, points) };
}

/** Whether steps lie far behind those that were known: whether that is a gap, only the server can say. */
function leaps({ first_step: first, last_step: last, count }, points) {
  const stride = count > 1 ? (last - first) / (count - 1) : Infinity;
  const steps = [last, ...points.map(({ step }) => step)];
  return steps.some((step, i) => i > 0 && step - steps[i - 1] > LEAP * stride);
}

/** The curve to draw: the zoomed part where it is there, else the whole. Facts are those of the newest of both. */
export function curveOf(book, job, series, { from, to }) {
  const { whole, part } = ofJob(book, job);
  const all = whole?.curves[series] ?? null;
  const zoomed = from !== null && part && reaches(part.question, from, to) ? part.curves[series] : null;
  if (!zoomed?.buckets.step.length) return all;
  return all ? { ...zoomed, facts: all.facts.count >= zoomed.facts.count ? all.facts : zoomed.facts, alarms: all.alarms } : zoomed;
}

/** Whether a part was asked for a zoom that holds this one. Over time a run's own steps are not those of the zoom, which are the first run's. */
function reaches({ from, to, leadFrom = from, leadTo = to }, first, last) {
  return leadFrom <= first && leadTo >= last;
}

/** The series of a job that are known, in the server's order. */
export function seriesOf(book, job) {
  return Object.values(ofJob(book, job).whole?.curves ?? {});
}

function withJob(book, job, patch) {
  return { ...book, jobs: { ...book.jobs, [job]: { ...ofJob(book, job), ...patch } } };
}
