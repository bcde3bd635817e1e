// Asks for what the live line does not tell: ended jobs page by page, a job that is not listed, finished adapters.
import { ApiError, getJson } from "../net/api.js";
import { ownOf, putInto } from "./own.js";

const PAGE = 100;
const AGAIN_MS = [3_000, 10_000, 30_000];

/** Keeps older jobs, single jobs and adapters in step with what is open. */
export function createTrainingLoading({ store, go }) {
  const put = putInto(store);
  const own = () => ownOf(store.state);
  const here = () => store.state.route.section === "training";
  let failures = 0;
  let asking = false;

  async function older({ more = false } = {}) {
    if (asking) return;
    asking = true;
    const { next, rows } = own().older;
    put({ older: { ...own().older, word: "loading", error: "" } });
    try {
      const page = await getJson(`/api/training?limit=${PAGE}${more && next ? `&before=${encodeURIComponent(next)}` : ""}`);
      failures = 0;
      put({ older: { word: "ready", next: page.next, rows: { ...rows, ...byKey(page.jobs) }, error: "" } });
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      put({ older: { ...own().older, word: "failed", error: error.message } });
      if (!more) setTimeout(() => here() && own().older.word === "failed" && older(), AGAIN_MS[Math.min(failures, AGAIN_MS.length - 1)]);
      failures += 1;
    } finally {
      asking = false;
    }
  }

  async function single(key) {
    const set = (patch) => put({ single: { ...own().single, [key]: { job: null, error: "", ...own().single[key], ...patch } } });
    set({ word: "loading" });
    try {
      const job = await getJson(`/api/training/${encodeURIComponent(key)}`);
      set({ word: "ready", job, error: "" });
      const { more } = store.state.route;
      // A bare id is as good as a key while only one server has it; from here on it is the key.
      if (job.key !== key && more.job === key) go({ ...store.state.route, more: { ...more, job: job.key } }, { replace: true });
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      set({ word: error.status === 404 ? "missing" : "failed", error: error.message });
    }
  }

  async function adapters() {
    put({ adapters: { ...own().adapters, word: "loading" } });
    try {
      const { adapters: list, troubles } = await getJson("/api/training/adapters");
      put({ adapters: { word: "ready", list, troubles, error: "" } });
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      put({ adapters: { ...own().adapters, word: "failed", error: error.message } });
    }
  }

  /** A job that is in no list is asked for, and asked for again when it left the list: it may have ended meanwhile. */
  function follow(state, before) {
    if (!here()) return;
    const { job, tab } = state.route.more;
    const opened = !before || state.route !== before.route;
    if (own().older.word === "unknown" || (before && before.route.section !== "training")) older();
    const listed = state.listed.training;
    const left = before && job && job in before.listed.training.rows && listed.ready && !(job in listed.rows);
    if (job && listed.ready && !(job in listed.rows) && (left || !own().single[job])) single(job);
    if (opened && tab === "adapters" && !job) adapters();
    if (before && tab === "adapters" && ended(listed) !== ended(before.listed.training)) adapters();
  }

  store.subscribe(follow);
  follow(store.state, null);
  return { older, single, adapters };
}

function byKey(rows) {
  return Object.fromEntries(rows.map((row) => [row.key, row]));
}

function ended({ rows }) {
  return Object.values(rows).filter(({ status }) => status === "completed").length;
}
