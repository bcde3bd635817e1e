// What a drawing says of one place: the exact values of every line there, and the same as a sentence. Pure.
import { loss, place, steps } from "./units.js";

const NEAR_PX = 7;

/** Index of the bucket of `traces` whose end is nearest to `x`; -1 where there is none. */
export function nearestIndex({ ends }, x) {
  if (!ends.length) return -1;
  let [low, high] = [0, ends.length - 1];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (ends[middle] < x) low = middle;
    else high = middle;
  }
  return x - ends[low] <= ends[high] - x ? low : high;
}

/** {title, rows, notes} for the place `x`; `pixels(x)` measures how near alarms are. Lines that end before it say nothing. */
export function readingAt({ lines, axis, alarms }, x, pixels) {
  const rows = lines.flatMap((line) => {
    const i = nearestIndex(line.traces, x);
    const far = i < 0 || pixels(Math.abs(line.traces.ends[i] - x)) > 40;
    return far ? [] : [{ line, i, ...figuresOf(line.curve.buckets, i) }];
  });
  const near = alarms.filter((alarm) => pixels(Math.abs(alarm.x - x)) <= NEAR_PX).map(({ sentence }) => sentence);
  const bad = rows.filter(({ bad: count }) => count).map(({ line, bad: count, count: of }) => `${lines.length > 1 ? `${line.label}: ` : ""}${count} of ${of === 1 ? "1 step" : `${of} steps`} without a number.`);
  const title = lines.length === 1 && rows.length && axis === "step" ? `Step ${rows[0].steps}` : place(axis, rows.length === 1 ? rows[0].line.traces.ends[rows[0].i] : x);
  return { title, rows, notes: [...bad, ...near] };
}

function figuresOf(buckets, i) {
  return {
    value: buckets.last[i], smooth: buckets.smooth[i], min: buckets.min[i], max: buckets.max[i], lr: buckets.lr[i], at: buckets.at[i],
    bad: buckets.bad[i], count: buckets.count[i], steps: steps(buckets.step[i], buckets.last_step[i]),
  };
}

/** The same as one sentence. */
export function readingText({ title, rows, notes }, { smoothing }) {
  const said = rows.map(({ line, value, smooth, min, max, count }) =>
    `${rows.length > 1 ? `${line.label} ` : ""}${smoothing ? `smoothed ${loss(smooth)}, raw ` : ""}${loss(value)}${count > 1 ? `, between ${loss(min)} and ${loss(max)}` : ""}`);
  return [`${title}: ${said.join("; ") || "nothing"}.`, ...notes].join(" ");
}
