// Where a training stood still: far more time between two buckets than so many steps usually take. Pure.

const TIMES = 5;
/** A rhythm of long steps, one in ten or more, is how this training goes and no pause. */
const OFTEN = 0.9;
const TIMES_OFTEN = 3;
/** The part of what is drawn below which a pause would be no more than a nick in the line. */
const SHARE = 0.01;
/** Seconds below which a pause says more about when somebody looked than about the training. */
const LEAST_S = 5;
const FEWEST = 8;

/**
 * {before, usual}: the indices of the buckets that a pause stands before, and the usual time of a step. `times` are the
 * moments of the buckets' last steps, never falling, and `second` is how long one is in them.
 */
export function pausesOf({ last_step: steps }, times, second) {
  const none = { before: new Set(), usual: 0 };
  if (steps.length < FEWEST) return none;
  const pace = [];
  for (let i = 1; i < steps.length; i += 1) pace.push((times[i] - times[i - 1]) / Math.max(1, steps[i] - steps[i - 1]));
  const ordered = Float64Array.from(pace).sort();
  const usual = ordered[ordered.length >> 1];
  const slow = Math.max(TIMES * usual, TIMES_OFTEN * ordered[Math.floor(OFTEN * (ordered.length - 1))]);
  const worth = Math.max(LEAST_S * second, SHARE * (times.at(-1) - times[0]));
  if (!(usual > 0)) return none;
  const before = new Set();
  pace.forEach((each, i) => {
    if (each > slow && times[i + 1] - times[i] >= worth) before.add(i + 1);
  });
  return { before, usual };
}
