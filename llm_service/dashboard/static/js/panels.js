// Which view is drawn where, and what it reads of the state.
import { nothing, render } from "./lit.js";
import { boardView, readsBoard } from "./views/board.js";
import { drawerView, readsDrawer } from "./views/drawer.js";
import { filtersView, readsFilters } from "./views/filters.js";
import { noticesView, readsNotices } from "./views/notices.js";
import { SECTION_VIEWS, railView, readsRail } from "./views/rail.js";
import { sectionView } from "./views/section.js";
import { readsTopbar, topbarView } from "./views/topbar.js";
import { folderName, plural } from "./words.js";

export function createPanels(sections) {
  return [
    panel("rail", readsRail, railView),
    panel("topbar", readsTopbar, topbarView),
    panel("notices", readsNotices, noticesView),
    panel("filters", readsFilters, (state) => (onBoard(state) && !state.board.waiting ? filtersView(state) : nothing)),
    panel("board", (state) => [sections.of(state.route.section), ...readsMain(state, sections)], (state) => mainView(state, sections)),
    panel("drawer", readsDrawer, drawerView),
    { read: readsPage, draw: drawPage },
  ];
}

function panel(id, read, view) {
  const host = document.getElementById(id);
  return { read, draw: (state) => render(view(state), host) };
}

function readsMain(state, sections) {
  return onBoard(state) ? readsBoard(state) : [state.route.section, ...(sections.of(state.route.section)?.reads(state) ?? [state.ui.skeleton])];
}

/** The board, another page, or nothing while that page's module is on its way. */
function mainView(state, sections) {
  const { section } = state.route;
  if (onBoard(state)) return boardView(state);
  return sections.has(section) ? (sections.of(section)?.view(state) ?? nothing) : sectionView(state);
}

function onBoard(state) {
  return state.route.section === "board";
}

function readsPage({ board, ui, connection, route }) {
  return [board.root, board.counts?.problems, ui.drawer, connection.word, route.section, board.waiting];
}

/** What is not inside a panel: the title, the name of what is in the middle, and attributes that the style sheets go by. */
function drawPage(state) {
  const { board, ui, connection } = state;
  const problems = board.counts?.problems ?? 0;
  const name = folderName(board.root).join("/") || "Board";
  const section = SECTION_VIEWS[state.route.section].name;
  document.title = `${problems ? `(${plural(problems, "problem")}) ` : ""}${onBoard(state) ? "" : `${section} · `}${name} · llm-service`;
  document.getElementById("main").setAttribute("aria-label", section);
  const app = document.getElementById("app").dataset;
  app.drawer = ui.drawer ? "open" : "closed";
  app.line = connection.word;
  app.section = state.route.section;
}
