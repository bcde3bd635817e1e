import assert from "node:assert/strict";
import { test } from "node:test";
import { NO_LISTED, isListed, onListed } from "../../llm_service/dashboard/static/js/reduce/listed.js";
import { initialState, reduce } from "../../llm_service/dashboard/static/js/reduce/root.js";
import { HOME, formatRoute, parseRoute } from "../../llm_service/dashboard/static/js/url.js";

const head = { epoch: "e", topic: "runs", seq: 1, at: "2026-11-21T10:00:00.000Z" };
const snapshot = (runs, aside = {}) => onListed(NO_LISTED, "runs", "runs.snapshot", { ...head, runs, ...aside });

test("a snapshot is the whole list and what stands beside it", () => {
  const { runs } = snapshot([{ key: "s:1", model: "m" }], { fleet: { workers: 1 } });
  assert.deepEqual(runs, { ready: true, rows: { "s:1": { key: "s:1", model: "m" } }, aside: { fleet: { workers: 1 } } });
});

test("an event changes the fields that it carries, and leaves the other things as they are", () => {
  const before = snapshot([{ key: "s:1", model: "m", tokens_out: 1 }, { key: "s:2" }]);
  const after = onListed(before, "runs", "run.advanced", { ...head, runs: [{ key: "s:1", tokens_out: 5 }] });
  assert.deepEqual(after.runs.rows["s:1"], { key: "s:1", model: "m", tokens_out: 5 });
  assert.equal(after.runs.rows["s:2"], before.runs.rows["s:2"]);
});

test("one thing and things that left are understood as well", () => {
  const added = onListed(snapshot([{ key: "s:1" }]), "runs", "run.started", { ...head, run: { key: "s:2" } });
  assert.deepEqual(Object.keys(added.runs.rows), ["s:1", "s:2"]);
  assert.deepEqual(Object.keys(onListed(added, "runs", "run.advanced", { ...head, runs: [], gone: ["s:1"] }).runs.rows), ["s:2"]);
});

test("only topics that list things are folded here", () => {
  assert.deepEqual(["runs", "nodes", "queue", "training", "sources", "board", "run:s:1"].map(isListed), [true, true, true, true, true, false, false]);
});

const opened = () => initialState(HOME, 0, {});
const event = (state, name, payload) => reduce(state, { type: "event", name, payload, anchors: {}, now: 0 });

test("a page's topics are asked for while it is open, and forgotten with it", () => {
  let state = reduce(opened(), { type: "topics", topics: ["runs"] });
  assert.equal(state.wanted.runs, true);
  state = event(state, "runs.snapshot", { ...head, runs: [{ key: "s:1" }] });
  assert.equal(state.wanted.runs, false);
  assert.equal(reduce(state, { type: "topics", topics: ["runs"] }), state);
  state = reduce(state, { type: "topics", topics: [] });
  assert.equal("runs" in state.streams, false);
  assert.equal(state.listed.runs.ready, false);
});

test("an event of a topic that is no longer listened to changes nothing", () => {
  const state = opened();
  assert.equal(event(state, "runs.snapshot", { ...head, runs: [{ key: "s:1" }] }), state);
});

test("an event that was missed asks for the topic again", () => {
  let state = reduce(opened(), { type: "topics", topics: ["runs"] });
  state = event(state, "runs.snapshot", { ...head, runs: [] });
  assert.equal(event(state, "run.advanced", { ...head, seq: 3, runs: [] }).wanted.runs, true);
});

test("a run and a job have short addresses of their own", () => {
  assert.deepEqual(parseRoute("#run=spark%3Arun_1").more, { run: "spark:run_1" });
  assert.equal(parseRoute("#job=spark:ft_1").section, "training");
  const route = { ...HOME, section: "workers", more: { tab: "chain", run: "spark:run_1" } };
  assert.equal(formatRoute(route), "#run=spark:run_1&tab=chain");
  assert.deepEqual(parseRoute(formatRoute(route)), route);
});

test("the choices of a page are kept as they are written", () => {
  const route = { ...HOME, section: "workers", more: { tab: "feed", model: "a b" } };
  assert.equal(formatRoute(route), "#workers?tab=feed&model=a%20b");
  assert.deepEqual(parseRoute(formatRoute(route)), route);
});
