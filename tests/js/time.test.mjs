import assert from "node:assert/strict";
import { test } from "node:test";
import { age, ago } from "../../llm_service/dashboard/static/js/time.js";

const NOW = Date.parse("2026-06-15T12:00:00Z");
const before = (ms) => new Date(NOW - ms).toISOString();
const MIN = 60_000;
const DAY = 1_440 * MIN;

for (const [ms, text] of [
  [0, "now"], [9_000, "now"], [30_000, "30 s"], [90_000, "1 min"], [59 * MIN, "59 min"], [60 * MIN, "1 h"], [23 * 60 * MIN, "23 h"],
  [DAY, "1 d"], [13 * DAY, "13 d"], [14 * DAY, "2 wk"], [62 * DAY, "8 wk"], [63 * DAY, "2 mo"], [300 * DAY, "10 mo"], [720 * DAY, "2 y"],
  [-2 * DAY, "in 2 d"],
]) {
  test(`${ms / 1_000} s old is "${text}"`, () => assert.equal(age(before(ms), NOW), text));
}

test("a time nobody knows is a dash", () => {
  assert.equal(age(null, NOW), "–");
  assert.equal(ago("yesterday", NOW), "–");
});
