import assert from "node:assert/strict";
import { test } from "node:test";
import { event, run } from "./workers_kit.mjs";
import { bestText, chainCsv, chainText, iterationsOf, joined, lanesOf, merge, spanOfRun, tokenPoints } from "../../llm_service/dashboard/static/js/workers/chain.js";
import { sentenceOf, tallied } from "../../llm_service/dashboard/static/js/workers/spoken.js";

const T = (s) => Date.UTC(2026, 10, 21, 8, 0, s);
const iso = (s) => new Date(T(s)).toISOString();
const numbers = (events) => events.map(({ n }) => n);

test("events are merged by their number, each once, whatever order they came in", () => {
  const known = [event(1), event(2)];
  assert.deepEqual(numbers(merge(known, [event(3), event(4)])), [1, 2, 3, 4]);
  assert.deepEqual(numbers(merge(known, [event(5), event(2), event(4)])), [1, 2, 4, 5]);
  assert.equal(merge(known, []), known);
  assert.deepEqual(numbers(merge([event(3)], [event(1), event(2)])), [1, 2, 3]);
});

test("the time up to an event belongs to who sent it, and a gap to nobody", () => {
  const gaps = [{ start: iso(12), end: iso(15), seconds: 3, tokens_out: null, recovered: false }, { start: iso(4), end: iso(5), seconds: 1, tokens_out: 3, recovered: true }];
  const events = [
    event(2, { node: "supervisor" }), event(6, { tokens_out: 40 }), event(7, { type: "status", node: "system" }), event(10, { tokens_out: 100 }),
    event(20, { agent: "doc", node: "doc_agent", tokens_out: 90 }),
  ];
  const one = run("a", { started_at: iso(0), finished_at: iso(20), status: "completed", gaps });
  const span = spanOfRun(one, events, T(99));
  assert.deepEqual(span, { from: T(0), to: T(20) });
  assert.deepEqual(lanesOf(one, events, span), [
    { name: "supervisor", ms: 2_000, tokens: 0, parts: [{ from: T(0), to: T(2) }] },
    { name: "code_agent", ms: 7_000, tokens: 100, parts: [{ from: T(2), to: T(6) }, { from: T(7), to: T(10) }] },
    { name: "doc", ms: 7_000, tokens: 0, parts: [{ from: T(10), to: T(12) }, { from: T(15), to: T(20) }] },
  ]);
});

test("a run without a told start begins with its first event; without events there is nothing to draw", () => {
  assert.deepEqual(spanOfRun(run("a"), [event(3)], T(9)), { from: T(3), to: T(9) });
  assert.equal(spanOfRun(run("a", { started_at: iso(0) }), [], T(9)), null);
  assert.equal(spanOfRun(run("a"), [event(1, { at: "never" })], T(9)), null);
});

test("tokens over time are what was told last, and unknown before the first count and inside a gap", () => {
  const one = run("a", { started_at: iso(0), gaps: [{ start: iso(5), end: iso(8), seconds: 3, tokens_out: null, recovered: false }] });
  const events = [event(2, { tokens_out: 100 }), event(4, { tokens_out: null, tokens_in: 7 }), event(9, { tokens_out: 300 })];
  const points = tokenPoints(one, events, { from: T(0), to: T(10) }, 11);
  assert.deepEqual(points.map(({ out }) => out), [null, null, 100, 100, 100, 100, null, null, 100, 300, 300]);
  assert.deepEqual(points.map((point) => point.in), [null, null, null, null, 7, 7, null, null, 7, 7, 7]);
});

test("the text of a run is its last agent's, else anybody's, else the last message", () => {
  const events = [event(1, { text: "made" }), event(2, { node: "supervisor", text: "routes" }), event(3, { text: "" }), event(4, { type: "status", text: "over" })];
  assert.equal(bestText(events), "made");
  assert.equal(bestText(events.slice(1)), "routes");
  assert.equal(bestText(events.slice(3)), "over");
  assert.equal(bestText([]), "");
});

test("iterations are the largest told", () => {
  assert.equal(iterationsOf([event(1, { iteration: 2 }), event(2, { iteration: 5 }), event(3, { iteration: 4 })]), 5);
  assert.equal(iterationsOf([event(1)]), null);
});

test("the chain as CSV is quoted, and no cell is a formula", () => {
  const text = chainCsv([event(1, { text: 'a "b",\nc', iteration: 0 }), event(2, { text: "=1+1", agent: "@x" })]);
  const lines = text.split("\r\n");
  assert.equal(lines[0], "n,at,type,agent,iteration,node,tokens_in,tokens_out,status,text");
  assert.equal(lines[1], `1,${iso(1)},node_update,,0,code_agent,,,,"a ""b"",\nc"`);
  assert.equal(lines[2], `2,${iso(2)},node_update,'@x,,code_agent,,,,'=1+1`);
});

test("the chain to paste names who said what", () => {
  assert.equal(chainText([event(1, { iteration: 2, text: "x" }), event(2, { node: null, type: "stream_end", status: "failed" })]), "1. [code_agent i2] x\n2. [stream_end] failed\n");
});

test("stretches that no eye could tell apart are drawn as one", () => {
  const parts = [{ from: 0, to: 10 }, { from: 11, to: 20 }, { from: 30, to: 40 }];
  assert.deepEqual(joined(parts, 5), [{ from: 0, to: 20 }, { from: 30, to: 40 }]);
  assert.deepEqual(joined(parts, 1), parts);
  assert.equal(parts[0].to, 10, "what was given is left alone");
});

test("ends and losses are one sentence, and nobody hears of every step", () => {
  const ended = (badge) => ({ run: run("a", { badge }) });
  const counts = [["run.finished", ended("DONE")], ["run.finished", ended("ERROR")], ["run.finished", ended("DONE")], ["run.lost", ended("CONN LOST")]].reduce((all, [name, payload]) => tallied(all, name, payload), {});
  assert.equal(sentenceOf(counts), "2 runs done, 1 run failed, 1 run no longer heard.");
  assert.equal(tallied(counts, "run.advanced", { runs: [] }), counts);
  assert.equal(sentenceOf({}), "");
});
