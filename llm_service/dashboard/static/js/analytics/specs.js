// The answer of GET /api/analytics as specs of charts and a heatmap. Pure, but for the colours that models keep.

const SHORT = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", timeZone: "UTC" });
const LONG = new Intl.DateTimeFormat("en-GB", { weekday: "short", day: "numeric", month: "long", year: "numeric", timeZone: "UTC" });
export const RANGES = { "24h": "24 hours", "7d": "7 days", "30d": "30 days", all: "All time" };
export const USUAL = "7d";
export const LEVELS = 5;

/** Runs that began on each day. */
export function runsPerDay(page) {
  return { ...overDays(page.runs_per_day), id: "runs-days", title: "Runs per day", kind: "bars", unit: "count", file: "runs-per-day", series: [one("runs", "Runs", "1", page.runs_per_day)] };
}

/** Mean tokens of a run, by day. */
export function tokensPerRun(page) {
  return { ...overDays(page.tokens_per_run), id: "runs-tokens", title: "Tokens per run", kind: "lines", unit: "tokens", file: "tokens-per-run", series: [one("tokens", "Mean", "2", page.tokens_per_run)] };
}

/** Mean tokens a second, by day. */
export function throughput(page) {
  return { ...overDays(page.throughput), id: "runs-throughput", title: "Throughput", kind: "lines", unit: "rate", file: "throughput", series: [one("rate", "tok/s", "3", page.throughput)] };
}

/** How many runs each model had. */
export function byModel(page, colours) {
  const rows = page.by_model.filter(({ runs }) => runs);
  const column = (name, label, unit, tableOnly = true) => ({ name, label, unit, tableOnly, slot: "1", values: rows.map((row) => row[name]) });
  return {
    id: "runs-models", title: "By model", kind: "doughnut", head: "Model", unit: "count", file: "runs-by-model", points: rows.map(({ model }) => pointOf(model, colours)),
    series: [column("runs", "Runs", "count", false), column("completed", "Completed", "count"), column("failed", "Failed", "count"), column("tokens", "Tokens", "tokens")],
  };
}

/** How runs of each model ended. */
export function completionByModel(page, colours) {
  const rows = page.by_model.filter(({ completed, failed }) => completed != null || failed != null);
  return {
    id: "runs-completion", title: "Completion by model", kind: "bars", stacked: true, head: "Model", unit: "count", file: "completion-by-model", points: rows.map(({ model }) => pointOf(model, colours)),
    series: [
      { name: "completed", label: "Completed", slot: "3", values: rows.map(({ completed }) => completed) },
      { name: "failed", label: "Failed", slot: "8", values: rows.map(({ failed }) => failed) },
    ],
  };
}

/** Rows of cells for the heatmap: {most, rows: [{node, cells: [{start, rate, level}]}]}; level 0 is nobody knows, 1 to LEVELS by rate. */
export function heatOf({ starts, nodes, rates }) {
  const most = Math.max(0, ...rates.flat().filter((rate) => rate != null));
  const level = (rate) => (rate == null ? 0 : Math.max(1, Math.min(LEVELS, Math.ceil((rate / (most || 1)) * LEVELS))));
  return { most, rows: nodes.map((node, at) => ({ node, cells: starts.map((start, index) => ({ start, rate: rates[at][index], level: level(rates[at][index]) })) })) };
}

function overDays(days) {
  return { head: "Day", points: days.map(({ date }) => ({ key: date, short: SHORT.format(Date.parse(date)), long: LONG.format(Date.parse(date)) })) };
}

function one(name, label, slot, days) {
  return { name, label, slot, values: days.map(({ value }) => value) };
}

function pointOf(model, colours) {
  return { key: model, long: model, short: model.length > 22 ? `${model.slice(0, 21)}…` : model, slot: model === "unknown" ? "none" : String(colours.slotOf("model", model)) };
}
