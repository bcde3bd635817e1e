// Going from one unreadable file to the next: round and round through those on the page, further pages when there are none.
import { COLUMNS, isFiltered } from "./reduce/order.js";

const LONG_PAGE = 500;

/** Returns next(column): puts the focus on the next problem card of a column, or of the whole board. */
export function createProblemWalk({ store, loading, board, ui, clear }) {
  return async function next(column) {
    if (!store.state.board.counts?.problems) return;
    if (step(column)) return;
    if (isFiltered(store.state.board.query)) {
      clear();
      await drawn(() => !isFiltered(store.state.board.query));
      if (step(column)) return;
    }
    for (const name of column ? [column] : COLUMNS) if (await dig(name, column)) return;
  };

  function step(column) {
    const within = column ? board.querySelector(`[data-scroll="${column}"]`) : board;
    const found = [...within.querySelectorAll(".card[data-state=invalid]")].filter((card) => card.checkVisibility());
    const card = found[(found.indexOf(document.activeElement?.closest?.(".card")) + 1) % found.length];
    if (!card) return false;
    ui({ cursor: card.dataset.path });
    card.querySelector(".card-title").focus({ preventScroll: true });
    card.scrollIntoView({ block: "nearest" });
    return true;
  }

  /** Load a column's further pages until one of them holds a problem. */
  async function dig(name, column) {
    const own = () => store.state.board.columns[name];
    while (own().problems && own().next && store.state.loadingMore[name] !== "failed") {
      await loading.more(name, LONG_PAGE);
      await drawn(() => true);
      if (step(column)) return true;
    }
    return false;
  }
}

/** Wait until something holds, and then for the frame that shows it. */
async function drawn(holds) {
  for (let frames = 0; frames < 120; frames += 1) {
    await new Promise(requestAnimationFrame);
    if (holds()) break;
  }
  await new Promise(requestAnimationFrame);
  await new Promise(requestAnimationFrame);
}
