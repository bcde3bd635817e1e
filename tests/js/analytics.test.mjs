import assert from "node:assert/strict";
import { test } from "node:test";
import { byModel, completionByModel, heatOf, runsPerDay } from "../../llm_service/dashboard/static/js/analytics/specs.js";

const colours = { slotOf: () => 3 };
const page = {
  runs_per_day: [{ date: "2026-03-01", value: 14 }, { date: "2026-03-02", value: 0 }],
  by_model: [{ model: "a", runs: 3, completed: 2, failed: 1, tokens: 9 }, { model: "unknown", runs: 0, completed: null, failed: null, tokens: null }],
};

test("a day is named by itself, whatever zone the reader is in", () => {
  const spec = runsPerDay(page);
  assert.deepEqual(spec.points.map(({ key, short }) => [key, short]), [["2026-03-01", "1 Mar"], ["2026-03-02", "2 Mar"]]);
  assert.deepEqual(spec.series[0].values, [14, 0]);
});

test("a model without runs has no share, and one without ends no bar", () => {
  assert.deepEqual(byModel(page, colours).points.map(({ key }) => key), ["a"]);
  assert.deepEqual(completionByModel(page, colours).series.map(({ values }) => values), [[2], [1]]);
});

test("a cell is as deep as its rate, and nothing known is no rate of zero", () => {
  const heat = heatOf({ starts: ["t1", "t2", "t3"], nodes: ["spark"], rates: [[null, 0, 50]] });
  assert.equal(heat.most, 50);
  assert.deepEqual(heat.rows[0].cells.map(({ level }) => level), [0, 1, 5]);
});

test("a map without anything known has no most", () => {
  assert.equal(heatOf({ starts: ["t1"], nodes: ["spark"], rates: [[null]] }).most, 0);
});
