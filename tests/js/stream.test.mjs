import assert from "node:assert/strict";
import { test } from "node:test";
import { judge } from "../../llm_service/dashboard/static/js/reduce/stream.js";
import { initialState, reduce } from "../../llm_service/dashboard/static/js/reduce/root.js";
import { HOME } from "../../llm_service/dashboard/static/js/url.js";
import { card, counts, ids, page } from "./kit.mjs";

const known = { epoch: "e1", seq: 4 };
const event = (seq, task, more = {}) => ({ epoch: "e1", topic: "board", seq, task, counts: counts(1), ...more });

for (const [name, at, says] of [
  ["the next number is applied", { epoch: "e1", seq: 5 }, "apply"],
  ["a known number is ignored", { epoch: "e1", seq: 4 }, "ignore"],
  ["a hole is a gap", { epoch: "e1", seq: 6 }, "gap"],
  ["another epoch is a gap", { epoch: "e2", seq: 5 }, "gap"],
]) {
  test(name, () => assert.equal(judge(known, "task.updated", at), says));
}

test("a snapshot is always applied", () => {
  assert.equal(judge(null, "board.snapshot", { epoch: "e9", seq: 1 }), "apply");
});

function live(cards) {
  let state = initialState(HOME, 0, { closedGroups: [], openRows: [], dismissed: [] });
  state = reduce(state, { type: "page", page: page(cards), query: HOME.query });
  return reduce(state, { type: "connection", signal: { kind: "up", version: "1" }, now: 1 });
}

function hear(state, name, payload) {
  return reduce(state, { type: "event", name, payload, anchors: {}, now: 2 });
}

test("after a gap the page asks again and applies nothing until the snapshot", () => {
  let state = hear(live([card("t01")]), "task.created", event(3, card("t09")));
  assert.equal(state.wanted.board, true);
  assert.deepEqual(ids(state.board, "inbox"), ["t01"]);
  state = hear(state, "board.snapshot", { ...page([card("t09"), card("t01")]), seq: 3, topic: "board" });
  assert.equal(state.wanted.board, false);
  assert.deepEqual(ids(state.board, "inbox"), ["t09", "t01"]);
});

test("an event that an answer already holds is not applied twice", () => {
  let state = live([card("t01")]);
  state = reduce(state, { type: "page", page: page([card("t09"), card("t01")], { seq: 2 }), query: HOME.query });
  state = hear(state, "task.created", event(2, card("t09"), { counts: counts(2) }));
  assert.deepEqual(ids(state.board, "inbox"), ["t09", "t01"]);
  assert.equal(state.board.columns.inbox.total, 2);
});

test("events that overtook an answer are applied on top of it", () => {
  let state = hear(live([card("t01")]), "task.created", event(2, card("t09"), { counts: counts(2) }));
  state = reduce(state, { type: "page", page: page([card("t01")], { seq: 1 }), query: HOME.query });
  assert.deepEqual(ids(state.board, "inbox"), ["t09", "t01"]);
});

test("the answer to an old question is dropped", () => {
  const state = live([card("t01")]);
  assert.equal(reduce(state, { type: "page", page: page([]), query: { ...HOME.query, q: "x" } }), state);
});

test("the keyboard's card stays that card when its file moves", () => {
  let state = reduce(live([card("t01")]), { type: "ui", patch: { cursor: card("t01").path } });
  const now = card("t01", { column: "done", agent: "pedro" });
  state = hear(state, "task.completed", event(2, now, { old_path: card("t01").path, old_column: "inbox", counts: counts(0, 0, 1) }));
  assert.equal(state.ui.cursor, now.path);
});
