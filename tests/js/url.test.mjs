import assert from "node:assert/strict";
import { test } from "node:test";
import { HOME, boardAddress, formatRoute, parseRoute } from "../../llm_service/dashboard/static/js/url.js";
import { runHref } from "../../llm_service/dashboard/static/js/workers/figures.js";

test("the bare page is the board", () => {
  assert.deepEqual(parseRoute(""), { ...HOME });
});

test("every part of a view is in the address, and comes back", () => {
  const route = {
    ...HOME, column: "done", group: true, task: "2026-01-01T0900-x/y&z",
    query: { q: "a b", agent: ["pedro"], priority: ["high", "low"], status: ["blocked"], tag: ["ä", "x=y"], problem: true, sort: "priority" },
  };
  assert.deepEqual(parseRoute(formatRoute(route)), route);
});

test("#task=<id> alone opens a task", () => {
  assert.equal(parseRoute("#task=2026-01-01T0900-x").task, "2026-01-01T0900-x");
});

test("#file=<path> alone opens a file", () => {
  assert.equal(parseRoute("#file=inbox/a%20b.yaml").file, "inbox/a b.yaml");
});

test("nonsense is the bare board", () => {
  assert.deepEqual(parseRoute("#nonsense?sort=sideways&priority=urgnt&column=attic"), { ...HOME });
});

test("a section is a view", () => {
  assert.equal(parseRoute("#costs?range=30d").section, "costs");
});

test("the server is asked for what the address says", () => {
  const { query } = parseRoute("#board?q=two+words&agent=pedro,annie&sort=updated");
  assert.equal(boardAddress(query, { column: "done" }), "/api/board?q=two%20words&agent=pedro%2Cannie&sort=updated&column=done");
});

test("a run has an address whatever its server calls it, and the address bar spells it the same way", () => {
  for (const id of ["a/b", "x/events", "50%", "50%2F", "why?", "#1", "two words", "a+b&c=d", "日本語", "..", "a,b:c", "'\"<>"]) {
    const href = runHref(`spark:${id}`);
    assert.equal(parseRoute(href).more.run, `spark:${id}`);
    assert.equal(formatRoute(parseRoute(href)), href);
  }
});
