import assert from "node:assert/strict";
import { test } from "node:test";
import { NO_ACTIVITY, addEntry, rows, withLine, withNewest, withOlder, withoutOlder } from "../../llm_service/dashboard/static/js/reduce/activity.js";
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

test("runs that ended alike are one row, those that ended otherwise are not among them", () => {
  const run = (second, outcome) => ({ event: "run.finished", at: entry(second).at, text: `Run r${second} ${outcome}`, href: `#run=s:r${second}`, outcome });
  const ended = [run(9, "failed"), run(8, "failed"), run(5, "completed"), run(3, "completed"), run(2, "completed")];
  assert.deepEqual(rows(ended).map((row) => row.entries.length), [1, 1, 3]);
});

test("a long pause parts the rows", () => {
  assert.equal(rows([entry(900), entry(2), entry(1)]).length, 3);
});

test("a growing row keeps its key", () => {
  const three = [entry(3), entry(2), entry(1)];
  assert.equal(rows(three)[0].key, rows([entry(4), ...three])[0].key);
});

test("the feed keeps the newest 200", () => {
  let feed = NO_ACTIVITY;
  for (let i = 0; i < 250; i += 1) feed = withLine(feed, entry(i));
  assert.deepEqual([feed.entries.length, feed.entries[0].title, feed.next], [200, "T249", ""]);
});

test("a line that is told twice is one line", () => {
  assert.equal(addEntry([entry(2)], entry(2)).length, 1);
});

test("where pages meet, no line comes twice and the order stays", () => {
  const live = withNewest(NO_ACTIVITY, [entry(5), entry(4), entry(3)]);
  const paged = withOlder(live, { entries: [entry(4), entry(3), entry(2), entry(1)], next: "1.1" });
  assert.deepEqual(paged.entries.map(({ title }) => title), ["T5", "T4", "T3", "T2", "T1"]);
  assert.deepEqual([paged.next, paged.word], ["1.1", "idle"]);
});

test("two alerts of one moment are two lines", () => {
  const alert = (text) => ({ event: "budget.alert", at: entry(3).at, text });
  const paged = withOlder(withNewest(NO_ACTIVITY, [alert("a"), alert("b")]), { entries: [alert("b"), alert("a")], next: null });
  assert.deepEqual(paged.entries.map(({ text }) => text), ["a", "b"]);
});

test("a storm is one line, although the history has its tasks one by one", () => {
  const storm = { event: "board.changed", at: entry(3).at, count: 2, by: {} };
  const page = { entries: [entry(3), { ...entry(3), path: "done/other.yaml" }, entry(2)], next: null };
  assert.deepEqual(withOlder(withNewest(NO_ACTIVITY, [storm]), page).entries.map(({ event }) => event), ["board.changed", "task.completed"]);
});

test("after a restart the known lines stay and what was found later comes in at its place", () => {
  const known = withOlder(withNewest(NO_ACTIVITY, [entry(9)]), { entries: [entry(2)], next: "1.1" });
  const restarted = withNewest(known, [entry(30)]);
  const found = withOlder({ ...restarted, next: "" }, { entries: [{ ...entry(20), inferred: true }, entry(9)], next: "1.0" });
  assert.deepEqual(found.entries.map(({ title, inferred }) => `${title}${inferred ? "?" : ""}`), ["T30", "T20?", "T9", "T2"]);
});

test("a reader who pages back keeps what live lines would push out, up to a limit that is said", () => {
  let feed = withNewest(NO_ACTIVITY, Array.from({ length: 200 }, (_, i) => entry(5_000 - i)));
  feed = withOlder(feed, { entries: Array.from({ length: 100 }, (_, i) => entry(4_000 - i)), next: "1.1" });
  for (let i = 0; i < 50; i += 1) feed = withLine(feed, entry(6_000 + i));
  assert.deepEqual([feed.entries.length, feed.full], [350, false]);
  feed = withOlder(feed, { entries: Array.from({ length: 1_900 }, (_, i) => entry(3_000 - i)), next: "1.0" });
  assert.deepEqual([feed.entries.length, feed.full], [2_000, true]);
  assert.deepEqual([withoutOlder(feed).entries.length, withoutOlder(feed).next], [200, ""]);
});

test("lines that were found later are no row with watched ones", () => {
  const found = rows([entry(4), { ...entry(3), inferred: true }, { ...entry(2), inferred: true }, { ...entry(1), inferred: true }]);
  assert.deepEqual(found.map((row) => row.entries.length), [1, 3]);
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
