import assert from "node:assert/strict";
import { test } from "node:test";
import { ageing, byAgent, cumulative, cycleTimes, throughput } from "../../llm_service/dashboard/static/js/flow/specs.js";
import { csvOf, drawn, entriesOf, tableOf } from "../../llm_service/dashboard/static/js/charts/spec.js";
import { logTicks, stepOf } from "../../llm_service/dashboard/static/js/charts/units.js";
import { boardMoved, dateIn, isBare, isEarly } from "../../llm_service/dashboard/static/js/reduce/flow.js";
import { spanOf } from "../../llm_service/dashboard/static/js/time.js";
import { formatRoute, parseRoute } from "../../llm_service/dashboard/static/js/url.js";

const rank = (p50, p85, p95, tasks = 4) => ({ p50, p85, p95, tasks });
const task = (id, age_hours, more = {}) => ({ path: `assigned/a/${id}.yaml`, id, title: id.toUpperCase(), agent: "a", status: "in_progress", age_hours, watched: true, ...more });
const done = (id, done_at, cycle_hours, watched = true) => ({ path: `done/a/${id}.yaml`, id, title: id, agent: "a", done_at, lead_hours: cycle_hours + 1, cycle_hours, watched });
const PAGE = {
  timezone: "Europe/Berlin", days: ["2026-11-20", "2026-11-21"], created: [1, 2], done: [3, 1], seeded: [2, 0],
  standing: { inbox: [1, 2], assigned: [2, 2], done: [1_003, 1_004] }, lead: rank(2, 4, 6), cycle: rank(1, 3, 5),
  agents: [{ agent: "a", done: 4, in_work: 4, cycle: rank(1, 3, 5) }],
  ageing: [task("old", 9), task("late", 4), task("fair", 2), task("new", 0.5), task("unknown", null)],
  finished: [done("c", "2026-11-20T23:30:00.000Z", 2), done("b", "2026-11-20T12:00:00.000Z", 1, false)], unknown: 0, watching_since: "2026-11-20T00:00:00.000Z",
};
const values = (spec, name) => spec.series.find((one) => one.name === name).values;

test("the watched and the seeded part of a day are its sum, and the table has the server's own figures", () => {
  const spec = throughput(PAGE);
  assert.deepEqual([values(spec, "watched"), values(spec, "seeded")], [[1, 1], [2, 0]]);
  assert.deepEqual(tableOf(spec).rows.map((row) => row.values), [[3, 2, 1], [1, 0, 2]]);
  assert.equal(entriesOf(spec).find(({ name }) => name === "seeded").hatched, true);
});

test("finished tasks lie on the day of the zone, the oldest first", () => {
  const spec = cycleTimes(PAGE);
  assert.deepEqual(spec.points.map(({ key }) => key), ["done/a/b.yaml", "done/a/c.yaml"]);
  assert.deepEqual(spec.points.map(({ x }) => Math.floor(x)), [0, 1], "half past midnight in Berlin is the next day");
  assert.deepEqual([values(spec, "watched"), values(spec, "seeded")], [[null, 2], [1, null]]);
});

test("work is told by how old it is beside finished work; what nobody knows is only in the table", () => {
  const spec = ageing(PAGE);
  assert.deepEqual(["over", "p95", "p85", "p50"].map((band) => values(spec, band).findIndex((value) => value !== null)), [0, 1, 2, 3]);
  assert.deepEqual(drawn(spec, []).points.map(({ short }) => short), ["OLD", "LATE", "FAIR", "NEW"]);
  assert.deepEqual(drawn(spec, ["over"]).points.map(({ short }) => short), ["LATE", "FAIR", "NEW"]);
  assert.equal(tableOf(spec).rows.length, 5);
  assert.match(csvOf(spec), /assigned\/a\/old\.yaml,9,a,In progress,watched\r\n/);
  assert.deepEqual(spec.marks.map(({ short }) => short), ["p50", "p85", "p95"]);
});

test("without a finished task there are no bands", () => {
  const spec = ageing({ ...PAGE, cycle: rank(null, null, null, 0) });
  assert.deepEqual(entriesOf(spec).map(({ name }) => name), ["age"]);
  assert.deepEqual(spec.marks, []);
});

test("an axis begins above zero only where everything else would be a hair", () => {
  assert.equal(cumulative(PAGE).from, 1_000);
  assert.equal(cumulative({ ...PAGE, standing: { inbox: [1, 2], assigned: [2, 2], done: [3, 4] } }).from, undefined);
});

test("an agent leads to its tasks on the board", () => {
  const spec = byAgent({ ...PAGE, agents: [{ ...PAGE.agents[0], agent: "a b" }] }, { slotOf: () => 2 });
  assert.deepEqual([spec.points[0].href, spec.points[0].slot], ["#board?agent=a%20b", "2"]);
});

test("hours are said as people say them", () => {
  assert.deepEqual([null, 0, 0.01, 0.5, 1, 3.24, 47.9, 60, 240].map(spanOf), ["–", "0 min", "under 1 min", "30 min", "1 hour", "3.2 hours", "47.9 hours", "2.5 days", "10 days"]);
});

test("an axis of hours has lines where people expect them", () => {
  assert.deepEqual([stepOf(5, "hours"), stepOf(30, "hours"), stepOf(100, "hours"), stepOf(5, "count")], [1, 6, 24, undefined]);
  assert.deepEqual(logTicks(0.5, 60, "hours"), [0.25, 1, 4, 12, 24, 72]);
});

test("the range and an open task are in the address", () => {
  for (const address of ["#flow", "#flow?range=90d", "#flow?range=7d&task=t1", "#flow?file=done/a/x.yaml"]) assert.equal(formatRoute(parseRoute(address)), address);
  assert.equal(parseRoute("#flow?range=5y").flow, "30d");
});

test("an answer without the tasks that lie on the board came too early", () => {
  const bare = { ...PAGE, agents: [], created: [0], standing: { inbox: [0], assigned: [0], done: [0] } };
  const counts = { inbox: 0, assigned: 1, done: 0, problems: 0 };
  assert.deepEqual([isBare(bare), isBare(PAGE)], [true, false]);
  assert.deepEqual([isEarly(bare, { counts }), isEarly(bare, { counts: { ...counts, assigned: 0 } }), isEarly(bare, { counts: null })], [true, false, false]);
  assert.deepEqual([isEarly({ ...PAGE, watching_since: null }, { counts }), isEarly(PAGE, { counts })], [true, false]);
});

test("a board that moved is one whose stream went on", () => {
  const at = (epoch, seq) => ({ streams: { board: epoch && { epoch, seq } } });
  assert.deepEqual([boardMoved(at("a", 2), at("a", 1)), boardMoved(at("a", 1), at("a", 1)), boardMoved(at("b", 1), at("a", 1))], [true, false, true]);
  assert.deepEqual([dateIn(Date.parse("2026-11-20T23:30:00Z"), "Europe/Berlin"), dateIn(0, "Nowhere/Else")], ["2026-11-21", null]);
});
