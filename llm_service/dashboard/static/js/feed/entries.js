// The feed as a list: filters and their address, pages joined, and what waits while somebody reads. Pure.

export const FILTERS = ["source", "model", "status"];
export const STATUSES = { completed: "Done", failed: "Error", cancelled: "Cancelled", vanished: "Vanished" };
const PAGE = 50;
const MOST = 1_000;

/** The address of a page of the feed for a route's choices. */
export function feedAddress(more, before = null) {
  const params = chosenOf(more);
  if (before) params.push(`before=${encodeURIComponent(before)}`);
  return `/api/feed?${[...params, `limit=${PAGE}`].join("&")}`;
}

/** The address of all runs that pass a route's choices, as a table. */
export function tableAddress(more) {
  return `/api/runs/export.csv?${[...chosenOf(more), "ended=true"].join("&")}`;
}

/** Whether a route leaves anything out. */
export function isFiltered(more) {
  return chosenOf(more).length > 0;
}

function chosenOf(more) {
  return [...FILTERS, "q"].filter((name) => more[name]).map((name) => `${name}=${encodeURIComponent(more[name])}`);
}

/** The list after its first page was asked again: `held` counts what is new and waits, because somebody reads. */
export function withFirst(before, answer, reading) {
  if (!before) return { ...answer, held: 0 };
  const known = new Set(before.entries.map(({ run }) => run.key));
  const fresh = answer.entries.filter(({ run }) => !known.has(run.key));
  if (reading && fresh.length) return { ...before, models: answer.models, sources: answer.sources, held: fresh.length };
  // Nothing in common: more came than a page holds, so the pages before do not join it.
  if (fresh.length && fresh.length === answer.entries.length && before.entries.length) return { ...answer, held: 0 };
  const told = new Map(answer.entries.map((entry) => [entry.run.key, entry]));
  const entries = [...fresh, ...before.entries.map((entry) => told.get(entry.run.key) ?? entry)].slice(0, MOST);
  return { ...before, models: answer.models, sources: answer.sources, entries, held: 0 };
}

/** The list with the page below it. */
export function withOlder(before, answer) {
  const known = new Set(before.entries.map(({ run }) => run.key));
  return { ...before, entries: [...before.entries, ...answer.entries.filter(({ run }) => !known.has(run.key))], next: answer.next };
}
