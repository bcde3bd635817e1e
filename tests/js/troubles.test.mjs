import assert from "node:assert/strict";
import { test } from "node:test";
import { byReason } from "../../llm_service/dashboard/static/js/troubles.js";

const refused = (path) => ({ source: "gone", error: `gone: GET http://h:1${path} cannot be reached: connection refused` });

test("a server that is away is one entry, and its one reason is told once", () => {
  assert.deepEqual(byReason([refused("/a"), refused("/b"), refused("/c")]), [{ source: "gone", reasons: ["GET http://h:1/a cannot be reached: connection refused; 2 more questions failed for the same reason"] }]);
});

test("different reasons and different servers are told apart", () => {
  const told = byReason([refused("/a"), { source: "gone", error: "gone: GET http://h:1/b answered 500" }, { source: "odd", error: "odd: GET http://o/a answered 404" }]);
  assert.deepEqual(told.map(({ source, reasons }) => [source, reasons.length]), [["gone", 2], ["odd", 1]]);
});

test("more than three reasons are counted", () => {
  const [{ reasons }] = byReason([500, 501, 502, 503, 504].map((status) => ({ source: "gone", error: `gone: GET http://h/${status} answered ${status}` })));
  assert.equal(reasons.length, 4);
  assert.match(reasons[3], /^2 more reasons/);
});
