// The eye is never robbed: a card that would push away what someone reads waits behind a "new" chip.

/**
 * The paths to hold back in a column after `coming` went in. A card is held when it would stand before an anchor
 * that it was not before already; a card that is itself an anchor never is.
 */
export function holdBack(column, cards, coming, anchors) {
  const still = new Set(cards.map((card) => card.path));
  const held = column.held.filter((path) => still.has(path));
  const last = lastAnchor(cards, anchors);
  if (last < 0) return held;
  const now = positions(cards);
  const before = positions(column.cards);
  const anchorBefore = lastAnchor(column.cards, anchors);
  for (const { path } of coming) {
    const wasAhead = before.has(path) && before.get(path) <= anchorBefore && !column.held.includes(path);
    if (now.get(path) < last && !wasAhead && !anchors.includes(path) && !held.includes(path)) held.push(path);
  }
  return held;
}

/** The board with nothing held in a column. */
export function withoutHeld(board, name) {
  const column = board.columns[name];
  if (!column.held.length) return board;
  return { ...board, columns: { ...board.columns, [name]: { ...column, held: [] } } };
}

/** The cards of a column to draw. */
export function shown(column) {
  if (!column.held.length) return column.cards;
  const held = new Set(column.held);
  return column.cards.filter((card) => !held.has(card.path));
}

function lastAnchor(cards, anchors) {
  if (!anchors?.length) return -1;
  return cards.findLastIndex((card) => anchors.includes(card.path));
}

function positions(cards) {
  return new Map(cards.map((card, index) => [card.path, index]));
}
