// Pages the activity drawer back through the kept history: by its button, by scrolling, and where the live list is short.
import { ApiError, getJson } from "./api.js";
import { plural } from "../words.js";

const PAGE = 100;
const MOST_PAGES = 8;
const SHORT = 25;
const NEAR_PX = 400;
const SETTLE_MS = 1_500;

/** Start it; returns {actions}. `drawer` is the element that holds the feed. */
export function startOlder({ store, say, drawer }) {
  let awaited = false;
  const put = (patch) => store.dispatch({ type: "activity.older", patch });

  /** The next lines that are not there yet; `asked` says that the reader wants them, and hears how many came: also of those that scrolling already fetches. */
  async function older(asked) {
    const { activity } = store.state;
    if (activity.next === null || activity.full) return;
    awaited ||= asked;
    if (activity.word === "loading") return;
    put({ word: "loading" });
    const before = activity.entries.length;
    try {
      for (let pages = 0; pages < MOST_PAGES; pages += 1) {
        const { next } = store.state.activity;
        const page = await getJson(next === "" ? "/api/activity" : `/api/activity?before=${encodeURIComponent(next)}&limit=${PAGE}`);
        store.dispatch({ type: "activity.page", page });
        const now = store.state.activity;
        if (now.next === null || now.full || (next !== "" && now.entries.length > before)) break;
        put({ word: "loading" });
      }
      put({ word: "idle" });
      const more = store.state.activity.entries.length - before;
      if (awaited) say(more > 0 ? `${plural(more, "older line")}.` : "There are no older lines.");
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      put({ word: "failed", error: error.message });
    } finally {
      awaited = false;
    }
  }

  /** A live list that is short, after a start of the server say, is filled from the history without being asked. */
  function fill() {
    const { ui, activity } = store.state;
    if (ui.drawer && activity.ready && activity.word === "idle" && activity.next === "" && activity.entries.length < SHORT) older(false);
  }

  /** A new server's history holds what it found out since it began; it is written a moment after the line is up. */
  function again() {
    setTimeout(() => {
      if (!store.state.ui.drawer) return;
      put({ next: "", word: "idle" });
      older(false);
    }, SETTLE_MS);
  }

  drawer.addEventListener("scroll", ({ target }) => {
    const { word, next } = store.state.activity;
    if (word === "idle" && next !== null && target.scrollHeight - target.scrollTop - target.clientHeight < NEAR_PX) older(false);
  }, true);
  store.subscribe((state, before) => {
    if (!state.ui.drawer && before.ui.drawer) return void store.dispatch({ type: "activity.trim" });
    const epoch = state.streams.activity?.epoch;
    if (before.streams.activity && epoch !== before.streams.activity.epoch) again();
    else if (state.ui.drawer !== before.ui.drawer || state.activity.ready !== before.activity.ready) fill();
  });
  fill();
  return { actions: { older: () => older(true) }, inputs: {} };
}
