import assert from "node:assert/strict";
import { test } from "node:test";
import { addEntry, rows } from "../../llm_service/dashboard/static/js/reduce/activity.js";
import { noteChange, sentences } from "../../llm_service/dashboard/static/js/reduce/announce.js";
import { card } from "./kit.mjs";

const entry = (second, event = "task.completed", column = "done") => ({
  event, column, at: new Date(1_767_225_600_000 + second * 1_000).toISOString(), path: `${column}/${second}.yaml`, title: `T${second}`,
});

test("many alike are one row", () => {
  const found = rows([entry(3), entry(2), entry(1)]);
  assert.deepEqual(found.map((row) => row.entries.length), [3]);
});

test("two alike stay two rows", () => {
  assert.equal(rows([entry(2), entry(1)]).length, 2);
});

test("another kind between them parts the rows", () => {
  const found = rows([entry(9), entry(8), entry(7), entry(5, "task.created", "inbox"), entry(3), entry(2), entry(1)]);
  assert.deepEqual(found.map((row) => row.entries.length), [3, 1, 3]);
});

test("a long pause parts the rows", () => {
  assert.equal(rows([entry(900), entry(2), entry(1)]).length, 3);
});

test("a growing row keeps its key", () => {
  const three = [entry(3), entry(2), entry(1)];
  assert.equal(rows(three)[0].key, rows([entry(4), ...three])[0].key);
});

test("the feed keeps the newest 200", () => {
  let entries = [];
  for (let i = 0; i < 250; i += 1) entries = addEntry(entries, entry(i));
  assert.deepEqual([entries.length, entries[0].title], [200, "T249"]);
});

test("one change is spoken by its title", () => {
  const tallied = noteChange({}, { event: "task.completed", task: card("t01", { column: "done" }), old_column: "assigned" });
  assert.equal(sentences(tallied), "Task t01 moved to Done.");
});

test("many changes are spoken as a few sentences", () => {
  let tallied = {};
  for (let i = 0; i < 37; i += 1) tallied = noteChange(tallied, { event: "task.completed", task: card("t01", { column: "done" }), old_column: "inbox" });
  tallied = noteChange(tallied, { event: "task.created", task: card("t02") });
  assert.equal(sentences(tallied), "37 tasks moved to Done. 1 task new in Inbox.");
});
