// A loss curve as the server answers it (LossSeries), and what new steps make of it. Pure: a changed curve is a new one.

const COLUMNS = ["step", "last_step", "first", "last", "min", "max", "min_step", "max_step", "bad", "count", "at", "lr", "smooth"];

/** The curve after new steps: they go into the last bucket or begin others. Steps it knows already change nothing. */
export function withPoints(curve, points) {
  const known = curve.facts.last_step ?? -Infinity;
  const fresh = points.filter(({ step }) => step > known);
  if (!fresh.length) return curve;
  const buckets = Object.fromEntries(COLUMNS.map((name) => [name, [...curve.buckets[name]]]));
  let facts = curve.facts;
  for (const point of fresh) {
    facts = factsWith(facts, point);
    put(buckets, curve, point, facts);
  }
  return { ...curve, buckets, facts, to_step: Math.max(curve.to_step, facts.last_step) };
}

/** The facts of the whole series after one more step. */
export function factsWith(facts, { step, loss, at }) {
  const next = {
    ...facts, count: facts.count + 1, first_step: facts.first_step ?? step, last_step: step, first_at: facts.first_at ?? at,
  };
  if (loss === null) return { ...next, bad: facts.bad + 1 };
  const better = facts.best === null || loss < facts.best;
  return {
    ...next, last: loss, best: better ? loss : facts.best, best_step: better ? step : facts.best_step,
    min: facts.min === null ? loss : Math.min(facts.min, loss), max: facts.max === null ? loss : Math.max(facts.max, loss),
  };
}

function put(buckets, { width, smoothing }, point, facts) {
  const { step, loss, lr, at } = point;
  const end = buckets.step.length - 1;
  const same = end >= 0 && Math.floor(step / width) === Math.floor(buckets.step[end] / width);
  const i = same ? end : end + 1;
  if (!same) {
    const began = { step, last_step: step, first: null, last: null, min: null, max: null, min_step: null, max_step: null, bad: 0, count: 0, at, lr: null, smooth: null };
    for (const name of COLUMNS) buckets[name].push(began[name]);
  }
  buckets.last_step[i] = step;
  buckets.at[i] = at;
  buckets.count[i] += 1;
  if (lr !== null) buckets.lr[i] = lr;
  if (loss === null) {
    buckets.bad[i] += 1;
    return;
  }
  buckets.first[i] ??= loss;
  buckets.last[i] = loss;
  if (buckets.min[i] === null || loss < buckets.min[i]) [buckets.min[i], buckets.min_step[i]] = [loss, step];
  if (buckets.max[i] === null || loss > buckets.max[i]) [buckets.max[i], buckets.max_step[i]] = [loss, step];
  buckets.smooth[i] = smoothed(before(buckets.smooth, i), loss, smoothing, facts.count - facts.bad);
}

/** The server's debiased average (core/loss/smoothing.py) goes on by one loss, the `count`th of all. */
function smoothed(previous, loss, smoothing, count) {
  if (previous === null || smoothing === 0) return loss;
  const biased = previous * (1 - smoothing ** (count - 1));
  return (smoothing * biased + (1 - smoothing) * loss) / (1 - smoothing ** count);
}

function before(list, end) {
  for (let i = end; i >= 0; i -= 1) if (list[i] !== null) return list[i];
  return null;
}

/** Whether a curve has so many more buckets than were asked for that the server should be asked for wider ones. */
export function isCrowded({ buckets }, points) {
  return buckets.step.length > points * 1.5 + 8;
}

/** Every place without a number: [{from, to, count}], neighbours joined. */
export function badPlaces({ buckets: { step, last_step: last, bad } }) {
  const places = [];
  let joined = false;
  bad.forEach((count, i) => {
    if (count && joined) Object.assign(places.at(-1), { to: last[i], count: places.at(-1).count + count });
    else if (count) places.push({ from: step[i], to: last[i], count });
    joined = count > 0;
  });
  return places;
}

/** {min, max} of the steps between two that are shown; of all of them where nothing is zoomed. */
export function extremesOf({ facts, buckets: { step, last_step: last, min, max } }, { from, to }) {
  if (from === null) return { min: facts.min, max: facts.max };
  const inside = step.map((_, i) => i).filter((i) => last[i] >= from && step[i] <= to && min[i] !== null);
  if (!inside.length) return { min: null, max: null };
  return { min: Math.min(...inside.map((i) => min[i])), max: Math.max(...inside.map((i) => max[i])) };
}
