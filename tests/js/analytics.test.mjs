import assert from "node:assert/strict";
import { test } from "node:test";
import { byModel, completionByModel, heatOf, labelled, runsPerDay } from "../../llm_service/dashboard/static/js/analytics/specs.js";

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
  assert.deepEqual(heat.rows[0].cells.map(({ level }) => level), [0, 4, 5]);
  assert.deepEqual(heat.bounds, [0, 50]);
});

test("one busy hour does not make all the others alike", () => {
  const heat = heatOf({ starts: ["a", "b", "c", "d", "e"], nodes: ["spark"], rates: [[1, 2, 3, 4, 500]] });
  assert.deepEqual(heat.rows[0].cells.map(({ level }) => level), [1, 2, 3, 4, 5]);
  assert.deepEqual(heat.bounds, [1, 2, 3, 4, 500]);
});

test("a map without anything known has no bounds", () => {
  assert.deepEqual(heatOf({ starts: ["t1"], nodes: ["spark"], rates: [[null]] }).bounds, []);
});

test("hours are labelled where a clock has them, days in even steps", () => {
  const hour = (at) => new Date(2026, 10, 15, at).toISOString();
  const of = (count, width, most) => labelled({ starts: Array.from({ length: count }, (_, at) => hour(at)), width }, most).map((shown, at) => (shown ? at : null)).filter((at) => at !== null);
  assert.deepEqual(of(24, "hour", 12), [0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22]);
  assert.deepEqual(of(72, "hour", 3), [0, 24, 48]);
  assert.deepEqual(of(5, "day", 2), [0, 3]);
});
