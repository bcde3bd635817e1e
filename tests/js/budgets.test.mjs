// Budgets as the page knows them, and what a form sends.
import assert from "node:assert/strict";
import { test } from "node:test";
import { NO_BUDGETS, onBudgetEvent, overCount, pressing, withAcknowledged, withBudgets, withoutBudgets } from "../../llm_service/dashboard/static/js/reduce/budgets.js";
import { EMPTY_FORM, bodyOf, formOf } from "../../llm_service/dashboard/static/js/costs/budget_fields.js";

const START = "2026-06-15T00:00:00.000Z";

function budget(id, percent, more = {}) {
  const state = percent >= 100 ? "over" : percent >= 80 ? "warn" : "ok";
  return { id, name: id, percent, state, period_start: START, forecast: { at: null, sentence: "" }, ...more };
}

function alert(id, budgetId, kind, more = {}) {
  return { id, budget_id: budgetId, kind, threshold: 100, percent: 100, period_start: START, acknowledged: null, sentence: `${budgetId} ${kind}`, ...more };
}

function known(list, alerts = []) {
  return withBudgets(NO_BUDGETS, { budgets: list, more: 0, alerts, agent_defaults: [], webhook: null, timezone: "UTC" });
}

const changed = (budgets, removed = [], acknowledged = []) => ({ budgets, removed, acknowledged });

test("what is told live takes the place of what was known, nearest to its limit first", () => {
  const before = known([budget("a", 50), budget("b", 10)]);
  const after = onBudgetEvent(before, "budget.changed", changed([budget("b", 90), budget("c", 60)]));
  assert.deepEqual(after.list.map(({ id }) => id), ["b", "c", "a"]);
  const without = onBudgetEvent(after, "budget.changed", changed([], ["c"]));
  assert.deepEqual(without.list.map(({ id }) => id), ["b", "a"]);
  assert.equal(onBudgetEvent(after, "cost.update", {}), after);
});

test("an alert told while the answer travelled is not lost, and none is there twice", () => {
  const early = onBudgetEvent(NO_BUDGETS, "budget.alert", { alert: alert(7, "a", "over") });
  const after = withBudgets(early, { budgets: [], more: 0, alerts: [alert(6, "a", "threshold")], agent_defaults: [], webhook: null, timezone: "" });
  const twice = onBudgetEvent(after, "budget.alert", { alert: alert(7, "a", "over") });
  assert.deepEqual(twice.alerts.map(({ id }) => id), [7, 6]);
});

test("the worst of what nobody acknowledged and still holds is pressing", () => {
  const ahead = { forecast: { at: "2026-06-15T16:40:00.000Z", sentence: "at this rate 100 % at 16:40" } };
  const list = [budget("over", 120), budget("ahead", 60, ahead), budget("calm", 60), budget("near", 96)];
  const alerts = [
    alert(1, "ahead", "forecast"), alert(2, "over", "over"), alert(3, "calm", "forecast"), alert(4, "near", "threshold", { threshold: 95 }),
    alert(5, "gone", "over"),
  ];
  assert.deepEqual(pressing(known(list, alerts)).map(({ id }) => id), [2, 1, 4]);
  assert.equal(overCount(known(list)), 1);
});

test("what is acknowledged, cleared or of another period presses nobody", () => {
  const list = [budget("a", 120)];
  assert.deepEqual(pressing(known(list, [alert(1, "a", "over", { acknowledged: START })])), []);
  assert.deepEqual(pressing(known(list, [alert(1, "a", "over", { period_start: "2026-06-14T00:00:00.000Z" })])), []);
  assert.deepEqual(pressing(known([budget("a", 70)], [alert(1, "a", "over")])), []);
  assert.deepEqual(pressing(known(list, [alert(2, "a", "cleared"), alert(1, "a", "forecast")])), []);
});

test("acknowledging one acknowledges the earlier ones of its budget", () => {
  const alerts = [alert(3, "a", "over"), alert(2, "b", "over"), alert(1, "a", "threshold")];
  assert.deepEqual(withAcknowledged(alerts, 3).map((one) => Boolean(one.acknowledged)), [true, false, true]);
  assert.deepEqual(withAcknowledged(alerts, 99), alerts);
});

test("a failed question keeps what was known", () => {
  const failed = withoutBudgets(known([budget("a", 1)]), "The server does not answer.");
  assert.equal(failed.word, "ready");
  assert.equal(failed.list.length, 1);
  assert.equal(withoutBudgets(NO_BUDGETS, "x").word, "error");
});

test("a form sends what was written, and says what cannot be sent", () => {
  const filled = { ...EMPTY_FORM, scope: "agent", value: " anna ", limit: "1,250.50", thresholds: "50; 80 %, 95" };
  assert.deepEqual(bodyOf(filled).body, { scope: "agent", value: "anna", period: "day", limit_usd: 1250.5, thresholds: [50, 80, 95] });
  assert.deepEqual(bodyOf({ ...filled, unit: "tokens", limit: "100_000", scope: "all", thresholds: "" }).body, { scope: "all", period: "day", limit_tokens: 100000 });
  for (const limit of ["", "0", "-1", "abc", "NaN"]) assert.match(bodyOf({ ...filled, limit }).error, /^Limit: /);
  assert.match(bodyOf({ ...filled, value: " " }).error, /which agent/);
  assert.match(bodyOf({ ...filled, thresholds: "fifty" }).error, /whole percents/);
});

test("of an agent default only the limit is sent", () => {
  const form = formOf({ ...budget("d", 1), origin: "default", scope: "agent", value: "anna", period: "day", limit_usd: 1.5, limit_tokens: null, thresholds: [50, 100] });
  assert.equal(form.kind, "override");
  assert.deepEqual(bodyOf({ ...form, limit: "2" }).body, { limit_usd: 2 });
});
