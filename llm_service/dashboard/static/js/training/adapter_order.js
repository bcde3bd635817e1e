// The order of finished adapters. Pure.

/** Columns by which they are sorted; `first` is the way that is wanted first. */
export const SORTS = Object.freeze({
  name: { label: "Adapter", first: "up", of: ({ name, id }) => (name || id).toLowerCase() },
  loss: { label: "Final loss", figure: true, first: "up", of: ({ final_loss: value }) => value },
  rating: { label: "Rating", first: "up", of: ({ rating }) => ["Excellent", "Great", "Good", "Needs more data"].indexOf(rating) + 1 || null },
  examples: { label: "Examples", figure: true, first: "down", of: ({ examples }) => examples },
  epochs: { label: "Epochs", figure: true, first: "down", of: ({ epochs }) => epochs },
  rank: { label: "Rank", figure: true, first: "down", of: ({ rank }) => rank },
  rate: { label: "Rate", figure: true, first: "down", of: ({ learning_rate: value }) => value },
  took: { label: "Took", figure: true, first: "up", of: ({ duration_s: value }) => value },
  source: { label: "Source", first: "up", of: ({ source }) => source },
  created: { label: "Made", first: "down", of: ({ created_at: at }) => (at === null ? null : Date.parse(at)) },
});

/** A sorted copy; what is not known comes last either way. */
export function sorted(list, sort = "created", order = undefined) {
  const { of, first } = SORTS[sort] ?? SORTS.created;
  const sign = (order ?? first) === "up" ? 1 : -1;
  return list.toSorted((one, other) => {
    const [a, b] = [of(one), of(other)];
    if (a === null || b === null) return Number(a === null) - Number(b === null);
    return (a < b ? -1 : a > b ? 1 : 0) * sign || one.key.localeCompare(other.key);
  });
}

/** The order after a click on a column's heading. */
export function turned({ sort = "created", order }, name) {
  if (sort !== name) return { sort: name, order: SORTS[name].first };
  return { sort: name, order: (order ?? SORTS[name].first) === "up" ? "down" : "up" };
}
