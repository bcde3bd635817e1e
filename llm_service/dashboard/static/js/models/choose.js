// Which models are shown and in which order, and the ones that are compared. Pure.

export const SORTS = { rank: "Leaderboard", name: "Name", score: "Score", evals: "Last evaluation" };
export const MOST_COMPARED = 4;
const lastEval = ({ evals }) => evals[0]?.at ?? "";
const ORDERS = {
  rank: (one, other) => (one.rank ?? Infinity) - (other.rank ?? Infinity) || (other.score ?? -1) - (one.score ?? -1),
  name: (one, other) => one.name.localeCompare(other.name),
  score: (one, other) => (other.score ?? -1) - (one.score ?? -1),
  evals: (one, other) => lastEval(other).localeCompare(lastEval(one)),
};

/** Models that pass the search, in the order that was chosen. */
export function chosen(models, { q = "", sort }) {
  const words = q.toLowerCase().split(/\s+/).filter(Boolean);
  return models.filter(({ name, id, status, source }) => words.every((word) => [name, id, status, source].join(" ").toLowerCase().includes(word)))
    .sort((one, other) => (ORDERS[sort] ?? ORDERS.rank)(one, other) || ORDERS.name(one, other));
}

/** Keys of the models to compare, as the address has them. */
export function comparedKeys({ compare = "" }) {
  return compare.split(",").filter(Boolean).slice(0, MOST_COMPARED);
}

/** The address's text after a model was put in or taken out; the oldest leaves where there would be too many. */
export function toggled(keys, key) {
  return (keys.includes(key) ? keys.filter((one) => one !== key) : [...keys, key].slice(-MOST_COMPARED)).join(",");
}

/** {suites: [{suite, scores}]}: each suite's newest score of each model; null where it was not evaluated. */
export function comparison(models) {
  const suites = [...new Set(models.flatMap(({ evals }) => evals.map(({ suite }) => suite ?? "no suite")))].sort();
  const newest = (model, suite) => model.evals.find((run) => (run.suite ?? "no suite") === suite && run.score != null)?.score ?? null;
  return { suites: suites.map((suite) => ({ suite, scores: models.map((model) => newest(model, suite)) })) };
}

/** The best of some scores, which several may share; null where none is known or all are equal. */
export function bestOf(scores) {
  const known = scores.filter((score) => score != null);
  const best = Math.max(...known);
  return known.some((score) => score < best) ? best : null;
}
