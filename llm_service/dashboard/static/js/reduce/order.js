// The order of a column and the filters, exactly as the server answers them, so that a live event goes in at its place.

export const COLUMNS = ["inbox", "assigned", "done"];
export const PRIORITIES = ["critical", "high", "medium", "normal", "low"];
export const STATUSES = ["new", "assigned", "in_progress", "blocked", "error", "done"];
export const SORTS = ["age", "priority", "updated"];
export const NO_QUERY = Object.freeze({ q: "", agent: [], priority: [], status: [], tag: [], problem: false, sort: "age" });

const RANK = Object.fromEntries(PRIORITIES.map((name, rank) => [name, -rank]));

/** The key of a card under a sort; larger keys come first. */
export function sortKey(card, sort) {
  if (sort === "updated") return [card.updated_at ?? "", card.path];
  const created = card.created_at ?? card.updated_at ?? "";
  if (sort === "priority") return [RANK[card.priority] ?? -9, created, card.path];
  return [created, card.path];
}

/** Negative when the card with key `a` comes before the one with key `b`. */
export function compareKeys(a, b) {
  for (let i = 0; i < a.length; i += 1) {
    if (a[i] > b[i]) return -1;
    if (a[i] < b[i]) return 1;
  }
  return 0;
}

export function byKey(sort) {
  return (a, b) => compareKeys(sortKey(a, sort), sortKey(b, sort));
}

/** Whether a query hides any card. */
export function isFiltered(query) {
  return Boolean(query.q.trim() || query.agent.length || query.priority.length || query.status.length || query.tag.length || query.problem);
}

/** Whether the query is what `board.snapshot` answers. */
export function isDefault(query) {
  return !isFiltered(query) && query.sort === "age";
}

/** Whether two queries ask for the same cards in the same order. */
export function sameQuery(a, b) {
  return JSON.stringify(canonical(a)) === JSON.stringify(canonical(b));
}

function canonical(query) {
  const sorted = ["agent", "priority", "status", "tag"].map((name) => [...query[name]].sort());
  return [query.q.trim(), query.sort, query.problem, ...sorted];
}

/** Whether a card passes search and filters. */
export function matches(card, query) {
  const { agent, priority, status, tag, problem } = query;
  if (problem && !card.problem) return false;
  if (agent.length && !agent.includes(card.agent ?? "")) return false;
  if (priority.length && !priority.includes(card.priority)) return false;
  if (status.length && !status.includes(card.status)) return false;
  if (tag.length && !tag.some((name) => card.tags.includes(name))) return false;
  return hasWords(card, query.q);
}

function hasWords(card, q) {
  const words = q.toLowerCase().split(/\s+/).filter(Boolean);
  if (!words.length) return true;
  const text = [card.title, card.id ?? "", card.agent ?? "", card.path, ...card.tags].join("\n").toLowerCase();
  return words.every((word) => text.includes(word));
}
