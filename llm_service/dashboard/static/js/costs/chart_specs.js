// The answer of GET /api/costs as specs of charts. Pure, but for the colours that names keep.
import { bucketWords } from "./bucket_words.js";

export const KIND_WORDS = { model: "Model", agent: "Agent", project: "Project", tool: "Source", node: "Node" };
const TABLES = { model: "models", agent: "agents", project: "projects", tool: "tools", node: "nodes" };
const SHARES = 12;

/** Cost over time, stacked. */
export function costOverTime(page, colours) {
  const words = bucketWords(page);
  const series = page.series.map((one) => ({
    name: one.other ? "\u0000other" : one.name, label: nameOf(one, page.by), unit: "usd", values: one.cost_usd, slot: slotOf(one, page.by, colours),
  }));
  return { ...words, id: "cost", title: "Cost", kind: "bars", stacked: true, unit: "usd", series, file: `costs-by-${page.by}` };
}

/** Tokens by what they were for. `input` is without the cache, `reasoning` is a part of `output`. */
export function tokenUsage(page) {
  const one = (name, label, slot, dashed = false) => ({ name, label, slot, dashed, unit: "tokens", values: page.tokens[name] });
  return {
    ...bucketWords(page), id: "tokens", title: "Tokens", kind: "lines", unit: "tokens", file: "tokens",
    series: [one("input", "Input", "1"), one("output", "Output", "2"), one("cache_read", "Cache read", "3"), one("cache_write", "Cache write", "4"), one("reasoning", "Reasoning", "2", true)],
    note: "Input is without the cache; reasoning is a part of the output.",
  };
}

/** What each model cost. */
export function modelShare(page, colours) {
  return { ...ranked(page, "model", colours), id: "models", title: "Models", kind: "doughnut", file: "models" };
}

/** What each agent cost, the dearest first. */
export function byAgent(page, colours) {
  return { ...ranked(page, "agent", colours), id: "agents", title: "Agents", kind: "ranking", file: "agents" };
}

/** How long calls took. */
export function latency(page) {
  const one = (name, label, slot, dashed) => ({ name, label, slot, dashed, unit: "ms", values: page.latency[name] });
  return {
    ...bucketWords(page), id: "latency", title: "Latency", kind: "lines", unit: "ms", file: "latency",
    series: [one("mean_ms", "Mean", "1"), one("p50_ms", "Median", "3"), one("p95_ms", "95th percentile", "2")],
    note: "Percentiles are read from a histogram.",
  };
}

/** How many calls there were, and how many of a hundred failed. */
export function errorRate(page) {
  const { invocations, errors } = page.errors;
  const rate = invocations.map((count, index) => (count ? (100 * errors[index]) / count : null));
  return {
    ...bucketWords(page), id: "errors", title: "Error rate", kind: "lines", unit: "percent", file: "error-rate",
    series: [
      { name: "rate", label: "Failed", slot: "2", unit: "percent", values: rate },
      { name: "calls", label: "Calls", slot: "other", unit: "count", axis: "y2", dashed: true, values: invocations },
      { name: "errors", label: "Failed calls", slot: "2", unit: "count", tableOnly: true, values: errors },
    ],
  };
}

function ranked(page, kind, colours) {
  const rows = page[TABLES[kind]];
  const [shown, rest] = [rows.slice(0, SHARES), rows.slice(SHARES)];
  const all = rest.length ? [...shown, together(rest)] : shown;
  const points = all.map((row) => {
    const long = nameOf(row, kind);
    return { key: row.other ? "\u0000other" : row.name, csv: row.other || !row.name ? long : row.name, long, short: cut(long), slot: slotOf(row, kind, colours) };
  });
  const column = (name, label, unit, tableOnly = true) => ({ name, label, unit, tableOnly, slot: "1", values: all.map((row) => (name === "cost_usd" ? costOf(row) : row[name])) });
  return {
    head: KIND_WORDS[kind], points, unit: "usd",
    series: [
      column("cost_usd", "Cost", "usd", false), column("invocations", "Calls", "count"), column("input_tokens", "Input", "tokens"), column("output_tokens", "Output", "tokens"),
      column("cache_read_tokens", "Cache read", "tokens"), column("cache_write_tokens", "Cache write", "tokens"), column("reasoning_tokens", "Reasoning", "tokens"),
      column("total_tokens", "Tokens", "tokens"), column("unpriced_invocations", "Unpriced calls", "count"),
    ],
  };
}

/** What it cost; where none of its calls has a price nobody knows, which is not $0. */
function costOf({ cost_usd: cost, invocations, unpriced_invocations: unpriced }) {
  return invocations > 0 && unpriced === invocations ? null : cost;
}

function together(rows) {
  const sum = { name: "", other: true };
  for (const row of rows) for (const [key, value] of Object.entries(row)) if (typeof value === "number") sum[key] = (sum[key] ?? 0) + value;
  return sum;
}

function nameOf({ name, other }, kind) {
  if (other) return "Others";
  return name || `No ${KIND_WORDS[kind].toLowerCase()} given`;
}

function slotOf({ name, other }, kind, colours) {
  if (other) return "other";
  return name ? String(colours.slotOf(kind, name)) : "none";
}

function cut(text) {
  return text.length > 22 ? `${text.slice(0, 21)}…` : text;
}
