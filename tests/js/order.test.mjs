import assert from "node:assert/strict";
import { test } from "node:test";
import { NO_QUERY, byKey, matches } from "../../llm_service/dashboard/static/js/reduce/order.js";
import { card } from "./kit.mjs";

const sorted = (cards, sort) => [...cards].sort(byKey(sort)).map((one) => one.id);

test("age puts the newest first, and a file without a date goes by its change", () => {
  const undated = card("t01", { created_at: null, updated_at: "2026-01-04T00:00:00.000Z" });
  assert.deepEqual(sorted([card("t03"), undated, card("t05")], "age"), ["t05", "t01", "t03"]);
});

test("priority puts the most urgent first, then the newest", () => {
  const cards = [card("t01", { priority: "low" }), card("t02", { priority: "critical" }), card("t03", { priority: "critical" })];
  assert.deepEqual(sorted(cards, "priority"), ["t03", "t02", "t01"]);
});

test("updated goes by the file's change", () => {
  const cards = [card("t01", { updated_at: "2026-05-01" }), card("t09", { updated_at: "2026-04-01" })];
  assert.deepEqual(sorted(cards, "updated"), ["t01", "t09"]);
});

test("equal keys fall to the path, as on the server", () => {
  const at = { created_at: "2026-01-01T00:00:00.000Z" };
  assert.deepEqual(sorted([card("a", at), card("c", at), card("b", at)], "age"), ["c", "b", "a"]);
});

for (const [name, query, fits] of [
  ["every word must be found", { q: "task t01" }, true],
  ["letter case does not matter", { q: "TASK" }, true],
  ["a tag is searched too", { q: "infra" }, true],
  ["a missing word hides the card", { q: "task t02" }, false],
  ["one of several agents is enough", { agent: ["annie", "pedro"] }, true],
  ["all filters must agree", { agent: ["pedro"], priority: ["low"] }, false],
  ["a sound card is no problem", { problem: true }, false],
  ["any chosen tag is enough", { tag: ["docs", "infra"] }, true],
]) {
  test(name, () => assert.equal(matches(card("t01", { agent: "pedro", tags: ["infra"] }), { ...NO_QUERY, ...query }), fits));
}
