// The focus is never lost: when a redraw takes away what held it, it goes to what stands nearest to that.

/** Returns around(draw, moved): `moved` maps each new path of a card to its old one, or null. */
export function createFocusKeeper(board) {
  return function around(draw, moved) {
    const held = document.activeElement;
    const place = held && held !== document.body ? placeOf(board, held) : null;
    draw();
    if (!place || (document.activeElement && document.activeElement !== document.body)) return;
    nearest(board, place, moved)?.focus({ preventScroll: true });
  };
}

function placeOf(board, held) {
  const card = held.closest(".card");
  const column = card?.closest("[data-scroll]")?.dataset.scroll;
  const index = column ? cardsOf(board, column).indexOf(card) : -1;
  return { path: card?.dataset.path, column, index, filter: held.dataset.filter, host: held.closest("#drawer, #filters, #board, #notices")?.id };
}

function nearest(board, { path, column, index, filter, host }, moved) {
  const dialog = document.querySelector("dialog[open]");
  if (dialog) return dialog.querySelector("h2");
  if (path) {
    const now = [...moved].find(([, oldPath]) => oldPath === path)?.[0] ?? path;
    const cards = cardsOf(board, column);
    const card = cardAt(board, now) ?? cards[Math.min(index, cards.length - 1)];
    if (card) return card.querySelector(".card-title");
  }
  if (host === "drawer") return document.querySelector("#drawer .drawer-scroll") ?? document.querySelector("#topbar [data-action=drawer]");
  const menu = host === "filters" && document.querySelector(`#filters [data-menu="${filter}"]`);
  return menu || landing(board);
}

function cardsOf(board, column) {
  return [...board.querySelectorAll(`[data-scroll="${column}"] .card`)];
}

/** Where the keyboard lands on the page: the card it stands on, else the page itself. */
export function landing(board) {
  return board.querySelector(".card-title[tabindex='0']") ?? document.getElementById("main");
}

/** The drawn card of a path. */
export function cardAt(board, path) {
  return board.querySelector(`.card[data-path="${CSS.escape(path)}"]`);
}
