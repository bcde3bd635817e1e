// What the page knows of costs: how things stand now (told live), and what the page Costs has asked for.
import { addInvocation } from "./live_bar.js";

const KEPT_ROWS = 1_000;

/** Before anything is known. `word` is "unknown", "loading", "ready" or "failed". */
export const NO_COSTS = Object.freeze({
  now: null,
  page: Object.freeze({ word: "unknown", data: null, error: "", query: null, at: null }),
  rows: Object.freeze({ word: "unknown", list: [], next: null, searchedTo: null, held: 0, error: "", query: null }),
  sources: Object.freeze({ word: "unknown", data: null, error: "" }),
  prices: Object.freeze({ word: "unknown", data: null, error: "" }),
});

/** A patch of one part: {page: {…}} or {rows: {…}} or {sources: {…}} or {prices: {…}} or {now}. */
export function withCosts(costs, patch) {
  const next = { ...costs };
  for (const [part, value] of Object.entries(patch)) next[part] = part === "now" ? value : { ...costs[part], ...value };
  return next;
}

/** An event of the costs topic. A single invocation is in the newest bar at once; the next answer corrects what it is a part of. */
export function onCostEvent(costs, name, payload) {
  if (name === "costs.snapshot" || name === "cost.update") return { ...costs, now: payload };
  if (name !== "telemetry.update" || !costs.page.data) return costs;
  const data = addInvocation(costs.page.data, payload.invocation);
  return data === costs.page.data ? costs : { ...costs, page: { ...costs.page, data } };
}

/** Whether anybody has told of a model call yet. */
export function hasCosts({ now }) {
  return Boolean(now && (now.tokens.total > 0 || now.costs.total > 0 || now.unpriced.invocations > 0));
}

/** Which models the server says are unpriced, as one text; empty while every call has a price. */
export function unpricedModels({ now }) {
  if (!now?.unpriced.invocations) return "";
  return `unpriced: ${now.models.filter((model) => model.unpriced > 0).map((model) => model.model_name).join("\n")}`;
}

/** The first page of invocations again: new ones go in at the top, or are only counted while the reader is among them. */
export function withNewest(rows, answer, reading) {
  const known = new Map(rows.list.map((row, index) => [row.invocation_id, index]));
  const fresh = answer.rows.filter((row) => !known.has(row.invocation_id));
  if (reading && fresh.length) return { ...rows, held: fresh.length };
  const joined = rows.list.length && fresh.length < answer.rows.length;
  if (!joined) return { ...rows, word: "ready", error: "", list: answer.rows, next: answer.next, searchedTo: answer.searched_to, held: 0 };
  const told = new Map(answer.rows.map((row) => [row.invocation_id, row]));
  const list = [...fresh, ...rows.list.map((row) => told.get(row.invocation_id) ?? row)];
  return { ...rows, word: "ready", error: "", list: list.slice(0, KEPT_ROWS), held: 0 };
}

/** The next page of invocations below the others. */
export function withOlder(rows, answer) {
  const known = new Set(rows.list.map((row) => row.invocation_id));
  const list = [...rows.list, ...answer.rows.filter((row) => !known.has(row.invocation_id))];
  return { ...rows, word: "ready", error: "", list, next: answer.next, searchedTo: answer.searched_to };
}
