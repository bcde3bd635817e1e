// The board: three columns, or what stands in their place while there is no folder or no answer.
import { html, nothing } from "../lit.js";
import { shown } from "../reduce/hold.js";
import { COLUMNS } from "../reduce/order.js";
import { COLUMN_NAMES } from "../words.js";
import { columnView, countText } from "./column.js";
import { failureView, waitingView } from "./empty.js";

/** What the board panel reads of the state. */
export function readsBoard(state) {
  const { board, route, ui, now, loadingMore, failure } = state;
  return [board, route, ui.cursor, ui.drawn, ui.skeleton, ui.closedGroups, now, loadingMore, failure];
}

/** The board panel. */
export function boardView(state) {
  if (state.failure && !state.board.ready) return failureView(state);
  if (state.board.waiting) return waitingView(state);
  const current = currentColumn(state);
  state = { ...state, ui: { ...state.ui, cursor: standsOn(state, current) } };
  return html`
    <div class="column-tabs" role="group" aria-label="Columns">${COLUMNS.map((name) => tab(name, state, current))}</div>
    <div class="columns" data-only=${state.route.column ?? nothing}>${COLUMNS.map((name) => columnView(name, state, current))}</div>`;
}

/** The column a narrow screen shows: the chosen one, else the first with cards. */
export function currentColumn({ route, board }) {
  if (route.column) return route.column;
  return COLUMNS.find((name) => board.columns[name].cards.length) ?? "inbox";
}

/** The one card that Tab reaches; arrows go on from there. */
function standsOn({ board, ui }, current) {
  const lists = COLUMNS.map((name) => shown(board.columns[name]));
  if (lists.some((cards) => cards.some((card) => card.path === ui.cursor))) return ui.cursor;
  const first = shown(board.columns[current])[0] ?? lists.find((cards) => cards.length)?.[0];
  return first?.path ?? null;
}

function tab(name, state, current) {
  return html`<button type="button" data-action="column" data-column=${name} aria-pressed=${name === current ? "true" : "false"}>
    ${COLUMN_NAMES[name]} <span class="count">${countText(state.board.columns[name], name, state)}</span></button>`;
}
