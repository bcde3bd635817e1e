// The page Flow asks for its range, and again when the board has moved or the day is over. It never polls;
// only what failed, because the server has just begun say, is tried again by itself, ever less often.
import { ApiError, getJson } from "../net/api.js";
import { boardMoved, dateIn, isEarly } from "../reduce/flow.js";

const SETTLE_MS = 700;
const EVERY_MS = 3_000;
const BEGIN_MS = 800;
const BEGIN_TRIES = 12;
const COMPARED_MS = 4_000;
const AGAIN_MS = [3_000, 6_000, 12_000, 30_000];

/** Keeps the answer in step with the route and the board, while the page is open and the tab is looked at. */
export function createFlowLoading(store) {
  const put = (patch) => store.dispatch({ type: "flow", patch });
  const here = () => store.state.route.section === "flow";
  let timer = null;
  let late = false;
  let last = -Infinity;
  let failures = 0;
  let tries = 0;

  async function load() {
    const range = store.state.route.flow;
    last = performance.now();
    late = false;
    if (store.state.flow.range !== range && store.state.flow.word !== "failed") put({ word: "loading" });
    try {
      const data = await getJson(`/api/flow?range=${range}`);
      // A server that has just begun has not compared the board with its history yet: that is no empty board.
      if (isEarly(data, store.state.board) && (tries += 1) < BEGIN_TRIES) return void setTimeout(() => here() && load(), BEGIN_MS);
      failures = tries = 0;
      if (range === store.state.route.flow) put({ word: "ready", data, range, at: Date.now(), error: "" });
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (range === store.state.route.flow) put({ word: "failed", error: error.message });
      setTimeout(() => store.state.flow.word === "failed" && soon(), AGAIN_MS[Math.min(failures, AGAIN_MS.length - 1)]);
      failures += 1;
    }
  }

  /** The history is written right after the event was told, so the question waits a moment for it. */
  function soon() {
    if (document.hidden || !here()) return void (late = true);
    timer ??= setTimeout(() => {
      timer = null;
      if (document.hidden || !here()) late = true;
      else load();
    }, Math.max(SETTLE_MS, last + EVERY_MS - performance.now()));
  }

  /** The page of a new day begins with a new day, even where nothing happens. */
  function dayIsOver({ flow: { data, word }, now }, before) {
    if (word !== "ready" || Math.floor(now / 60_000) === Math.floor(before.now / 60_000)) return false;
    const today = dateIn(now, data.timezone);
    return today !== null && data.days.length > 0 && today > data.days.at(-1);
  }

  /** A server that begins anew goes on with the kept history, once it has compared the board with it. */
  function isNewServer({ streams: { board: now } }, { streams: { board: before } }) {
    return Boolean(before) && now?.epoch !== before.epoch;
  }

  store.subscribe((state, before) => {
    if (!here()) {
      if (boardMoved(state, before)) late = true;
    } else if (state.route.flow !== before.route.flow) load();
    else if (isNewServer(state, before)) {
      soon();
      setTimeout(soon, COMPARED_MS);
    } else if (before.route.section !== "flow" ? late || state.flow.word === "failed" : boardMoved(state, before) || dayIsOver(state, before)) soon();
  });
  document.addEventListener("visibilitychange", () => !document.hidden && late && here() && load());
  load();
  return { load };
}
