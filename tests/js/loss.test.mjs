// Loss curves as values: choices of the address, steps that arrive, axes, what is drawn.
import assert from "node:assert/strict";
import { test } from "node:test";
import { between, scaleOf, stepAt, ticksOf } from "../../llm_service/dashboard/static/js/loss/axis.js";
import { NO_BOOK, curveOf, ofJob, withAnswer, withAppended, withFailure } from "../../llm_service/dashboard/static/js/loss/book.js";
import { STOPS, keysOf, nearest, parseChoices, textOf, withChoices } from "../../llm_service/dashboard/static/js/loss/choices.js";
import { badPlaces, extremesOf, isCrowded, withPoints } from "../../llm_service/dashboard/static/js/loss/curve.js";
import { edgeWords, withEdges } from "../../llm_service/dashboard/static/js/loss/edges.js";
import { frameOf } from "../../llm_service/dashboard/static/js/loss/frame.js";
import { nearestIndex, readingAt, readingText } from "../../llm_service/dashboard/static/js/loss/reading.js";
import { tracesOf } from "../../llm_service/dashboard/static/js/loss/traces.js";
import { loss, rate, span, steps } from "../../llm_service/dashboard/static/js/loss/units.js";
import { curve, point } from "./loss_kit.mjs";

const PLAIN = parseChoices({});

test("choices come back from the address as they went in, and what is usual is left out", () => {
  const more = withChoices({ job: "spark:a" }, { smoothing: 0.95, logY: true, axis: "relative", from: 10, to: 90, others: ["x:1,2", "y:5%"], target: false, table: true });
  assert.deepEqual(parseChoices(more), { smoothing: 0.95, logY: true, logX: false, axis: "relative", from: 10, to: 90, others: ["x:1,2", "y:5%"], target: false, table: true });
  assert.equal(more.job, "spark:a");
  assert.deepEqual(withChoices(more, { smoothing: 0.8, logY: false, axis: "step", from: null, to: null, others: [], target: true, table: false }), { job: "spark:a" });
});

test("what makes no sense in an address is as if it were not there", () => {
  const found = parseChoices({ smooth: "7", x: "moon", from: "90", to: "10", with: ",,a,a,b,c,d,e,f,g" });
  assert.deepEqual([found.smoothing, found.axis, found.from, found.to, found.others], [0.8, "step", null, null, ["a", "b", "c", "d", "e", "f"]]);
  assert.equal(parseChoices({ xlog: "yes", x: "wall" }).logX, false, "the time of day has no beginning");
});

test("smoothing snaps to the stops that the server keeps", () => {
  assert.equal(nearest(0.93), 0.95);
  assert.deepEqual(STOPS.map(nearest), [...STOPS]);
  assert.deepEqual(keysOf(textOf(["a,b", "c%2C"])), ["a,b", "c%2C"]);
});

test("a step that arrives makes a bucket, or goes into the last one, and moves the facts", () => {
  const raw = withPoints(curve([3, 2, 1]), [point(4, 0.5)]);
  assert.deepEqual([raw.buckets.step, raw.buckets.last, raw.facts.last, raw.facts.best_step, raw.facts.count], [[1, 2, 3, 4], [3, 2, 1, 0.5], 0.5, 4, 4]);
  const wide = withPoints({ ...curve([3, 2, 1, 1.5]), width: 4, buckets: curve([1]).buckets, facts: { ...curve([1]).facts, last_step: 4, count: 4 } }, [point(5, 9), point(6, 0.25)]);
  assert.deepEqual([wide.buckets.step, wide.buckets.min, wide.buckets.max, wide.buckets.min_step], [[1, 5], [1, 0.25], [1, 9], [1, 6]]);
});

test("steps that are known already change nothing, and the curve stays the same object", () => {
  const before = curve([3, 2, 1]);
  assert.equal(withPoints(before, [point(2, 7), point(3, 7)]), before);
});

test("the smoothed line goes on exactly as the server smooths", () => {
  const losses = [3, 2.5, 2.8, null, 1.9, 2.2, 0.4];
  const weight = 0.9;
  let biased = 0;
  let count = 0;
  const expected = losses.map((value) => {
    if (value === null) return null;
    count += 1;
    biased = weight * biased + (1 - weight) * value;
    return biased / (1 - weight ** count);
  });
  const first = { ...curve([3]), smoothing: weight };
  const grown = losses.slice(1).reduce((known, value, i) => withPoints(known, [point(i + 2, value)]), first);
  grown.buckets.smooth.forEach((value, i) => (expected[i] === null ? assert.equal(value, null) : assert.ok(Math.abs(value - expected[i]) < 1e-12, `step ${i + 1}`)));
});

test("steps without a number are places of their own, neighbours joined", () => {
  const sick = curve([3, null, null, 2, null]);
  assert.deepEqual(badPlaces(sick), [{ from: 2, to: 3, count: 2 }, { from: 5, to: 5, count: 1 }]);
  assert.equal(withPoints(sick, [point(6, null)]).facts.bad, 4);
  const { raw, main, bad } = tracesOf(sick, PLAIN);
  assert.deepEqual(raw.map((run) => run.length), [1, 1], "the line is broken there");
  assert.ok(main.some(({ y }) => Number.isNaN(y)));
  assert.deepEqual(bad, [[2, 3], [5, 5]]);
});

test("a hole in the steps breaks the line and is told as a hole", () => {
  const { raw, holes } = tracesOf({ ...curve([3, 2, 1], [1, 2, 90]), gaps: [[2, 90]] }, PLAIN);
  assert.deepEqual([raw.length, holes], [2, [[2, 90]]]);
});

test("steps that were made before the first or after the last that was seen are holes with room of their own", () => {
  const whole = curve([3, 2, 1]);
  assert.equal(withEdges(whole, { cut: false, until: 3 }), whole);
  const late = withEdges(curve([3, 2, 1], [20, 21, 22]), { cut: true, until: 60 });
  assert.deepEqual(late.edges, [{ from: 0, to: 20, open: false }, { from: 22, to: 60, open: true }]);
  const { holes, left, right } = tracesOf(late, PLAIN);
  assert.deepEqual([holes, left, right], [[[0, 20], [22, 60]], 0, 60]);
  assert.deepEqual(late.edges.map((edge) => edgeWords(edge, steps)), ["was seen before step 20", "was seen after step 22"]);
  assert.deepEqual(withEdges(curve([3, 2, 1, 0.5], [10, 20, 30, 40]), { cut: true, until: 0 }).edges, [{ from: 40, to: 44, open: true }], "logged every tenth");
  for (const begun of [curve([3], [10]), curve([3, 2], [10, 20])]) assert.equal(withEdges(begun, { cut: false, until: 20 }), begun, "logged every tenth, just begun");
  assert.equal(withEdges(curve([3, 2], [37, 38]), { cut: false, until: 38 }).edges.length, 1);
});

test("the raw trace passes every bucket's extremes in the order they came", () => {
  const one = curve([2]);
  const buckets = { ...one.buckets, step: [10], last_step: [19], first: [2], last: [1], min: [0.1], min_step: [17], max: [9], max_step: [12], count: [10] };
  assert.deepEqual(tracesOf({ ...one, buckets }, PLAIN).raw[0], [[10, 2], [12, 9], [17, 0.1], [19, 1]]);
});

test("axes: steps as they are, seconds since the own beginning, the time of day", () => {
  const own = curve([3, 2, 1]);
  assert.equal(scaleOf(own, "relative")(3), 2);
  assert.equal(scaleOf(own, "wall")(1), Date.parse("2026-01-01T00:00:01Z"));
  assert.equal(stepAt(own, "relative", 1.1), 2);
  assert.equal(between([1, 3], [10, 30], 2), 20);
  assert.deepEqual(ticksOf("step", 0, 100, 5, false), [0, 20, 40, 60, 80, 100]);
  assert.deepEqual(ticksOf("relative", 0, 600, 5, false), [0, 120, 240, 360, 480, 600]);
  assert.deepEqual(ticksOf("step", 1, 10_000, 5, true), [1, 10, 100, 1_000, 10_000]);
  assert.deepEqual(ticksOf("step", 0, 2, 9, false), [0, 1, 2], "no half steps");
});

/** The same curve after these steps took so much longer: {step: seconds}. */
function delayed(one, pauses) {
  let late = 0;
  const at = one.buckets.at.map((iso, i) => {
    late += (pauses[one.buckets.last_step[i]] ?? 0) * 1_000;
    return new Date(Date.parse(iso) + late).toISOString();
  });
  return { ...one, buckets: { ...one.buckets, at } };
}

test("over time a pause breaks the line, over steps it does not", () => {
  const one = delayed(curve(Array.from({ length: 40 }, (_, i) => 3 - i / 20)), { 21: 300 });
  for (const axis of ["relative", "wall"]) {
    const { raw, main, band, pauses } = tracesOf(one, { ...PLAIN, axis });
    assert.deepEqual([raw.length, band.length, main.filter(({ y }) => Number.isNaN(y)).length], [2, 2, 1], axis);
    assert.deepEqual([raw[0].length, raw[1].length], [20, 20]);
    assert.deepEqual(pauses, [[...raw[0].at(-1), ...raw[1][0]]], "and is dotted instead");
  }
  assert.equal(tracesOf(one, PLAIN).raw.length, 1);
});

test("what is only uneven, or slow every few steps, is no pause", () => {
  const many = Array.from({ length: 60 }, () => 1);
  const uneven = Object.fromEntries(many.map((_, i) => [i, ((i * 7) % 5) / 2]));
  const saving = Object.fromEntries(many.map((_, i) => [i, i % 6 ? 0 : 30]));
  const quick = curve(many);
  quick.buckets.at = many.map((_, i) => new Date(1e12 + 10 * i).toISOString());
  for (const axis of ["relative", "wall"]) assert.equal(tracesOf(delayed(quick, { 30: 0.3 }), { ...PLAIN, axis }).raw.length, 1, "a blink is none");
  for (const pauses of [{}, uneven, saving]) assert.equal(tracesOf(delayed(curve(many), pauses), { ...PLAIN, axis: "wall" }).raw.length, 1);
  assert.equal(tracesOf(delayed(curve([3, 2, 1]), { 2: 900 }), { ...PLAIN, axis: "wall" }).raw.length, 1, "too few to know what is usual");
});

test("a pause inside wide buckets lies before the steps of the bucket that it made late", () => {
  const starts = Array.from({ length: 12 }, (_, i) => i * 8);
  const base = curve(starts.map(() => 1), starts.map((start) => start + 7));
  const wide = delayed({ ...base, width: 8, buckets: { ...base.buckets, step: starts } }, { 47: 600 });
  const scale = scaleOf(wide, "relative");
  assert.deepEqual([39, 40, 47].map((step) => Math.round(scale(step) - scale(39))), [0, 601, 608]);
  assert.equal(stepAt(wide, "relative", scale(44)), 44);
});

test("a log axis leaves out what has no place on it", () => {
  const frame = frameOf({ lines: [{ key: "a", curve: curve([3, 0, 1], [0, 1, 2]) }], choices: { ...PLAIN, logX: true, logY: true }, alarms: [] });
  assert.ok(frame.across.left > 0 && frame.up.min > 0);
  assert.ok(frame.lines[0].traces.raw.flat().every(([x, y]) => x > 0 && y > 0));
});

test("runs lie over each other from their own beginning, and a spike is inside the axis", () => {
  const lines = [{ key: "a", curve: curve([3, 2, 1]) }, { key: "b", curve: curve([4, 90, 1, 1], [1, 2, 3, 4], "2026-06-01T00:00:00Z") }];
  const frame = frameOf({ lines, choices: { ...PLAIN, axis: "relative" }, alarms: [] });
  assert.deepEqual([frame.across.left, frame.across.right], [0, 3]);
  assert.ok(frame.up.max > 90);
  assert.equal(frame.up.min, 0);
});

test("a zoom is what is chosen; its extremes are those of what is shown", () => {
  const own = curve([9, 2, 1, 5]);
  const frame = frameOf({ lines: [{ key: "a", curve: own }], choices: { ...PLAIN, from: 2, to: 3, target: false }, alarms: [] });
  assert.deepEqual(frame.across, { left: 2, right: 3 });
  assert.ok(frame.up.max < 3);
  assert.deepEqual(extremesOf(own, { from: 2, to: 3 }), { min: 1, max: 2 });
  assert.deepEqual(extremesOf(own, { from: null, to: null }), { min: 1, max: 9 });
});

test("an alarm stands at its step, with its sentence in the reading", () => {
  const alarm = { id: "1", series: "a", step: 2, kind: "spike", sentence: "Loss jumped." };
  const frame = frameOf({ lines: [{ key: "a", label: "run", slot: "1", curve: curve([3, 9, 1]) }], choices: PLAIN, alarms: [alarm, { ...alarm, id: "2", series: "elsewhere" }] });
  assert.deepEqual(frame.alarms.map(({ id, x }) => [id, x]), [["1", 2]]);
  const said = readingText(readingAt(frame, 2, (distance) => distance * 100), { smoothing: 0 });
  assert.equal(said, "Step 2: 9.0000. Loss jumped.");
});

test("the nearest bucket is found from either side", () => {
  assert.deepEqual([0, 1, 1.4, 1.6, 99].map((x) => nearestIndex({ ends: [1, 2, 3] }, x)), [0, 0, 0, 1, 2]);
  assert.equal(nearestIndex({ ends: [] }, 1), -1);
});

test("the book keeps the whole curve, a zoomed part, and takes steps into both", () => {
  const whole = withAnswer(NO_BOOK, "a", { from: null, to: null }, { series: [{ ...curve([3, 2, 1]), key: "a" }] });
  const zoomed = withAnswer(whole, "a", { from: 2, to: 9 }, { series: [{ ...curve([2, 1], [2, 3]), key: "a" }] });
  assert.equal(curveOf(zoomed, "a", "a", { from: null, to: null }).buckets.step.length, 3);
  assert.equal(curveOf(zoomed, "a", "a", { from: 3, to: 8 }).buckets.step.length, 2);
  assert.equal(curveOf(zoomed, "a", "a", { from: 1, to: 8 }).buckets.step.length, 3, "a part that does not reach is not drawn");
  const overTime = withAnswer(whole, "a", { from: 200, to: 900, leadFrom: 20, leadTo: 90 }, { series: [{ ...curve([2, 1], [2, 3]), key: "a" }] });
  assert.equal(curveOf(overTime, "a", "a", { from: 30, to: 80 }).buckets.step.length, 2, "the zoom is said in the first run's steps");
  const { book, ask } = withAppended(zoomed, { job: "a", series: "a", points: [point(4, 0.5)], count: 1, rewritten: false }, 100);
  assert.equal(ask, false);
  assert.equal(curveOf(book, "a", "a", { from: null, to: null }).facts.last, 0.5);
});

test("what cannot be folded in is asked for again: rewritten steps, more than were told, an unknown series, a crowd", () => {
  const known = withAnswer(NO_BOOK, "a", { from: null, to: null }, { series: [{ ...curve([3, 2, 1]), key: "a" }] });
  const told = { job: "a", series: "a", points: [point(4, 1)], count: 1, rewritten: false };
  assert.equal(withAppended(known, { ...told, rewritten: true }, 100).ask, true);
  assert.equal(withAppended(known, { ...told, count: 900 }, 100).ask, true);
  assert.equal(withAppended(known, { ...told, series: "a/iter-2" }, 100).ask, true);
  assert.equal(withAppended(NO_BOOK, told, 100).ask, false, "nobody looks at it");
  assert.equal(withAppended(known, told, 100).ask, false);
  assert.equal(withAppended(known, { ...told, points: [point(60, 1)] }, 100).ask, true, "a leap may be a gap");
  assert.ok(isCrowded(curve(Array(40).fill(1)), 20) && !isCrowded(curve(Array(30).fill(1)), 20));
});

test("a failure keeps what was there and says why", () => {
  const known = withFailure(withAnswer(NO_BOOK, "a", { from: null, to: null }, { series: [{ ...curve([1]), key: "a" }] }), "a", "The disk is full.");
  assert.deepEqual([ofJob(known, "a").word, ofJob(known, "a").error, Boolean(ofJob(known, "a").whole)], ["failed", "The disk is full.", true]);
});

test("figures are said with what nobody knows as a dash", () => {
  assert.deepEqual([null, 0.17512, 0, 1234.5, 0.00001].map(loss), ["–", "0.1751", "0.0000", "1234.5", "1.000e-5"]);
  assert.deepEqual([null, 2e-4, 0.05, 0].map(rate), ["–", "2e-4", "0.05", "0"]);
  assert.deepEqual([null, 5, 200, 3_900, 100_000].map(span), ["–", "5 s", "3 min 20 s", "1 h 05 min", "1 d 3 h"]);
  assert.deepEqual([steps(1_200), steps(1_200, 1_263), steps(null)], ["1,200", "1,200 to 1,263", "–"]);
});

test("an axis of powers ends where nothing is above 0, and has lines where it is short", () => {
  assert.deepEqual([ticksOf("step", 0, 1, 6, true), ticksOf("step", -0.06, 1, 6, true)], [[], []]);
  const short = ticksOf("step", 0.61, 0.81, 6, true);
  assert.ok(short.length > 1 && short.every((at) => at >= 0.61 && at <= 0.81), String(short));
});

test("a curve without any number has an axis of its own steps, also of powers", () => {
  const nothing = { ...curve([null, null, null, null]), facts: { ...curve([1]).facts, first_at: null } };
  for (const logY of [false, true]) {
    const frame = frameOf({ lines: [{ key: "a", curve: nothing }], choices: { ...PLAIN, logY, target: false }, alarms: [] });
    assert.deepEqual(frame.across, { left: 1, right: 4 });
    assert.ok(frame.up.max > frame.up.min && (!logY || frame.up.min > 0));
  }
});

test("steps that are older than those before them, after a return to a checkpoint, take no time", () => {
  const own = curve([3, 2, 1]);
  own.buckets.at = ["2026-01-01T00:00:01Z", "2026-01-01T00:10:00Z", "2026-01-01T00:00:03Z"];
  const scale = scaleOf({ ...own, facts: { ...own.facts, first_at: own.buckets.at[0] } }, "relative");
  assert.deepEqual([1, 2, 3].map(scale), [0, 599, 599]);
});
