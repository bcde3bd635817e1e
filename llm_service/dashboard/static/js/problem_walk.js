// Going from one unreadable file to the next: round and round through those on the page, else the board shows only problems.

/** Returns next(column): puts the focus on the next problem card of a column, or of the whole board. `only` filters for them. */
export function createProblemWalk({ store, board, ui, only }) {
  return async function next(column) {
    if (!store.state.board.counts?.problems || step(column)) return;
    only(column);
    await drawn(() => store.state.board.query.problem);
    step(column) || step();
  };

  function step(column) {
    const within = column ? board.querySelector(`[data-scroll="${column}"]`) : board;
    const found = [...(within?.querySelectorAll(".card[data-state=invalid]") ?? [])].filter((card) => card.checkVisibility());
    const card = found[(found.indexOf(document.activeElement?.closest?.(".card")) + 1) % found.length];
    if (!card) return false;
    ui({ cursor: card.dataset.path });
    card.querySelector(".card-title").focus({ preventScroll: true });
    card.scrollIntoView({ block: "nearest" });
    return true;
  }
}

/** Wait until something holds, and then for the frame that shows it. */
async function drawn(holds) {
  for (let frames = 0; frames < 120 && !holds(); frames += 1) await new Promise(requestAnimationFrame);
  for (let frames = 0; frames < 2; frames += 1) await new Promise(requestAnimationFrame);
}
