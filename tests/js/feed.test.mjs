import assert from "node:assert/strict";
import { test } from "node:test";
import { feedAddress, isFiltered, tableAddress, withFirst, withOlder } from "../../llm_service/dashboard/static/js/feed/entries.js";

const page = (keys, more = {}) => ({ entries: keys.map((key) => ({ run: { key }, snippet: key })), next: null, models: ["m"], sources: ["s"], ...more });
const keys = ({ entries }) => entries.map(({ run }) => run.key);

test("the choices of the address are asked of the server", () => {
  assert.equal(feedAddress({ tab: "feed", model: "a/b", q: "x y" }), "/api/feed?model=a%2Fb&q=x%20y&limit=50");
  assert.equal(feedAddress({}, "c 1"), "/api/feed?before=c%201&limit=50");
});

test("the table that is downloaded has the same choices, and only runs that ended", () => {
  assert.equal(tableAddress({ tab: "feed", status: "failed", q: "x y" }), "/api/runs/export.csv?status=failed&q=x%20y&ended=true");
  assert.deepEqual([isFiltered({ tab: "feed" }), isFiltered({ source: "s" })], [false, true]);
});

test("what is new goes in at the top, and what was paged in stays", () => {
  const before = withOlder(withFirst(null, page(["3", "2"], { next: "c" }), false), page(["1"]));
  assert.deepEqual(keys(withFirst(before, page(["4", "3"]), false)), ["4", "3", "2", "1"]);
});

test("what is new waits while somebody reads, and is counted", () => {
  const before = withFirst(null, page(["2", "1"]), false);
  const after = withFirst(before, page(["4", "3", "2"]), true);
  assert.deepEqual([keys(after), after.held], [["2", "1"], 2]);
});

test("a page that has nothing in common with what stood replaces it, or there would be a hole", () => {
  const before = withFirst(null, page(["2", "1"]), false);
  assert.deepEqual(keys(withFirst(before, page(["9", "8"], { next: "c" }), false)), ["9", "8"]);
});

test("an entry that is told again is told anew, and none is there twice", () => {
  const before = withFirst(null, page(["2", "1"]), false);
  const after = withFirst(before, { ...page(["2"]), entries: [{ run: { key: "2" }, snippet: "better" }] }, false);
  assert.deepEqual(after.entries.map(({ snippet }) => snippet), ["better", "1"]);
  assert.deepEqual(keys(withOlder(after, page(["1", "0"]))), ["2", "1", "0"]);
});
