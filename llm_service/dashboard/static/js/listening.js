// One listener for each kind of event, on the document: views name actions, nothing is bound to a node that may be redrawn.
import { watchKeys } from "./keys.js";
import { HOME } from "./url.js";

const SEARCH_MS = 120;

export function listen({ acting, store, board, go }) {
  const { actions, inputs } = acting;
  let typing = null;

  document.addEventListener("click", (event) => {
    const element = event.target.closest("[data-action]");
    closeMenuOutside(event);
    if (element) actions[element.dataset.action]?.(element, event);
  });
  document.addEventListener("input", (event) => {
    const name = event.target.dataset?.input;
    clearTimeout(typing);
    if (name === "search") searchSoon(event.target);
    else if (name) inputs[name](event.target);
  });
  document.addEventListener("submit", (event) => {
    event.preventDefault();
    actions[event.target.dataset.submit]?.(event.target, event);
  });
  document.addEventListener("focusin", (event) => {
    const path = event.target.closest?.(".card")?.dataset.path;
    if (path && path !== store.state.ui.cursor) store.dispatch({ type: "ui", patch: { cursor: path } });
    closeMenuOutside(event);
  });
  board.addEventListener("scroll", nearEnd, true);
  watchKeys(board, {
    act: (name, event) => actions[name](event.target, event),
    letters: () => store.state.ui.letterKeys,
    section: (section) => section !== store.state.route.section && go({ ...HOME, section }),
    moved: (card) => focusCard(card),
  });

  /** What is typed is in the state at once, so that no redraw takes it away; the search follows. */
  function searchSoon(element) {
    store.dispatch({ type: "ui", patch: { typed: element.value } });
    typing = setTimeout(() => inputs.search(element), SEARCH_MS);
  }

  /** Reading near the end of a column loads its next page. */
  function nearEnd({ target }) {
    const column = target.dataset?.scroll;
    if (!column || store.state.loadingMore[column]) return;
    if (target.scrollHeight - target.scrollTop - target.clientHeight < 600) actions.more({ dataset: { column } });
  }

  /** A menu is open as long as the pointer's clicks and the focus stay in it. */
  function closeMenuOutside({ target }) {
    const { menu } = store.state.ui;
    if (menu && !target.closest?.(".menu-anchor")?.querySelector(`[data-menu="${menu}"]`)) store.dispatch({ type: "ui", patch: { menu: null } });
  }

  function focusCard(card) {
    const title = card.querySelector(".card-title");
    title.focus({ preventScroll: true });
    card.scrollIntoView({ block: "nearest" });
  }
}
