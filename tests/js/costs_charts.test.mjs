import assert from "node:assert/strict";
import { test } from "node:test";
import { SLOTS, createColours } from "../../llm_service/dashboard/static/js/charts/colours.js";
import { csvOf, drawn, entriesOf, isEmpty, tableOf } from "../../llm_service/dashboard/static/js/charts/spec.js";
import { dollars, dollarsInColumn, exactly, exactlyInColumn, shortly, tokens } from "../../llm_service/dashboard/static/js/charts/units.js";
import { costOverTime, errorRate, modelShare } from "../../llm_service/dashboard/static/js/costs/chart_specs.js";

const SPEC = {
  id: "x", title: "X", kind: "lines", head: "Day", unit: "usd", points: [{ key: "d1", short: "1", long: "Day 1" }, { key: "d2", short: "2", long: "Day 2" }],
  series: [
    { name: "a", label: "=a,b", slot: "1", values: [1, null] }, { name: "b", label: "B", slot: "2", unit: "ms", values: [3, 4] },
    { name: "c", label: "C", slot: "3", unit: "count", tableOnly: true, values: [5, 6] },
  ],
};
const SHARE = { ...SPEC, kind: "doughnut", points: [{ key: "m1", long: "One", slot: "4" }, { key: "m2", long: "Two", slot: "5" }], series: [{ name: "cost", label: "Cost", values: [1, 2] }] };

test("the table has every number, also those that are not drawn", () => {
  const { columns, rows } = tableOf(SPEC);
  assert.deepEqual(columns.map(({ label, unit }) => [label, unit]), [["=a,b", "usd"], ["B", "ms"], ["C", "count"]]);
  assert.deepEqual(rows.map(({ label, values }) => [label, ...values]), [["Day 1", 1, 3, 5], ["Day 2", null, 4, 6]]);
});

test("a CSV is the table, and no cell of it is a formula", () => {
  assert.equal(csvOf(SPEC), 'Day,"\'=a,b (USD)",B (ms),C\r\nd1,1,3,5\r\nd2,,4,6\r\n');
  for (const start of ["=", "+", "-", "@", "\t", "\r"]) {
    const text = csvOf({ ...SPEC, points: [{ key: `${start}x` }], series: [{ label: "A", values: [-1] }] });
    assert.match(text, /^Day,A \(USD\)\r\n"?'/);
    assert.match(text, /,-1\r\n$/, "a number stays a number");
  }
});

test("the legend takes series away, of a share its points", () => {
  assert.deepEqual(drawn(SPEC, ["a"]).series.map(({ name }) => name), ["b"]);
  const one = drawn(SHARE, ["m1"]);
  assert.deepEqual([one.points.map(({ key }) => key), one.series[0].values], [["m2"], [2]]);
  assert.deepEqual(entriesOf(SHARE).map(({ label, slot }) => [label, slot]), [["One", "4"], ["Two", "5"]]);
});

test("zeros and unknowns alone are an empty chart", () => {
  assert.ok(isEmpty({ ...SPEC, series: [{ values: [0, null] }] }));
  assert.ok(!isEmpty(SPEC));
});

test("a name keeps its colour, and eight names have eight", () => {
  const kept = new Map();
  const storage = { getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => kept.set(key, value) };
  const colours = createColours(storage);
  const names = Array.from({ length: SLOTS }, (_, index) => `model-${index}`);
  const slots = names.map((name) => colours.slotOf("model", name));
  assert.equal(new Set(slots).size, SLOTS);
  const later = createColours(storage);
  assert.deepEqual(names.toReversed().map((name) => later.slotOf("model", name)), slots.toReversed());
});

test("colours last as long as the page where storage is forbidden or holds rubbish", () => {
  for (const storage of [null, { getItem: () => '{"model":[["a",99],["b"]]}', setItem: () => assert.fail }]) {
    const colours = createColours(storage);
    assert.equal(colours.slotOf("model", "a"), colours.slotOf("model", "a"));
    assert.ok(colours.slotOf("model", "__proto__") <= SLOTS);
  }
});

test("figures are exact where they are read and short where they only guide", () => {
  assert.equal(exactly(0.000123, "usd"), "$0.000123");
  assert.equal(exactly(1234567, "tokens"), "1,234,567");
  assert.equal(exactly(null, "ms"), "–");
  assert.equal(shortly(1234567, "tokens"), "1.2M");
  assert.deepEqual([dollars(0), dollars(0.0042), dollars(8.1), dollars(12345.6), dollars(null)], ["$0.00", "$0.0042", "$8.10", "$12,346", "–"]);
  assert.deepEqual([tokens(9800), tokens(12_345), tokens(undefined)], ["9,800", "12.3K", "–"]);
});

const RANGE = { width: "day", timezone: "America/New_York" };

test("days are said in the time zone of the sums, not in the reader's", () => {
  const page = { by: "model", range: RANGE, buckets: ["2026-11-01T04:00:00.000Z"], series: [{ name: "", other: false, cost_usd: [1], tokens: [1] }, { name: "", other: true, cost_usd: [2], tokens: [1] }] };
  const spec = costOverTime(page, createColours(null));
  assert.equal(spec.points[0].long, "Sun, 1 November 2026");
  assert.deepEqual(spec.series.map(({ label, slot }) => [label, slot]), [["No model given", "none"], ["Others", "other"]]);
});

test("a rate of nothing is unknown, not zero", () => {
  const spec = errorRate({ range: RANGE, buckets: ["2026-11-01T04:00:00.000Z", "2026-11-02T05:00:00.000Z"], errors: { invocations: [0, 4], errors: [0, 1] } });
  assert.deepEqual(spec.series[0].values, [null, 25]);
});

test("beyond twelve models the rest is one, and the sum stays", () => {
  const models = Array.from({ length: 15 }, (_, index) => ({ name: `m${index}`, cost_usd: 1, invocations: 2 }));
  const spec = modelShare({ models }, createColours(null));
  assert.equal(spec.points.length, 13);
  assert.deepEqual([spec.points.at(-1).long, spec.series[0].values.at(-1)], ["Others", 3]);
});

test("dollars of a column have their points below each other", () => {
  assert.deepEqual([0, 0.04305, 0.021, 12.5, 0.000012, null].map(dollarsInColumn), ["$0.0000", "$0.0431", "$0.0210", "$12.5000", "$0.000012", "–"]);
});

test("a column of a table is exact, and its points line up", () => {
  const values = [0, 0.26894, 0.250783, null];
  assert.deepEqual(values.map(exactlyInColumn(values, "usd")), ["$0.000000", "$0.268940", "$0.250783", "–"]);
  assert.deepEqual([1, 0.5].map(exactlyInColumn([1, 0.5], "usd")), ["$1.00", "$0.50"]);
  assert.deepEqual([1200, null].map(exactlyInColumn([1200, null], "tokens")), ["1,200", "–"]);
});
