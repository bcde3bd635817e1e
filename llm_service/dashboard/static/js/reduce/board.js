// The board a page shows: the loaded cards of each column, in order, and the counts. Pure: (board, …) → board.
import { NO_QUERY, COLUMNS, byKey, compareKeys, isDefault, isFiltered, matches, sortKey } from "./order.js";
import { holdBack, withoutHeld } from "./hold.js";
import { tally } from "./tally.js";

const EMPTY_COLUMN = Object.freeze({ total: 0, problems: 0, cards: [], next: null, edge: null, agents: {}, held: [] });

/** A board of which nothing is known yet. */
export function emptyBoard(query = NO_QUERY) {
  const columns = Object.fromEntries(COLUMNS.map((name) => [name, EMPTY_COLUMN]));
  return {
    ready: false, epoch: null, seq: 0, query, counts: null, columns, facets: null,
    root: "", loading: false, waiting: false, degraded: [], unsure: false, stale: false,
  };
}

/** The board as one answer of the server states it: `/api/board`, or a snapshot while nothing is filtered. */
export function fromPage(board, page, query) {
  const columns = {};
  for (const name of COLUMNS) columns[name] = readColumn(page.columns[name], query.sort);
  return { ...noted(board, page), ready: true, epoch: page.epoch, seq: page.seq, query, columns,
    facets: page.facets ?? board.facets, unsure: false, stale: false };
}

/** A snapshot: the whole answer while nothing is filtered and no further page is open, else only the counts and a wish. */
export function applySnapshot(board, snapshot) {
  const deep = COLUMNS.some((name) => board.columns[name].cards.length > 100);
  if (isDefault(board.query) && !(board.ready && deep)) return fromPage(board, snapshot, board.query);
  return { ...noted(board, snapshot), stale: true };
}

/** The next page of one column. A card that a live event brought meanwhile stays as it is. */
export function appendPage(board, name, page) {
  const column = board.columns[name];
  const answer = page.columns[name];
  const known = new Set(column.cards.map((card) => card.path));
  const cards = [...column.cards, ...answer.cards.filter((card) => !known.has(card.path))];
  cards.sort(byKey(board.query.sort));
  const edge = answer.next ? lastKey(answer.cards, board.query.sort) : null;
  return withColumn(board, name, { ...column, cards, next: answer.next, edge });
}

/** Totals and facets from a fresh answer whose cards are not looked at. */
export function applyTotals(board, page) {
  let next = { ...board, facets: page.facets ?? board.facets, unsure: false };
  for (const name of COLUMNS) {
    const { total, problems, agents } = page.columns[name];
    next = withColumn(next, name, { ...next.columns[name], total, problems, agents });
  }
  return next;
}

/** The board's own condition. */
export function noted(board, event) {
  const { counts, loading, waiting, degraded } = event;
  return { ...board, counts: counts ?? board.counts, loading, waiting, degraded, root: event.root ?? board.root };
}

/**
 * Apply task changes in order: [{event, task, old_path?, …}] and the counts that follow.
 * `anchors` names, for each column, the paths that must not be moved (under the pointer, focused, first in view).
 */
export function applyChanges(board, changes, counts, anchors = {}) {
  const touched = lastWords(changes);
  const columns = {};
  for (const name of COLUMNS) columns[name] = place(board.columns[name], name, touched, board.query, anchors[name]);
  const counted = tally(board, columns, changes, counts, isFiltered(board.query));
  return { ...board, counts: counts ?? board.counts, columns: counted.columns, unsure: board.unsure || counted.unsure };
}

/** Let the held cards of a column in. */
export function release(board, name) {
  return withoutHeld(board, name);
}

/** Path → the card it ends as, or null where it ends gone. */
function lastWords(changes) {
  const touched = new Map();
  for (const { event, task, old_path: oldPath } of changes) {
    if (oldPath && oldPath !== task.path) touched.set(oldPath, null);
    touched.set(task.path, event === "task.removed" ? null : task);
  }
  return touched;
}

function place(column, name, touched, query, anchors) {
  const coming = [];
  for (const card of touched.values()) {
    if (card && card.column === name && matches(card, query) && inWindow(column, card, query.sort)) coming.push(card);
  }
  const staying = column.cards.filter((card) => !touched.has(card.path));
  if (!coming.length && staying.length === column.cards.length) return column;
  const cards = mergeIn(staying, coming, query.sort);
  const held = holdBack(column, cards, coming, anchors);
  return { ...column, cards, held };
}

function inWindow(column, card, sort) {
  return !column.edge || compareKeys(sortKey(card, sort), column.edge) <= 0;
}

function mergeIn(cards, coming, sort) {
  if (!coming.length) return cards;
  if (coming.length > 8) return [...cards, ...coming].sort(byKey(sort));
  const result = [...cards];
  for (const card of coming) {
    const key = sortKey(card, sort);
    const at = result.findIndex((other) => compareKeys(key, sortKey(other, sort)) < 0);
    result.splice(at < 0 ? result.length : at, 0, card);
  }
  return result;
}

function readColumn(answer, sort) {
  const { total, problems, cards, next, agents } = answer;
  return { total, problems, cards, next, agents, edge: next ? lastKey(cards, sort) : null, held: [] };
}

function lastKey(cards, sort) {
  return cards.length ? sortKey(cards[cards.length - 1], sort) : null;
}

function withColumn(board, name, column) {
  return { ...board, columns: { ...board.columns, [name]: column } };
}
