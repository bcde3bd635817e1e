// Which datasets are shown and in which order, by the choices of the address; and how one has grown. Pure.

export const SORTS = { newest: "Newest", name: "Name", examples: "Most examples", tokens: "Most tokens" };
const ORDERS = {
  newest: (one, other) => (other.created_at ?? "").localeCompare(one.created_at ?? ""),
  name: (one, other) => one.name.localeCompare(other.name),
  examples: (one, other) => (other.examples ?? -1) - (one.examples ?? -1),
  tokens: (one, other) => (other.tokens ?? -1) - (one.tokens ?? -1),
};

/** Datasets that pass; equal ones stand by name. */
export function chosen(datasets, { q = "", tag, origin, source, sort }) {
  const words = q.toLowerCase().split(/\s+/).filter(Boolean);
  const text = ({ name, description, id, tags }) => [name, description, id, ...tags].join(" ").toLowerCase();
  return datasets
    .filter((one) => words.every((word) => text(one).includes(word)) && (!tag || one.tags.includes(tag)) && (!origin || one.origin === origin) && (!source || one.source === source))
    .sort((one, other) => (ORDERS[sort] ?? ORDERS.newest)(one, other) || ORDERS.name(one, other));
}

/** {datasets, examples, tokens, tags, origins, sources}: sums over what is known, null where nothing is. */
export function heroOf(datasets) {
  const sum = (field) => {
    const known = datasets.map((one) => one[field]).filter((value) => value != null);
    return known.length ? known.reduce((all, value) => all + value, 0) : null;
  };
  const each = (lists) => [...new Set(lists.flat().filter(Boolean))].sort();
  return { datasets: datasets.length, examples: sum("examples"), tokens: sum("tokens"), tags: each(datasets.map(({ tags }) => tags)), origins: each(datasets.map(({ origin }) => origin)), sources: each(datasets.map(({ source }) => source)) };
}

/** Examples over the days that were seen, as a chart's spec. */
export function growthSpec({ key, growth }) {
  return {
    id: `growth-${key}`, title: "Examples over time", kind: "lines", head: "Day", unit: "count", file: "dataset-growth",
    points: growth.map(([day]) => ({ key: day, short: day.slice(5), long: day })), series: [{ name: "examples", label: "Examples", slot: "1", values: growth.map(([, count]) => count) }],
  };
}

/** How many examples came since the first day that was seen; null while only one day is known. */
export function grownBy({ growth }) {
  return growth.length < 2 ? null : growth.at(-1)[1] - growth[0][1];
}
