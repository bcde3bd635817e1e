import assert from "node:assert/strict";
import { test } from "node:test";
import { applyChanges, release } from "../../llm_service/dashboard/static/js/reduce/board.js";
import { shown } from "../../llm_service/dashboard/static/js/reduce/hold.js";
import { NO_QUERY } from "../../llm_service/dashboard/static/js/reduce/order.js";
import { boardOf, card, counts } from "./kit.mjs";

const created = (task) => ({ event: "task.created", task });
const drawn = (board) => shown(board.columns.inbox).map((one) => one.id);
const reading = (task) => ({ inbox: [task.path] });

test("without a reader a new card goes straight in", () => {
  const board = applyChanges(boardOf([card("t05")]), [created(card("t09"))], counts(2));
  assert.deepEqual(drawn(board), ["t09", "t05"]);
});

test("a new card above what is read waits, and its count does not", () => {
  const board = applyChanges(boardOf([card("t05")]), [created(card("t09"))], counts(2), reading(card("t05")));
  assert.deepEqual(drawn(board), ["t05"]);
  assert.deepEqual(board.columns.inbox.held, [card("t09").path]);
  assert.equal(board.columns.inbox.total, 2);
});

test("a new card below what is read goes straight in", () => {
  const board = applyChanges(boardOf([card("t05")]), [created(card("t01"))], counts(2), reading(card("t05")));
  assert.deepEqual(drawn(board), ["t05", "t01"]);
});

test("the chip lets them in", () => {
  const held = applyChanges(boardOf([card("t05")]), [created(card("t09"))], counts(2), reading(card("t05")));
  assert.deepEqual(drawn(release(held, "inbox")), ["t09", "t05"]);
});

test("a held card that goes away is no longer waiting", () => {
  const held = applyChanges(boardOf([card("t05")]), [created(card("t09"))], counts(2), reading(card("t05")));
  const next = applyChanges(held, [{ event: "task.removed", task: card("t09") }], counts(1));
  assert.deepEqual(next.columns.inbox.held, []);
});

test("an edit of a card above the reader stays where it is", () => {
  const board = boardOf([card("t09"), card("t05")]);
  const next = applyChanges(board, [{ event: "task.updated", task: card("t09", { title: "New" }) }], counts(2), reading(card("t05")));
  assert.deepEqual(drawn(next), ["t09", "t05"]);
});

test("the card under the pointer is never taken away from it", () => {
  const query = { ...NO_QUERY, sort: "updated" };
  const board = boardOf([card("t09", { updated_at: "2026-03-02" }), card("t05", { updated_at: "2026-03-01" })], { query });
  const edited = card("t05", { updated_at: "2026-03-03" });
  const next = applyChanges(board, [{ event: "task.updated", task: edited }], counts(2), reading(edited));
  assert.deepEqual(drawn(next), ["t05", "t09"]);
});
