import assert from "node:assert/strict";
import { test } from "node:test";
import { partsOf, sentence, whenWords } from "../../llm_service/dashboard/static/js/since/parts.js";
import { AWAY_MS, createVisits } from "../../llm_service/dashboard/static/js/since/visit.js";

const group = (count) => ({ count, tasks: Array.from({ length: Math.min(count, 20) }, (_, i) => ({ path: `${i}`, id: null, title: "", agent: null, at: "" })) });
const NOTHING = { done: group(0), failed: group(0), created: group(0), alerts: [], cost_usd: 0, tokens: 0, unpriced: 0, gaps: [] };
const gap = (start, minutes) => ({ start: new Date(start).toISOString(), end: new Date(start + minutes * 60_000).toISOString() });
const texts = (answer) => partsOf({ ...NOTHING, ...answer }).map(({ text }) => text);

function storage() {
  const kept = new Map();
  return { getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => kept.set(key, value) };
}

test("nothing that happened is no part", () => {
  assert.deepEqual(texts({}), []);
});

test("each part says what happened, done first", () => {
  const night = new Date(2026, 10, 21, 2, 10).getTime();
  const answer = { done: group(7), failed: group(1), created: group(3), alerts: ["a", "b"], cost_usd: 4.21, gaps: [gap(night, 15)] };
  assert.deepEqual(texts(answer), ["7 tasks done", "1 failed", "3 new", "2 alerts", "$4.21", "not watched 02:10–02:25"]);
  assert.equal(sentence("Since 22:14", partsOf({ ...NOTHING, ...answer, gaps: [] })), "Since 22:14: 7 tasks done, 1 failed, 3 new, 2 alerts, $4.21.");
});

test("calls without a price are no zero dollars", () => {
  assert.deepEqual([texts({ unpriced: 2 }), texts({ cost_usd: 1, unpriced: 1 })], [["2 calls unpriced"], ["$1.00 and 1 call unpriced"]]);
});

test("the blink of a restart is no gap; several gaps are one part", () => {
  const at = Date.parse("2026-11-21T02:00:00Z");
  assert.deepEqual(texts({ gaps: [gap(at, 0.5)] }), []);
  assert.deepEqual(texts({ gaps: [gap(at, 30), gap(at + 7_200_000, 60)] }), ["not watched 2 times, 1.5 hours"]);
});

test("a group says how many more there are than it lists", () => {
  assert.equal(partsOf({ ...NOTHING, done: group(25) })[0].more, 5);
});

test("another day is named", () => {
  const then = new Date(2026, 10, 20, 22, 14).getTime();
  assert.equal(whenWords(then, then + 3_600_000), "Since 22:14");
  assert.equal(whenWords(then, then + 12 * 3_600_000), "Since 20 Nov, 22:14");
});

test("an absence is told once, and a first visit is none", () => {
  const visits = createVisits("i", storage(), storage());
  assert.equal(visits.look(0), null);
  assert.equal(visits.look(AWAY_MS - 1), null);
  assert.equal(visits.look(2 * AWAY_MS), AWAY_MS - 1);
  assert.equal(visits.look(2 * AWAY_MS + 1_000), null);
});

test("another tab that was looked at is no absence, another instance is another visit", () => {
  const shared = storage();
  createVisits("i", shared, storage()).look(0);
  createVisits("i", shared, storage()).leave(AWAY_MS - 1);
  assert.equal(createVisits("i", shared, storage()).look(AWAY_MS), null);
  assert.equal(createVisits("other", shared, storage()).look(9 * AWAY_MS), null);
});

test("what was told stays with the tab until it is dismissed; a forbidden storage harms nobody", () => {
  const own = storage();
  const visits = createVisits("i", storage(), own);
  visits.tell(5);
  assert.equal(createVisits("i", storage(), own).pending(), 5);
  visits.dismiss();
  assert.equal(visits.pending(), null);
  const forbidden = createVisits("i", null, null);
  assert.deepEqual([forbidden.look(0), forbidden.look(9 * AWAY_MS), forbidden.pending()], [null, null, null]);
});
