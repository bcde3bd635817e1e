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

/**
 * Rows of cells for the heatmap: {bounds, rows: [{node, cells: [{start, rate, level}]}]}. Level 0 is nobody knows, 1 to
 * LEVELS each hold as many cells as the others, so that one busy hour does not make all others alike; `bounds` is the
 * highest rate of each.
 */
export function heatOf({ starts, nodes, rates }) {
  const known = rates.flat().filter((rate) => rate != null).sort((one, other) => one - other);
  const all = Array.from({ length: LEVELS }, (_, at) => known[Math.ceil(((at + 1) / LEVELS) * known.length) - 1]);
  const bounds = [...new Set(all)].filter((bound) => bound != null);
  const level = (rate) => (rate == null ? 0 : LEVELS - bounds.length + 1 + bounds.findIndex((bound) => rate <= bound));
  return { bounds, rows: nodes.map((node, at) => ({ node, cells: starts.map((start, index) => ({ start, rate: rates[at][index], level: level(rates[at][index]) })) })) };
}

const STEPS = [1, 2, 3, 6, 12, 24, 48, 72];

/** Which columns have their time below them, at most `most`: hours that a clock has, or days in even steps. */
export function labelled({ starts, width }, most) {
  const least = Math.max(1, Math.ceil(starts.length / most));
  if (width !== "hour") return starts.map((_, at) => at % least === 0);
  const step = STEPS.find((one) => one >= least) ?? STEPS.at(-1);
  let midnights = -1;
  return starts.map((start) => {
    const hour = new Date(start).getHours();
    if (hour === 0) midnights += 1;
    return step < 24 ? hour % step === 0 : hour === 0 && midnights % (step / 24) === 0;
  });
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
