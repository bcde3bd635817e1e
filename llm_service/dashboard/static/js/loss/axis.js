// The three ways to lay a curve along x: its own steps, seconds since its own beginning, or the time of day. Pure.
import { pausesOf } from "./pauses.js";

/** Returns x(step) for a curve: steps themselves, else the moment of a step, straight between the buckets' ends. */
export function scaleOf(curve, axis, timed = timedOf(curve, axis)) {
  if (axis === "step") return (step) => step;
  const { steps, times } = timed;
  return (step) => between(steps, times, step);
}

/** The step at an x of such a scale. */
export function stepAt(curve, axis, x) {
  if (axis === "step") return Math.round(x);
  const { steps, times } = timedOf(curve, axis);
  return Math.round(between(times, steps, x));
}

/** {steps, times, paused}: places of known time, and the indices of the buckets before which the training paused; of steps none. */
export function timedOf(curve, axis) {
  if (axis === "step") return { steps: [], times: [], paused: new Set() };
  const { step: firsts, last_step: lasts, at } = curve.buckets;
  const second = axis === "relative" ? 1 : 1_000;
  const begin = axis === "relative" ? Date.parse(curve.facts.first_at ?? at[0] ?? "") : 0;
  // After a return to a checkpoint the steps behind it are older until they are told anew: time never runs backwards here.
  let latest = -Infinity;
  const ends = at.map((iso) => (latest = Math.max(latest, ((Date.parse(iso) - begin) * second) / 1_000)));
  const { before, usual } = pausesOf(curve.buckets, ends, second);
  const [steps, times] = [[], []];
  lasts.forEach((last, i) => {
    // A bucket knows when it ended. After a pause its steps were made at their usual pace: the pause was before the first.
    if (before.has(i) && firsts[i] < last) {
      steps.push(firsts[i]);
      times.push(ends[i] - usual * (last - firsts[i]));
    }
    steps.push(last);
    times.push(ends[i]);
  });
  return { steps, times, paused: before };
}

/** The value at `wanted` on a line through (xs, ys), xs rising; at the ends it goes on as it was. */
export function between(xs, ys, wanted) {
  const end = xs.length - 1;
  if (end < 0) return NaN;
  if (end === 0) return ys[0];
  let [low, high] = [0, end];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (xs[middle] <= wanted) low = middle;
    else high = middle;
  }
  const span = xs[high] - xs[low];
  return span > 0 ? ys[low] + ((ys[high] - ys[low]) * (wanted - xs[low])) / span : ys[low];
}

const SECONDS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800];

/** About `most` lines of an axis between two x. Times stand at whole minutes, hours, days of the reader's own zone. */
export function ticksOf(axis, least, most, count, log) {
  if (!(most > least)) return [least];
  if (log) return decades(least, most);
  const span = (most - least) / Math.max(1, count);
  if (axis === "step") return multiples(least, most, Math.max(1, niceStep(span)), 0);
  const unit = axis === "relative" ? 1 : 1_000;
  const step = (SECONDS.find((seconds) => seconds * unit >= span) ?? niceStep(span / unit / 86_400) * 86_400) * unit;
  return multiples(least, most, step, axis === "wall" ? new Date(least).getTimezoneOffset() * 60_000 : 0);
}

function multiples(least, most, step, shift) {
  const found = [];
  for (let at = Math.ceil((least - shift) / step) * step + shift; at <= most && found.length < 50; at += step) found.push(at);
  return found;
}

function niceStep(span) {
  const power = 10 ** Math.floor(Math.log10(span));
  return [1, 2, 5, 10].map((times) => times * power).find((step) => step >= span * 0.999);
}

function decades(least, most) {
  // Nothing at or below 0 has a place on such an axis, and counting up from it would never end.
  if (!(least > 0)) return [];
  const found = [];
  for (let power = 10 ** Math.floor(Math.log10(least)); power <= most; power *= 10) found.push(power);
  if (found.length < 4) {
    const lines = found.flatMap((power) => [power, 2 * power, 5 * power]).filter((at) => at >= least && at <= most);
    return lines.length > 1 ? lines : multiples(least, most, niceStep((most - least) / 4), 0);
  }
  return found.filter((at) => at >= least);
}
