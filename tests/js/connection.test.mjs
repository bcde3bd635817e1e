import assert from "node:assert/strict";
import { test } from "node:test";
import { OPENING, connect } from "../../llm_service/dashboard/static/js/reduce/connection.js";

const walk = (...signals) => signals.reduce((state, [kind, now, more]) => connect(state, { kind, ...more }, now), OPENING);
const UP = ["up", 1_000, { version: "1.0" }];

test("a page that hears the greeting is live", () => {
  assert.equal(walk(UP).word, "live");
});

test("a short break is reconnecting, a longer one is stale since it began", () => {
  assert.equal(walk(UP, ["down", 5_000]).word, "reconnecting");
  const later = walk(UP, ["down", 5_000], ["tick", 9_500]);
  assert.deepEqual([later.word, later.since], ["stale", 5_000]);
});

test("while answers come over HTTP the page polls and dates them", () => {
  const state = walk(UP, ["down", 5_000], ["heard", 8_000]);
  assert.deepEqual([state.word, state.heard], ["polling", 8_000]);
});

test("a failed poll makes it stale since the last answer", () => {
  const state = walk(UP, ["down", 5_000], ["heard", 8_000], ["poll-failed", 38_000]);
  assert.deepEqual([state.word, state.since], ["stale", 8_000]);
});

test("a failed question on a live line changes nothing", () => {
  assert.equal(walk(UP, ["poll-failed", 6_000]).word, "live");
});

test("coming back makes it live again", () => {
  const state = walk(UP, ["down", 5_000], ["poll-failed", 8_000], ["up", 9_000, { version: "1.0" }]);
  assert.deepEqual([state.word, state.lost, state.newVersion], ["live", false, null]);
});

test("a server of another version asks for a reload", () => {
  assert.equal(walk(UP, ["down", 5_000], ["up", 9_000, { version: "1.1" }]).newVersion, "1.1");
});

test("no login says so, and logging in elsewhere heals it", () => {
  assert.equal(walk(UP, ["down", 5_000], ["locked", 6_000]).word, "locked");
  assert.equal(walk(UP, ["down", 5_000], ["locked", 6_000], ["heard", 7_000]).word, "polling");
});
