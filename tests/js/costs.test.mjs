import assert from "node:assert/strict";
import { test } from "node:test";
import { NO_COSTS, hasCosts, onCostEvent, unpricedModels, withCosts, withNewest, withOlder } from "../../llm_service/dashboard/static/js/reduce/costs.js";
import { addInvocation } from "../../llm_service/dashboard/static/js/reduce/live_bar.js";
import { NO_COSTS_QUERY, pageAddress, rowsAddress } from "../../llm_service/dashboard/static/js/reduce/costs_query.js";
import { HOME, formatRoute, parseRoute } from "../../llm_service/dashboard/static/js/url.js";

const row = (id, more = {}) => ({ invocation_id: id, model: "m", ...more });
const answer = (ids, next = null) => ({ rows: ids.map((id) => row(id)), next, searched_to: null });
const ids = (rows) => rows.list.map(({ invocation_id: id }) => id);

const PAGE = {
  range: { from: "2026-11-19T00:00:00.000Z", to: "2026-11-21T00:00:00.000Z", width: "day", timezone: "Etc/UTC" }, by: "model",
  buckets: ["2026-11-19T00:00:00.000Z", "2026-11-20T00:00:00.000Z"],
  series: [{ name: "m", other: false, cost_usd: [1, 2], tokens: [10, 20] }],
  errors: { invocations: [1, 2], errors: [0, 0] },
  totals: { invocations: 3, errors: 0, total_tokens: 30, cost_usd: 3, unpriced_invocations: 0, unpriced_tokens: 0 },
};
const CALL = { model_name: "m", agent_name: null, tool_name: "http", timestamp: "2026-11-20T10:00:00.000Z", total_tokens: 5, cost_usd: 0.5, status: "success" };

test("a call is in the newest bar and in the totals at once", () => {
  const page = addInvocation(PAGE, { ...CALL, status: "error" });
  assert.deepEqual(page.series, [{ name: "m", other: false, cost_usd: [1, 2.5], tokens: [10, 25] }]);
  assert.deepEqual(page.errors, { invocations: [1, 3], errors: [0, 1] });
  assert.equal(page.totals.cost_usd, 3.5);
  assert.equal(PAGE.series[0].cost_usd[1], 2, "the page before is as it was");
});

test("a call of a new model is a new series", () => {
  assert.deepEqual(addInvocation(PAGE, { ...CALL, model_name: "n" }).series[1], { name: "n", other: false, cost_usd: [0, 0.5], tokens: [0, 5] });
});

test("an unpriced call adds tokens and no dollars", () => {
  const { totals } = addInvocation(PAGE, { ...CALL, cost_usd: null });
  assert.deepEqual([totals.cost_usd, totals.unpriced_invocations, totals.unpriced_tokens], [3, 1, 5]);
});

test("a call of another day, or of a series nobody can know, changes nothing", () => {
  assert.equal(addInvocation(PAGE, { ...CALL, timestamp: "2026-11-19T10:00:00.000Z" }), PAGE);
  const projects = { ...PAGE, by: "project" };
  assert.equal(addInvocation(projects, CALL), projects);
});

test("what is told live is how things stand now", () => {
  const now = { costs: { total: 0 }, tokens: { total: 5 }, unpriced: { invocations: 0 } };
  const costs = onCostEvent(NO_COSTS, "cost.update", now);
  assert.equal(costs.now, now);
  assert.ok(hasCosts(costs));
  assert.ok(!hasCosts(NO_COSTS));
  assert.equal(onCostEvent(NO_COSTS, "telemetry.update", { invocation: CALL }), NO_COSTS, "no page is open yet");
});

test("new rows go in at the top, and what was loaded below stays", () => {
  let rows = withNewest(NO_COSTS.rows, answer(["c", "b"], "older"), false);
  rows = withOlder(rows, answer(["a"]));
  rows = withNewest(rows, answer(["d", "c"], "elsewhere"), false);
  assert.deepEqual([ids(rows), rows.next, rows.held], [["d", "c", "b", "a"], null, 0]);
});

test("while somebody reads, new rows are only counted", () => {
  const before = withNewest(NO_COSTS.rows, answer(["b", "a"]), false);
  const rows = withNewest(before, answer(["d", "c", "b"]), true);
  assert.deepEqual([ids(rows), rows.held], [["b", "a"], 2]);
  assert.deepEqual(ids(withNewest(rows, answer(["d", "c", "b"]), false)), ["d", "c", "b", "a"]);
});

test("after more news than a page holds, the list begins anew, without a hole in it", () => {
  const before = withNewest(NO_COSTS.rows, answer(["b", "a"]), false);
  const rows = withNewest(before, answer(["z", "y"], "older"), false);
  assert.deepEqual([ids(rows), rows.next], [["z", "y"], "older"]);
});

test("a row that was replaced by a better one is shown as it is now", () => {
  const before = withNewest(NO_COSTS.rows, answer(["b", "a"]), false);
  const rows = withNewest(before, { rows: [row("c"), row("b", { model: "n" })], next: null, searched_to: null }, false);
  assert.equal(rows.list[1].model, "n");
});

test("a patch of one part leaves the others", () => {
  const costs = withCosts(NO_COSTS, { page: { word: "loading" } });
  assert.equal(costs.page.word, "loading");
  assert.equal(costs.rows, NO_COSTS.rows);
});

test("every part of the page Costs is in the address, and comes back", () => {
  const costs = { ...NO_COSTS_QUERY, from: "2026-11-01", to: "2026-11-20", width: "week", by: "agent", model: "a b&c", agent: "", node: "größe/1", status: "error", unpriced: true };
  const route = { ...HOME, section: "costs", costs };
  assert.deepEqual(parseRoute(formatRoute(route)), route);
  assert.equal(formatRoute({ ...HOME, section: "costs" }), "#costs");
});

test("nonsense in the address of Costs is left out", () => {
  assert.deepEqual(parseRoute("#costs?range=3y&width=minute&by=moon&from=yesterday&status=fine").costs, NO_COSTS_QUERY);
});

test("the server is asked for what the address says", () => {
  const { costs } = parseRoute("#costs?range=7d&by=agent&model=x%2Fy&agent=");
  assert.equal(pageAddress(costs), "/api/costs?range=7d&by=agent");
  assert.equal(rowsAddress(costs, { cursor: "c" }), "/api/telemetry/invocations?model=x%2Fy&agent=&limit=50&cursor=c");
  assert.equal(pageAddress(parseRoute("#costs?from=2026-11-01").costs), "/api/costs?from=2026-11-01&by=model");
});

test("reasons are asked for again only where other models are without a price", () => {
  const now = (models, invocations = 1) => ({ now: { unpriced: { invocations }, models: models.map((name) => ({ model_name: name, unpriced: 1 })) } });
  assert.equal(unpricedModels(NO_COSTS), "");
  assert.equal(unpricedModels(now([], 0)), "");
  assert.equal(unpricedModels(now(["a"], 1)), unpricedModels(now(["a"], 2)));
  assert.notEqual(unpricedModels(now(["a"])), unpricedModels(now(["a", "b"])));
  assert.notEqual(unpricedModels(now([], 1)), "", "a model that is not among those told has one too");
});
