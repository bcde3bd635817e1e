// Budgets and their alerts as the page knows them: one answer of /api/budgets, and what is told live on top of it.

const KEPT = 50;
const URGENT = { over: 0, forecast: 1, threshold: 2 };

/** Before anything is known. */
export const NO_BUDGETS = Object.freeze({
  word: "unknown", error: "", list: [], more: 0, alerts: [], defaults: [], webhook: null, timezone: "",
});

/** An answer of /api/budgets. Alerts that were told while it travelled stay. */
export function withBudgets(budgets, data) {
  return {
    word: "ready", error: "", list: data.budgets, more: data.more, alerts: merged(budgets.alerts, data.alerts),
    defaults: data.agent_defaults, webhook: data.webhook, timezone: data.timezone,
  };
}

/** No answer: what was known stays. */
export function withoutBudgets(budgets, error) {
  return { ...budgets, word: budgets.word === "ready" ? "ready" : "error", error };
}

/** An event of the costs topic. */
export function onBudgetEvent(budgets, name, payload) {
  if (name === "budget.alert") return { ...budgets, alerts: merged(budgets.alerts, [payload.alert]) };
  if (name !== "budget.changed") return budgets;
  const told = new Map(payload.budgets.map((budget) => [budget.id, budget]));
  const kept = budgets.list.filter(({ id }) => !told.has(id) && !payload.removed.includes(id));
  const list = [...kept, ...told.values()].sort((a, b) => b.percent - a.percent || a.name.localeCompare(b.name));
  return { ...budgets, list, alerts: payload.acknowledged.reduce(withAcknowledged, budgets.alerts) };
}

/** An alert that somebody has seen; the server counts the earlier ones of its budget as seen too. */
export function withAcknowledged(alerts, id) {
  const seen = alerts.find((alert) => alert.id === id);
  const now = new Date().toISOString();
  const same = (alert) => seen && alert.budget_id === seen.budget_id && alert.id <= id && !alert.acknowledged;
  return alerts.map((alert) => (same(alert) ? { ...alert, acknowledged: now } : alert));
}

/**
 * What has to be said on every page: for each budget the newest alert nobody has acknowledged, while it still holds in
 * the present period. The worst first.
 */
export function pressing(budgets) {
  const byId = new Map(budgets.list.map((budget) => [budget.id, budget]));
  const newest = new Map();
  for (const alert of budgets.alerts) if (!newest.has(alert.budget_id)) newest.set(alert.budget_id, alert);
  return [...newest.values()]
    .filter((alert) => holds(alert, byId.get(alert.budget_id)))
    .sort((a, b) => URGENT[a.kind] - URGENT[b.kind] || b.percent - a.percent);
}

/** How many budgets are over. */
export function overCount(budgets) {
  return budgets.list.filter((budget) => budget.state === "over").length;
}

function holds(alert, budget) {
  if (alert.acknowledged || alert.kind === "cleared" || !budget) return false;
  if (alert.period_start !== budget.period_start) return false;
  if (alert.kind === "over") return budget.state === "over";
  return alert.kind === "forecast" ? budget.forecast.at !== null : alert.threshold >= 95;
}

function merged(before, more) {
  const byId = new Map(before.map((alert) => [alert.id, alert]));
  for (const alert of more) byId.set(alert.id, alert);
  return [...byId.values()].sort((a, b) => b.id - a.id).slice(0, KEPT);
}
