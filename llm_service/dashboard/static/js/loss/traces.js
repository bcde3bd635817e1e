// A curve as lists of places to draw: the raw trace through every bucket's first, lowest, highest and last value, the band
// between lowest and highest, the smoothed line, and where there is nothing. Pure; x and y are values, not pixels.
import { scaleOf, timedOf } from "./axis.js";
import { badPlaces } from "./curve.js";

/**
 * {main: [{x, y, i}], raw: runs of [x, y], band: runs of [x1, x2, min, max], holes and bad: [x1, x2] each, pauses: [x1, y1, x2, y2], ends: x of each
 * bucket's last step, left, right} of a curve on an axis. `logX` and `logY` leave out what has no place there (0 and below);
 * `hidden` counts the buckets of which nothing is left.
 */
export function tracesOf(curve, { axis, logX, logY }) {
  const timed = timedOf(curve, axis);
  const scale = scaleOf(curve, axis, timed);
  const shown = { x: (value) => !logX || value > 0, y: (value) => !logY || value > 0 };
  const { buckets, gaps, edges = [] } = curve;
  const made = {
    main: [], raw: [], band: [], pauses: [], holes: holesOf([...gaps, ...edges.map(({ from, to }) => [from, to])], scale), bad: badPlaces(curve).map(({ from, to }) => [scale(from), scale(to)]), ends: buckets.last_step.map(scale),
    scale, left: Infinity, right: -Infinity, hidden: 0,
  };
  let [run, band] = [null, null];
  let gap = 0;
  for (let i = 0; i < buckets.step.length; i += 1) {
    while (gap < gaps.length && gaps[gap][1] <= buckets.step[i]) {
      gap += 1;
      [run, band] = broken(made);
    }
    if (buckets.last[i] === null) {
      [run, band] = broken(made);
      continue;
    }
    const places = placesOf(buckets, i, scale).filter(([x, y]) => shown.x(x) && shown.y(y));
    const end = scale(buckets.last_step[i]);
    if (!places.length || !shown.x(end)) {
      made.hidden += 1;
      continue;
    }
    // Over time a line through a pause would say that something was trained meanwhile.
    if (run && timed.paused.has(i)) {
      made.pauses.push([...run.at(-1), ...places[0]]);
      [run, band] = broken(made);
    }
    if (!run) made.raw.push((run = []));
    if (!band) made.band.push((band = []));
    run.push(...places);
    band.push([scale(buckets.step[i]), end, shown.y(buckets.min[i]) ? buckets.min[i] : places[0][1], buckets.max[i]]);
    const smooth = buckets.smooth[i] ?? buckets.last[i];
    if (shown.y(smooth)) made.main.push({ x: end, y: smooth, i });
    made.left = Math.min(made.left, places[0][0]);
    made.right = Math.max(made.right, end);
  }
  for (const { from, to } of made.right >= made.left ? edges : []) {
    // The hatch needs room: nothing is drawn there.
    if (shown.x(scale(from))) made.left = Math.min(made.left, scale(from));
    made.right = Math.max(made.right, scale(to));
  }
  return made;
}

/** A break in all three: the smoothed line has a place without a value there. */
function broken(made) {
  if (made.main.length && !Number.isNaN(made.main.at(-1).y)) made.main.push({ x: made.main.at(-1).x, y: NaN, i: -1 });
  return [null, null];
}

/** A bucket's own values in the order they came. */
function placesOf({ step, last_step: lastStep, first, last, min, max, min_step: minStep, max_step: maxStep }, i, scale) {
  const all = [[step[i], first[i]], [minStep[i], min[i]], [maxStep[i], max[i]], [lastStep[i], last[i]]];
  const known = all.filter(([at, value]) => at !== null && value !== null).sort(([one], [other]) => one - other);
  return known.filter(([at], index) => index === 0 || at !== known[index - 1][0]).map(([at, value]) => [scale(at), value]);
}

function holesOf(gaps, scale) {
  return gaps.map(([from, to]) => [scale(from), scale(to)]);
}

/** {least, most} of the raw values between two x, over several curves' traces; null where there is none. */
export function heightOf(list, left, right) {
  let [least, most] = [Infinity, -Infinity];
  for (const { band } of list) {
    for (const run of band) {
      for (const [from, to, low, high] of run) {
        if (to < left || from > right) continue;
        least = Math.min(least, low);
        most = Math.max(most, high);
      }
    }
  }
  return most < least ? null : { least, most };
}

/** Where the y axis begins and ends for values between two: from 0 where that costs little, else with some air. */
export function roomFor({ least, most }, logY) {
  if (logY) return { min: least / 1.15, max: most * 1.15 };
  const air = (most - least || Math.abs(most) || 1) * 0.06;
  return { min: least >= 0 && least < 0.6 * most ? 0 : least - air, max: most + air };
}
