// The order of cards: who works stands before who has ended, and a card that is drawn stays where it is. Pure.
import { isActive } from "./figures.js";

/**
 * The order after `rows` (by key) changed. Drawn cards keep their places; a new one goes behind the last that works, or,
 * where that would move what `held()` names (a key that has the pointer, the focus or the reader's eye), behind that.
 */
export function placed(order, rows, held = () => null) {
  const kept = order.filter((key) => key in rows);
  const known = new Set(kept);
  const fresh = Object.values(rows).filter(({ key }) => !known.has(key));
  if (!fresh.length && kept.length === order.length) return order;
  if (!fresh.length) return kept;
  if (!kept.length) return [...working(fresh), ...ended(fresh)];
  const anchor = held();
  const floor = kept.indexOf(anchor) + 1;
  const next = [...kept];
  next.splice(Math.max(floor, kept.findLastIndex((key) => isActive(rows[key])) + 1), 0, ...working(fresh));
  const lastWorking = next.findLastIndex((key) => isActive(rows[key]));
  next.splice(Math.max(anchor === null ? 0 : next.indexOf(anchor) + 1, lastWorking + 1), 0, ...ended(fresh));
  return next;
}

/** In the order in which they began. */
function working(runs) {
  return runs.filter(isActive).sort((one, other) => compare(one.created_at, other.created_at) || compare(one.key, other.key)).map(({ key }) => key);
}

/** Who ended last comes first. */
function ended(runs) {
  return runs.filter((run) => !isActive(run)).sort((one, other) => compare(other.finished_at, one.finished_at) || compare(one.key, other.key)).map(({ key }) => key);
}

function compare(one, other) {
  return (one ?? "") < (other ?? "") ? -1 : (one ?? "") > (other ?? "") ? 1 : 0;
}

/** The runs that are shown, in their order: not cleared, and of the chosen source, node and model. */
export function shownRuns(order, rows, cleared, more) {
  return order.map((key) => rows[key]).filter((run) => run && !(cleared.includes(run.key) && !isActive(run)) && passes(run, more));
}

/** Whether a run passes the filters of the address. */
export function passes(run, more) {
  return FILTERS.every((name) => !more[name] || run[name] === more[name]);
}

/** What runs can be filtered by. */
export const FILTERS = Object.freeze(["source", "node", "model"]);

/** The values that runs have for a filter, in the order of the alphabet. */
export function valuesOf(rows, name) {
  return [...new Set(Object.values(rows).map((run) => run[name]).filter(Boolean))].sort();
}
