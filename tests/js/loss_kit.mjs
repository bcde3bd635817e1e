// Curves as the server answers them, a bucket a step.

const AT = Date.parse("2026-01-01T00:00:00Z");

/** A LossSeries of these losses, null for no number; a second a step. */
export function curve(losses, steps = losses.map((_, i) => i + 1), begin = null) {
  const good = losses.filter((value) => value !== null);
  const from = begin ? Date.parse(begin) : AT;
  const at = steps.map((step) => new Date(from + step * 1_000).toISOString());
  const where = losses.map((value, i) => (value === null ? null : steps[i]));
  const best = Math.min(...good);
  return {
    key: "a", job: "a", name: "", from_step: steps[0], to_step: steps.at(-1), width: 1, smoothing: 0, alarms: [], gaps: [],
    facts: {
      count: losses.length, first_step: steps[0], last_step: steps.at(-1), first_at: at[0], last: good.at(-1) ?? null, best, best_step: steps[losses.indexOf(best)],
      min: best, max: Math.max(...good), bad: losses.length - good.length,
    },
    buckets: {
      step: [...steps], last_step: [...steps], first: [...losses], last: [...losses], min: [...losses], max: [...losses], min_step: where, max_step: [...where],
      bad: losses.map((value) => Number(value === null)), count: losses.map(() => 1), at, lr: losses.map(() => null), smooth: [...losses],
    },
  };
}

/** A step as `loss.appended` tells it. */
export function point(step, loss) {
  return { step, loss, lr: null, epoch: null, at: new Date(AT + step * 1_000).toISOString() };
}
