import assert from "node:assert/strict";
import { test } from "node:test";
import { appendPage, applyChanges, applySnapshot, applyTotals } from "../../llm_service/dashboard/static/js/reduce/board.js";
import { NO_QUERY } from "../../llm_service/dashboard/static/js/reduce/order.js";
import { boardOf, card, counts, ids, page, problem } from "./kit.mjs";

const created = (task) => ({ event: "task.created", task });
const removed = (task) => ({ event: "task.removed", task });
const moved = (task, old) => ({
  event: "task.assigned", task, old_path: old.path, old_column: old.column, old_agent: old.agent,
});

test("a new card goes in at its place by age", () => {
  const board = boardOf([card("t05"), card("t01")]);
  assert.deepEqual(ids(applyChanges(board, [created(card("t03"))], counts(3)), "inbox"), ["t05", "t03", "t01"]);
});

test("a move leaves the old column and enters the new one", () => {
  const before = card("t05");
  const now = card("t05", { column: "assigned", agent: "pedro" });
  const board = applyChanges(boardOf([before, card("t01")]), [moved(now, before)], counts(1, 1));
  assert.deepEqual([ids(board, "inbox"), ids(board, "assigned")], [["t01"], ["t05"]]);
  assert.deepEqual([board.columns.inbox.total, board.columns.assigned.total], [1, 1]);
  assert.deepEqual(board.columns.assigned.agents, { pedro: 1 });
});

test("columns that did not change keep their identity", () => {
  const board = boardOf([card("t05"), card("t06", { column: "done", agent: "pedro" })]);
  const next = applyChanges(board, [created(card("t03"))], counts(2, 0, 1));
  assert.equal(next.columns.done, board.columns.done);
});

test("a removed card goes, with its problem", () => {
  const bad = problem("bad");
  const board = applyChanges(boardOf([bad, card("t01")]), [removed(bad)], counts(1));
  assert.deepEqual(ids(board, "inbox"), ["t01"]);
  assert.equal(board.columns.inbox.problems, 0);
});

test("an unreadable file keeps its place and counts as a problem of its column", () => {
  const bad = card("t01", { state: "invalid", problem: { reason: "broken", line: 2, char: 3 } });
  const board = applyChanges(boardOf([card("t01")]), [{ event: "task.invalid", task: bad }], counts(1, 0, 0, 1));
  assert.equal(board.columns.inbox.problems, 1);
  assert.equal(board.columns.inbox.cards[0].problem.line, 2);
});

test("a card beyond the loaded pages only moves the counts", () => {
  const board = boardOf([card("t09"), card("t05")], { columns: { inbox: { next: "c", total: 300 } }, counts: counts(300) });
  const next = applyChanges(board, [created(card("t02"))], counts(301));
  assert.deepEqual(ids(next, "inbox"), ["t09", "t05"]);
  assert.equal(next.columns.inbox.total, 301);
});

test("a change of a card on a further page says what it was by the drift of the counts", () => {
  const columns = { done: { next: "c", total: 300, problems: 1, agents: { pedro: 300 } } };
  const board = boardOf([card("t09", { column: "done", agent: "pedro" })], { columns, counts: counts(0, 0, 300, 1) });
  const was = { path: "done/pedro/old.yaml", column: "done", agent: "pedro" };
  const now = card("old", { created_at: "2020-01-01T00:00:00.000Z" });
  const next = applyChanges(board, [{ ...moved(now, was), event: "task.returned" }], counts(1, 0, 299, 0));
  assert.deepEqual(next.columns.done.agents, { pedro: 299 });
  assert.equal(next.columns.done.problems, 0);
  assert.deepEqual(ids(next, "inbox"), ["old"]);
});

test("in a filtered view only matching cards go in", () => {
  const query = { ...NO_QUERY, agent: ["pedro"] };
  const board = boardOf([card("t05", { agent: "pedro" })], { query, counts: counts(10) });
  const changes = [created(card("t06", { agent: "pedro" })), created(card("t07", { agent: "annie" }))];
  const next = applyChanges(board, changes, counts(12));
  assert.deepEqual(ids(next, "inbox"), ["t06", "t05"]);
  assert.equal(next.columns.inbox.total, 2);
  assert.equal(next.counts.inbox, 12);
});

test("a card that stops matching leaves a filtered view", () => {
  const query = { ...NO_QUERY, priority: ["high"] };
  const board = boardOf([card("t05", { priority: "high" })], { query });
  const next = applyChanges(board, [{ event: "task.updated", task: card("t05", { priority: "low" }) }], counts(1));
  assert.deepEqual(ids(next, "inbox"), []);
  assert.equal(next.columns.inbox.total, 0);
});

test("where a filtered total cannot be known the board asks for it", () => {
  const query = { ...NO_QUERY, priority: ["high"] };
  const columns = { inbox: { next: "c", total: 200 } };
  const board = boardOf([card("t05", { priority: "high" })], { query, columns });
  const next = applyChanges(board, [removed(card("t01", { priority: "high" }))], counts(1));
  assert.equal(next.unsure, true);
  assert.equal(applyTotals(next, page([], { columns: { inbox: { total: 199 } } })).columns.inbox.total, 199);
});

test("2,000 changes at once end as the folder does", () => {
  const cards = Array.from({ length: 2_000 }, (_, i) => card(`t${i}`, { created_at: new Date(i * 1e6).toISOString() })).reverse();
  const changes = cards.map((old) => moved({ ...card(old.id, { column: "done", agent: "pedro" }), created_at: old.created_at }, old));
  const board = applyChanges(boardOf(cards), changes, counts(0, 0, 2_000));
  assert.equal(board.columns.inbox.cards.length, 0);
  assert.equal(board.columns.done.cards.length, 2_000);
  assert.deepEqual(board.columns.done.agents, { pedro: 2_000 });
  assert.equal(board.columns.done.cards[0].id, "t1999");
});

test("a file away and back within one batch stays", () => {
  const here = card("t05");
  const there = card("t05", { column: "done", agent: "pedro" });
  const board = applyChanges(boardOf([here]), [moved(there, here), moved(here, there)], counts(1));
  assert.deepEqual([ids(board, "inbox"), ids(board, "done")], [["t05"], []]);
  assert.deepEqual(board.columns.done.agents, {});
});

test("the next page joins without doubles", () => {
  const board = boardOf([card("t09"), card("t05")], { columns: { inbox: { next: "c" } } });
  const answer = page([card("t05"), card("t02")]);
  assert.deepEqual(ids(appendPage(board, "inbox", answer), "inbox"), ["t09", "t05", "t02"]);
});

test("a snapshot replaces the default view and only counts in a filtered one", () => {
  const snapshot = page([card("t01")], { epoch: "e2", seq: 9 });
  assert.deepEqual(ids(applySnapshot(boardOf([card("t05")]), snapshot), "inbox"), ["t01"]);
  const filtered = applySnapshot(boardOf([card("t05")], { query: { ...NO_QUERY, q: "five" } }), snapshot);
  assert.deepEqual(ids(filtered, "inbox"), ["t05"]);
  assert.equal(filtered.stale, true);
});
