// Puts the page together: store, loader, live line, panels. Nothing here decides anything.
import { createActions } from "./actions.js";
import { listen } from "./listening.js";
import { landing } from "./focus.js";
import { createFrames } from "./frame.js";
import { createLoading } from "./net/loading.js";
import { createDetail, keyOf } from "./net/detail.js";
import { readJson } from "./net/api.js";
import { keepBudgets } from "./net/budgets.js";
import { createMotion } from "./motion.js";
import { createOverlays } from "./overlays.js";
import { createPanels } from "./panels.js";
import { readPreferences, savePreferences } from "./preferences.js";
import { anchors, recentAnchors, watchReading } from "./reading.js";
import { COLUMNS } from "./reduce/order.js";
import { initialState, reduce } from "./reduce/root.js";
import { createRouting } from "./routing.js";
import { createSections } from "./sections.js";
import { createSpeech } from "./spoken.js";
import { createStore } from "./store.js";
import { parseRoute } from "./url.js";

const SKELETON_AFTER_MS = 150;
const SKELETON_MS = 300;
const SECOND_FRAME = 65;
const AGAIN_MS = 3_000;
const STRIPS_MS = 60;
const first = globalThis.llmServiceFirst;
const board = document.getElementById("board");

const store = createStore(reduce, initialState(parseRoute(location.hash), Date.now(), readPreferences()));
const say = createSpeech(document.getElementById("live-region"));
const go = createRouting((route) => store.dispatch({ type: "route", route }));
const loading = createLoading(store, first);
const detail = createDetail(store);
const motion = createMotion(board, document.getElementById("travel"));
let live = null;

function retry() {
  loading.load();
  live?.check();
}

const acting = createActions({ store, go, loading, retry, detail, board, say });
const overlays = createOverlays({
  closeTask: acting.closeTask,
  closeHelp: () => store.dispatch({ type: "ui", patch: { help: false } }),
  closeBudget: () => store.dispatch({ type: "ui", patch: { budgetForm: null } }),
  landing: () => landing(board),
  redraw: () => frames.ask(),
});
const sections = createSections({ store, go, say }, {
  add,
  redraw: () => frames.ask(),
});
const frames = createFrames(store, [...createPanels(sections), ...overlays], motion.around);

store.subscribe((state, before) => {
  if (state.ui !== before.ui) savePreferences(state.ui, before.ui);
});
listen({ acting, store, board, go });
watchReading(board, () => {
  const now = anchors(board);
  for (const column of COLUMNS) if (store.state.board.columns[column].held.length && !now[column]) store.dispatch({ type: "release", column });
});

/** A part that is loaded later brings its own actions. */
function add({ actions, inputs }) {
  Object.assign(acting.actions, actions);
  Object.assign(acting.inputs, inputs);
}

/** Load such a part; a server that is away just now is asked again. */
function bring(load, begin) {
  load().then((module) => add(begin(module)), () => setTimeout(() => bring(load, begin), AGAIN_MS));
}

async function start() {
  sections.open(store.state.route.section);
  frames.drawNow();
  setTimeout(() => store.dispatch({ type: "ui", patch: { skeleton: true } }), SKELETON_AFTER_MS);
  setTimeout(() => store.dispatch({ type: "ui", patch: { skeleton: false } }), SKELETON_AFTER_MS + SKELETON_MS);
  const session = first.session.then(readJson);
  await strips(session);
  document.getElementById("main").removeAttribute("data-waiting");
  await loading.load();
  frames.drawNow();
  drawRest();
  const { startLive } = await import("./live.js");
  live = startLive(store, { loading, say, readAnchors: () => recentAnchors(board), noted, refreshed: detail.again, heard: sections.heard });
  if (keyOf(store.state.route)) detail.start();
  bring(() => import("./net/older.js"), ({ startOlder }) => startOlder({ store, say, drawer: document.getElementById("drawer") }));
  session.then(({ instance }) => {
    bring(() => import("./since/since.js"), ({ startSince }) => startSince({ store, say, host: document.getElementById("since"), instance }));
  }, () => {});
  (globalThis.requestIdleCallback ?? setTimeout)(() => overlays.forEach((overlay) => overlay.warm()));
}

/** What stands above everything is known before anything is seen below it, so that it pushes nothing down; it is waited for a moment longer than the cards are. */
async function strips(session) {
  const known = session.then((told) => {
    store.dispatch({ type: "session", session: told });
    document.documentElement.toggleAttribute("data-demo", told.demo === true);
  }, () => {});
  const both = Promise.all([known, keepBudgets(store, first.budgets.then(readJson))]);
  const late = first.answer.catch(() => {}).then(() => new Promise((over) => setTimeout(over, STRIPS_MS)));
  await Promise.race([both, late]);
}

/** The first cards are on the screen; the others follow in two steps, so that nobody has to wait for them. */
function drawRest() {
  requestAnimationFrame(() => setTimeout(() => {
    store.dispatch({ type: "ui", patch: { drawn: store.state.ui.drawn < SECOND_FRAME ? SECOND_FRAME : Infinity } });
    if (store.state.ui.drawn < Infinity) drawRest();
  }));
}

function noted(changes) {
  motion.note(changes);
  detail.note(changes);
}

function broke(text) {
  store.dispatch({ type: "ui", patch: { broken: String(text).slice(0, 200) } });
}
addEventListener("error", (event) => event.error && broke(event.error.message));
addEventListener("unhandledrejection", (event) => broke(event.reason?.message ?? event.reason));

start();
