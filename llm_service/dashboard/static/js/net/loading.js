// Keeps the board's answers in step with the route: loads pages, asks again when figures are unsure, fetches an open task.
import { ApiError, getJson, readJson } from "./api.js";
import { boardAddress } from "../url.js";
import { COLUMNS, sameQuery } from "../reduce/order.js";

const QUIET_MS = 1_500;
const STALE_MS = 1_000;

/** Make the loader of a store. `first` is the answer boot.js asked for. */
export function createLoading(store, first) {
  let running = null;
  let totalsTimer = null;
  let staleTimer = null;
  let askedAt = 0;

  async function load() {
    running?.abort();
    askedAt = Date.now();
    const mine = (running = new AbortController());
    const { query } = store.state.route;
    try {
      const page = await answerTo(pageAddress(store.state, query), first, mine.signal);
      store.dispatch({ type: "page", page, query });
      heard();
      return true;
    } catch (error) {
      if (error.name === "AbortError") return true;
      report(error);
      return false;
    } finally {
      if (running === mine) running = null;
    }
  }

  /** At most once a second: while a large folder is first read, every snapshot makes a filtered view stale. */
  function soon() {
    staleTimer ??= setTimeout(() => {
      staleTimer = null;
      load();
    }, Math.max(0, askedAt + STALE_MS - Date.now()));
  }

  /** The next page of a column. */
  async function more(column) {
    const { board, route, loadingMore } = store.state;
    const { next } = board.columns[column];
    if (!next || loadingMore[column] === "loading") return;
    store.dispatch({ type: "more.state", column, word: "loading" });
    try {
      const page = await getJson(boardAddress(route.query, { column, cursor: next }));
      if (store.state.board.columns[column].next === next) store.dispatch({ type: "more", column, page });
      store.dispatch({ type: "more.state", column, word: null });
    } catch {
      store.dispatch({ type: "more.state", column, word: "failed" });
    }
  }

  async function totals() {
    totalsTimer = null;
    const { query } = store.state.route;
    try {
      const page = await getJson(boardAddress(query, { limit: 1 }));
      if (sameQuery(query, store.state.route.query)) store.dispatch({ type: "totals", page });
    } catch {
      // The figures stay as they are; the next event asks again.
    }
  }

  function heard() {
    store.dispatch({ type: "connection", signal: { kind: "heard" }, now: Date.now() });
  }

  function report(error) {
    if (!(error instanceof ApiError)) throw error;
    const kind = error.status === 401 ? "locked" : "poll-failed";
    store.dispatch({ type: "connection", signal: { kind }, now: Date.now() });
    if (!store.state.board.ready || error.status === 400) store.dispatch({ type: "failure", text: error.message });
  }

  store.subscribe((state, before) => {
    const asked = state.route !== before.route && state.route.section === "board" && !sameQuery(state.route.query, before.route.query);
    if (asked) load();
    else if (state.board.stale && !before.board.stale) soon();
    if (state.board.unsure && !totalsTimer) totalsTimer = setTimeout(totals, QUIET_MS);
  });
  return { load, more, totals };
}

/** As many cards as the reader had opened, so that a fresh answer does not pull the floor away. */
function pageAddress({ board }, query) {
  const most = Math.max(...COLUMNS.map((name) => board.columns[name].cards.length));
  const same = board.ready && sameQuery(board.query, query);
  return boardAddress(query, same && most > 100 ? { limit: Math.min(500, most) } : {});
}

async function answerTo(address, first, signal) {
  if (first.answer && first.address === address) {
    const answer = first.answer;
    first.answer = null;
    try {
      return await readJson(await answer);
    } catch (error) {
      if (error instanceof ApiError) throw error;
      throw new ApiError(0, "The server does not answer.");
    }
  }
  first.answer = null;
  return getJson(address, { signal });
}
