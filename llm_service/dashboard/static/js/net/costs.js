// The page Costs asks for what it shows, and asks again when it is told of a change. It never polls.
import { ApiError, getJson } from "./api.js";
import { pageAddress, rowsAddress, sameCharts, sameRows } from "../reduce/costs_query.js";
import { unpricedModels, withNewest, withOlder } from "../reduce/costs.js";

const CHARTS_MS = 1_500;
const ROWS_MS = 400;
const SOURCES_MS = 5_000;

/** Keeps the page's parts in step with the route and with `cost.update`. `reading()`: whether somebody reads the table. */
export function createCostsLoading(store, { reading }) {
  const put = (patch) => store.dispatch({ type: "costs", patch });
  const query = () => store.state.route.costs;
  const here = () => store.state.route.section === "costs";

  async function loadPage() {
    const mine = query();
    const before = store.state.costs.page;
    if (!before.query || !sameCharts(before.query, mine)) put({ page: { word: "loading" } });
    await ask(pageAddress(mine), (answer) => sameCharts(mine, query()) && put({ page: { word: "ready", data: answer, error: "", query: mine, at: Date.now() } }),
      (error) => sameCharts(mine, query()) && put({ page: { word: "failed", error } }));
  }

  async function loadRows() {
    const mine = query();
    const same = store.state.costs.rows.query && sameRows(store.state.costs.rows.query, mine);
    if (!same) put({ rows: { word: "loading", held: 0, query: mine, list: [], next: null } });
    await ask(rowsAddress(mine), (answer) => sameRows(mine, query()) && put({ rows: withNewest(store.state.costs.rows, answer, same && reading()) }),
      (error) => sameRows(mine, query()) && put({ rows: { word: "failed", error } }));
  }

  async function older() {
    const { next, word } = store.state.costs.rows;
    const mine = query();
    if (!next || word === "older") return;
    put({ rows: { word: "older" } });
    await ask(rowsAddress(mine, { cursor: next }), (answer) => sameRows(mine, query()) && put({ rows: withOlder(store.state.costs.rows, answer) }),
      (error) => put({ rows: { word: "failed", error } }));
  }

  async function release() {
    const mine = query();
    await ask(rowsAddress(mine), (answer) => sameRows(mine, query()) && put({ rows: withNewest(store.state.costs.rows, answer, false) }), () => {});
  }

  const loadSources = () => ask("/api/telemetry/sources", (data) => put({ sources: { word: "ready", data, error: "" } }), (error) => put({ sources: { word: "failed", error } }));

  // Looking up why a model has no price reads every call that has none: only where the models without one are others than before.
  let explained = "";
  const loadPrices = async () => {
    const models = unpricedModels(store.state.costs);
    if (models === explained) return;
    explained = models;
    await ask("/api/telemetry/prices", (data) => put({ prices: { word: "ready", data, error: "" } }), (error) => {
      explained = "";
      put({ prices: { word: "failed", error } });
    });
  };

  const charts = throttled(loadPage, CHARTS_MS, here);
  const rows = throttled(loadRows, ROWS_MS, here);
  const sources = throttled(loadSources, SOURCES_MS, here);
  const prices = throttled(loadPrices, SOURCES_MS, here);
  const all = () => [charts, rows, sources, prices].forEach((soon) => soon());

  store.subscribe((state, before) => {
    if (!here()) return;
    if (before.route.section !== "costs") return all();
    if (state.route.costs !== before.route.costs) {
      if (!sameCharts(state.route.costs, before.route.costs)) charts.now();
      if (!sameRows(state.route.costs, before.route.costs)) rows.now();
    }
    if (state.costs.now !== before.costs.now && state.costs.now) all();
  });
  return { all, older, release, loadPage, loadRows, loadSources };
}

async function ask(address, done, failed) {
  try {
    done(await getJson(address));
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    failed(error.message);
  }
}

/** At once, then at most every `ms`, the last wish never lost; `wanted()` is asked again before a late run. */
function throttled(run, ms, wanted) {
  let timer = null;
  let last = -Infinity;
  let busy = false;
  let again = false;
  const now = async () => {
    clearTimeout(timer);
    timer = null;
    if (busy) return void (again = true);
    again = false;
    busy = true;
    last = performance.now();
    await run();
    busy = false;
    if (again) now();
  };
  const soon = () => {
    if (timer) return;
    // While an answer travels, what was told since may be missing in it.
    const wait = last + ms - performance.now();
    if (wait <= 0) now();
    else timer = setTimeout(() => ((timer = null), wanted() && now()), wait);
  };
  return Object.assign(soon, { now });
}
