// What the page of one run asks for: the run with its chain, page by page, and what was missed when the live line has a gap.
import { ApiError, getJson } from "../net/api.js";
import { merge } from "./chain.js";
import { isActive } from "./figures.js";

const MOST_PAGES = 40;
const AGAIN_MS = 4_000;
const SETTLE_MS = 800;

export const NO_RUN = Object.freeze({
  asked: null, word: "loading", run: null, events: Object.freeze([]), complete: false, keys: Object.freeze([]), error: "",
  /** Numbers above this wait until the reader lets them in; null shows all. */
  upTo: null,
  shown: 100, raw: false,
});

/** The page's state, of the run that the address names. */
export function runOf({ slices, route }) {
  return slices.run?.asked === route.more.run ? slices.run : NO_RUN;
}

/** Keeps the run of the address loaded. `reading()` says whether somebody reads the chain, so that it must not move. */
export function createRunLoading(store, { reading }) {
  const asked = () => (store.state.route.section === "workers" ? (store.state.route.more.run ?? null) : null);
  const mine = () => runOf(store.state);
  const put = (patch) => store.dispatch({ type: "slice", name: "run", patch });
  let chasing = false;

  async function load() {
    const name = asked();
    if (name === null) return;
    if (store.state.slices.run?.asked !== name) put({ ...NO_RUN, asked: name });
    try {
      const told = await getJson(`/api/runs/${encodeURIComponent(name)}`);
      if (asked() !== name) return;
      put({ word: "ready", run: told.run, events: merge(mine().events, told.events), complete: told.complete, error: "" });
      if (!told.complete) await chase(told.next_n);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (asked() === name) fail(error);
    }
  }

  function fail({ status, message, body }) {
    if (status === 404) return put({ word: "missing", error: message });
    if (status === 409) return put({ word: "several", keys: body?.keys ?? [], error: message });
    put({ word: "failed", error: message });
    setTimeout(() => mine().word === "failed" && load(), AGAIN_MS);
  }

  /** Fetch what comes after event `n`, until nothing more does. One walk at a time: its end covers later wishes. */
  async function chase(n) {
    const { run } = mine();
    if (!run || chasing) return;
    chasing = true;
    try {
      for (let page = 0; page < MOST_PAGES; page += 1) {
        const told = await getJson(`/api/runs/${encodeURIComponent(run.key)}/events?after=${n}`);
        if (mine().run?.key !== run.key) return;
        append(told.events);
        put({ complete: told.complete });
        if (told.complete || !told.events.length) return;
        n = told.next_n;
      }
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
    } finally {
      chasing = false;
    }
  }

  function append(fresh) {
    const { events, upTo } = mine();
    const next = merge(events, fresh);
    if (next === events) return;
    put({ events: next, upTo: upTo ?? (events.length && reading() ? events.at(-1).n : null) });
  }

  /** An event of the run's own topic. What is missing between what is known and what it brings is fetched. */
  function heard(name, payload) {
    const { run, events } = mine();
    if (!run || payload.topic !== `run:${run.key}`) return;
    const last = events.at(-1)?.n ?? 0;
    if (name === "run.snapshot") return void chase(last);
    const fresh = (payload.events ?? []).filter(({ n }) => n > last);
    if (!fresh.length) return;
    if (fresh[0].n > last + 1) return void chase(last);
    append(fresh);
  }

  store.subscribe((state, before) => {
    const name = asked();
    if (name === null) return;
    const was = before.route.section === "workers" ? before.route.more.run : null;
    if (name !== was) return void load();
    const { run, word } = mine();
    // A server that has just begun does not know its runs yet.
    if (word === "missing" && state.listed.runs !== before.listed.runs && isListed(state.listed.runs.rows, name)) return void load();
    const [now, then] = [state, before].map((one) => run && one.listed.runs.rows[run.key]);
    if (now && then && isActive(then) && !isActive(now)) setTimeout(load, SETTLE_MS);
  });
  load();
  return { load, heard, put, mine };
}

function isListed(rows, name) {
  return name in rows || Object.values(rows).some(({ id }) => id === name);
}
