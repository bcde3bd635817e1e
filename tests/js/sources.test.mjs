import assert from "node:assert/strict";
import { test } from "node:test";
import { concernName, concernState, everyWords, skewWords, working } from "../../llm_service/dashboard/static/js/sources/words.js";

const concern = (patch) => ({ name: "runs", state: "live", every_s: 6, failures: 0, missing: false, reason: "", ...patch });

test("a question that is asked and answered is live", () => {
  assert.equal(concernState(concern({})).word, "Live");
});

test("what the server does not have is no failure", () => {
  assert.equal(concernState(concern({ missing: true, failures: 3 })).word, "The server has none");
});

test("a failing question says so, whatever was heard before", () => {
  assert.equal(concernState(concern({ failures: 1 })).word, "Failing");
});

test("what nobody needs now is not asked", () => {
  assert.equal(concernState(concern({ state: "none", every_s: null })).word, "When it is needed");
});

test("how often is said in seconds, or not at all", () => {
  assert.deepEqual([everyWords(6), everyWords(0.25), everyWords(null)], ["every 6 s", "every 0.3 s", ""]);
});

test("a clock is spoken of when it is five seconds off", () => {
  assert.equal(skewWords(null), "");
  assert.equal(skewWords(-4.9), "");
  assert.match(skewWords(30), /30 s ahead of/);
  assert.match(skewWords(-7200), /120 min behind/);
});

test("what the server does not have and what nobody needs now is not counted as asked, and what was never told not as answered", () => {
  const concerns = [concern({}), concern({ failures: 2 }), concern({ missing: true }), concern({ state: "none", every_s: null }), concern({ state: "connecting" })];
  assert.deepEqual(working({ concerns }), { well: 1, asked: 3 });
});

test("what is asked for has a name for people, also where it is new", () => {
  assert.deepEqual(["runs", "node-linux", "adapters"].map(concernName), ["Runs", "Machine linux", "Adapters"]);
});
