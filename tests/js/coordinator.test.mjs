import assert from "node:assert/strict";
import { test } from "node:test";
import { levelsHeard } from "../../llm_service/dashboard/static/js/coordinator/spoken.js";
import { levelOf, loadOf, queueSpec, runningOf, splitRuns, sumOf, withGaps } from "../../llm_service/dashboard/static/js/coordinator/figures.js";

test("a bar warns from 70 and is critical from 90", () => {
  assert.deepEqual([0, 69.9, 70, 89.9, 90, 100, null].map(levelOf), ["ok", "ok", "warn", "warn", "critical", "critical", null]);
});

test("a sum over nothing known is not known, and one over something leaves the rest out", () => {
  assert.equal(sumOf([{ depth: null }, {}], "depth"), null);
  assert.equal(sumOf([], "depth"), null);
  assert.equal(sumOf([{ depth: 2 }, { depth: null }, { depth: 0 }], "depth"), 2);
});

test("a machine's drawing follows its GPU, where it has none its CPU", () => {
  assert.deepEqual(loadOf([{ cpu: 1, gpu: null }, { cpu: 2, gpu: 50 }]), { field: "gpu", values: [null, 50] });
  assert.deepEqual(loadOf([{ cpu: 1, gpu: null }]), { field: "cpu", values: [1] });
});

test("a time that nobody saw is a gap and no line", () => {
  const samples = ["2026-01-01T10:00:00Z", "2026-01-01T10:01:00Z", "2026-01-01T11:01:00Z"].map((at, depth) => ({ at, depth }));
  assert.deepEqual(withGaps(samples, 150_000).map(({ depth }) => depth), [0, 1, undefined, 2]);
  const spec = queueSpec({ key: "s", source: "s", history: samples }, { title: "T", short: (at) => at, long: (at) => at });
  assert.deepEqual(spec.series[0].values, [0, 1, null, 2]);
});

test("what runs is counted as it is listed, and not known where no server told of it", () => {
  const runs = [{ status: "running" }, { status: "queued" }];
  assert.deepEqual([runningOf([{ running: 7 }], runs), runningOf([{ running: null }], runs)], [1, null]);
});

test("runs that work and runs that ended are two lists, the newest first", () => {
  const runs = [
    { key: "a", status: "running", started_at: "2026-01-01T10:00:00Z" }, { key: "b", status: "running", started_at: "2026-01-01T11:00:00Z" },
    { key: "c", status: "completed", finished_at: "2026-01-01T09:00:00Z" }, { key: "d", status: "failed", finished_at: null }, { key: "e", status: "queued" },
  ];
  const { active, recent } = splitRuns(runs);
  assert.deepEqual(active.map(({ key }) => key), ["b", "a"]);
  assert.deepEqual(recent.map(({ key }) => key), ["c", "d"]);
  assert.equal(splitRuns(runs, 1).recent.length, 1);
});

const node = (level, key = "s:spark") => ({ key, name: "spark", source: "s", level });

test("a machine that becomes worse is said, and so is one that is well again after it was critical or away", () => {
  let levels = {};
  const said = ["ok", "warn", "critical", "critical", "ok", "offline", "ok", "warn", "ok"].map((level) => {
    const told = levelsHeard(levels, [node(level)]);
    levels = told.levels;
    return told.text;
  });
  assert.deepEqual(said, [
    "", "spark of s is above 70 percent.", "spark of s is above 90 percent.", "", "spark of s is no longer near its limits.",
    "spark of s is offline.", "spark of s is no longer near its limits.", "spark of s is above 70 percent.", "",
  ]);
});

test("a machine that is heard for the first time is not said, and several are one sentence", () => {
  assert.equal(levelsHeard({}, [node("critical")]).text, "");
  assert.equal(levelsHeard({ a: "ok", b: "ok" }, [node("offline", "a"), node("offline", "b")]).text, "spark of s is offline, spark of s is offline.");
});

test("depth and what ended are two lines over the same times", () => {
  const queue = { key: "s", source: "s", history: [{ at: "t1", depth: 3, finished: 0 }, { at: "t2", depth: 1, finished: 2 }] };
  const spec = queueSpec(queue, { title: "T", short: (at) => at, long: (at) => `long ${at}` });
  assert.deepEqual(spec.points.map(({ long }) => long), ["long t1", "long t2"]);
  assert.deepEqual(spec.series.map(({ values }) => values), [[3, 1], [0, 2]]);
});
