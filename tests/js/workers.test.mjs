import assert from "node:assert/strict";
import { test } from "node:test";
import { byKey, event, line, run, source } from "./workers_kit.mjs";
import { openBatches } from "../../llm_service/dashboard/static/js/workers/open_batches.js";
import { agentOf, durationOf, etaOf, isFlowing, rate, rateOf, seconds, since, titleOf } from "../../llm_service/dashboard/static/js/workers/figures.js";
import { gapSentence, gapWords, openGaps, withOpenGap } from "../../llm_service/dashboard/static/js/workers/gaps.js";
import { bodyOf, emptyForm, errorsOf, launchWord, taskOf } from "../../llm_service/dashboard/static/js/workers/launch_fields.js";
import { placed, shownRuns, valuesOf } from "../../llm_service/dashboard/static/js/workers/order.js";
import { bobsparks, isOld, shortReason, troubleOf } from "../../llm_service/dashboard/static/js/workers/source_trouble.js";
import { sparkOf } from "../../llm_service/dashboard/static/js/workers/spark_path.js";

const NOW = Date.parse("2026-11-21T08:10:00.000Z");
const ago = (s) => new Date(NOW - s * 1_000).toISOString();
const at = (iso) => iso.slice(11, 19);

test("seconds are said as people say them, and nobody's figure is a dash", () => {
  assert.deepEqual([null, 0, 0.84, 9.94, 9.96, 59.4, 60, 192, 3_600, 7_500].map(seconds), ["–", "0.0 s", "0.8 s", "9.9 s", "10 s", "59 s", "1 min", "3 min 12 s", "1 h", "2 h 5 min"]);
  assert.deepEqual([null, 0, 38.24, 1_234.5].map(rate), ["–", "0.0", "38.2", "1,234.5"]);
  assert.deepEqual([null, "nonsense", ago(4.9), ago(75), ago(-5)].map((iso) => since(iso, NOW)), ["–", "–", "4 s", "1 min 15 s", "0 s"]);
});

test("a run that has not ended is as old as its start, one that has is as long as its server said", () => {
  assert.equal(durationOf(run("a", { started_at: ago(12) }), NOW), 12);
  assert.equal(durationOf(run("a", { created_at: ago(20) }), NOW), 20);
  assert.equal(durationOf(run("a", { status: "completed", duration_s: 83.4 }), NOW), 83.4);
  assert.equal(durationOf(run("a", { status: "completed", started_at: ago(12) }), NOW), null, "an unknown length is not the time since the start");
});

test("a card glows only while tokens come", () => {
  const on = { last_token_at: ago(1) };
  assert.equal(isFlowing(run("a", on), NOW), true);
  for (const more of [{ last_token_at: ago(4) }, { last_token_at: null }, { ...on, stalled: true }, { ...on, badge: "CONN LOST" }, { ...on, badge: "DONE", status: "completed" }]) assert.equal(isFlowing(run("a", more), NOW), false);
});

test("a run's title is its type and domain, else its task, else its id", () => {
  assert.equal(titleOf(run("a", { type: "qa", domain: "AWS IAM", task: "Generate" })), "Q&A Pairs · AWS IAM");
  assert.equal(titleOf(run("a", { type: "odd", domain: "x" })), "odd · x");
  assert.equal(titleOf(run("a", { type: "qa", task: "Write a poem" })), "Write a poem");
  assert.equal(titleOf(run("run_1")), "run_1");
});

test("tokens a second are those of now while a run works, and of all its time once it has ended", () => {
  const ended = { status: "completed", tokens_per_s: 99, tokens_out: 100 };
  assert.deepEqual([rateOf(run("a", { tokens_per_s: 38 })), rateOf(run("a", { ...ended, duration_s: 4 })), rateOf(run("a", ended))], [38, 25, null]);
  assert.deepEqual([agentOf(run("a", { agent: "finish" })), agentOf(run("a", { ...ended, agent: "finish" })), agentOf(run("a", { ...ended, agent: "doc" }))], ["finish", null, "doc"]);
});

test("the time left has its band where one is known", () => {
  assert.deepEqual(etaOf({ eta_s: 240, eta_low_s: 180, eta_high_s: 360 }), ["4 min", "3 min to 6 min"]);
  assert.deepEqual(etaOf({ eta_s: 240, eta_low_s: null, eta_high_s: null }), ["4 min", ""]);
  assert.deepEqual(etaOf({ eta_s: 8.4, eta_low_s: 5, eta_high_s: 62 }), ["8 s", "5 s to 1 min 2 s"], "a guess is not said to the tenth");
  assert.deepEqual(etaOf({ eta_s: null }), ["–", ""]);
  assert.deepEqual(etaOf(undefined), ["–", ""]);
});

test("at first who works stands before who has ended, in the order of their beginning and of their end", () => {
  const rows = byKey(run("old", { status: "completed", finished_at: ago(50) }), run("b", { created_at: ago(10) }), run("new", { status: "failed", finished_at: ago(5) }), run("a", { created_at: ago(20) }));
  assert.deepEqual(placed([], rows), ["spark:a", "spark:b", "spark:new", "spark:old"]);
});

test("a card that is drawn stays where it is, and a new one goes behind the last that works", () => {
  const order = ["spark:a", "spark:b", "spark:c"];
  const rows = byKey(run("a"), run("b", { status: "completed" }), run("c", { status: "completed" }), run("n", { created_at: ago(1) }));
  assert.deepEqual(placed(order, rows), ["spark:a", "spark:n", "spark:b", "spark:c"]);
  assert.equal(placed(order, byKey(run("a"), run("b"), run("c", { status: "failed" }))), order, "an end moves nothing");
  assert.deepEqual(placed(order, byKey(run("a"), run("c"))), ["spark:a", "spark:c"], "what is gone leaves");
});

test("what has the pointer or the focus is not moved by a new one", () => {
  const rows = byKey(run("a"), run("b", { status: "completed" }), run("c", { status: "completed" }), run("n"));
  assert.deepEqual(placed(["spark:a", "spark:b", "spark:c"], rows, () => "spark:b"), ["spark:a", "spark:b", "spark:n", "spark:c"]);
  assert.deepEqual(placed(["spark:a", "spark:b", "spark:c"], rows, () => "spark:c"), ["spark:a", "spark:b", "spark:c", "spark:n"]);
  const ended = byKey(run("a"), run("b", { status: "completed" }), run("n", { status: "completed" }));
  assert.deepEqual(placed(["spark:a", "spark:b"], ended), ["spark:a", "spark:n", "spark:b"]);
  assert.deepEqual(placed(["spark:a", "spark:b"], ended, () => "spark:b"), ["spark:a", "spark:b", "spark:n"]);
});

test("clearing hides what has ended, never what works; filters leave what fits", () => {
  const rows = byKey(run("a", { node: "spark", model: "m" }), run("b", { status: "completed", node: "linux" }), run("other:c", { node: "linux" }));
  const order = ["spark:a", "spark:b", "other:c"];
  const keys = (cleared, more) => shownRuns(order, rows, cleared, more).map(({ key }) => key);
  assert.deepEqual(keys([], {}), order);
  assert.deepEqual(keys(["spark:a", "spark:b"], {}), ["spark:a", "other:c"]);
  assert.deepEqual(keys([], { node: "linux" }), ["spark:b", "other:c"]);
  assert.deepEqual(keys([], { node: "linux", source: "other", tab: "live" }), ["other:c"]);
  assert.deepEqual(keys([], { model: "none" }), []);
  assert.deepEqual(valuesOf(rows, "model"), ["m"]);
});

test("a sparkline breaks where nobody heard, and hatches that", () => {
  const { line: path, gaps, most } = sparkOf([null, 10, 20, null, null, 40, 0]);
  assert.equal(most, 40);
  assert.equal(path.match(/M/g).length, 2, "two strokes");
  assert.deepEqual(gaps, [{ x: 40, width: 60 }], "before the first value there is no gap");
  assert.deepEqual(sparkOf([]), { line: "", area: "", gaps: [], most: null });
  assert.deepEqual(sparkOf([null, null]).gaps, []);
  assert.doesNotMatch(sparkOf([0, 0]).line, /NaN|Infinity/);
  assert.match(sparkOf([5]).line, /^M0 [\d.]+h0\.5$/, "a single value is a dot");
});

test("a gap that was filled in is none", () => {
  const gaps = [{ start: ago(9), end: ago(5), seconds: 4, tokens_out: 12, recovered: true }, { start: ago(4), end: ago(1), seconds: 3, tokens_out: null, recovered: false }];
  assert.deepEqual(openGaps(run("a", { gaps })), [gaps[1]]);
  assert.equal(gapSentence(gaps[0]), "Not heard for 4.0 s; 12 tokens came meanwhile.");
  assert.equal(gapSentence(gaps[1]), "Not heard for 3.0 s; what came meanwhile is not known.");
  assert.equal(gapSentence({ seconds: 70, tokens_out: 0 }), "Not heard for 1 min 10 s; no token came meanwhile.");
  assert.equal(gapWords(gaps[0]), "Gap of 4.0 s, 12 tokens");
});

test("a source in trouble says what, since when and what comes next; one that is well says nothing", () => {
  assert.equal(troubleOf(source("spark"), at), null);
  const lost = source("spark", { state: "backing-off", since: "2026-11-21T08:05:00.000Z", last_heard_at: "2026-11-21T08:04:50.000Z", next_try_at: "2026-11-21T08:10:04.000Z", reason: "connection refused" });
  assert.deepEqual(troubleOf(lost, at), {
    kind: "error", text: "spark (http://10.0.0.69:9010) has not answered since 08:05:00. Connection refused. What is shown of it is as it was at 08:04:50. Next try at 08:10:04.",
  });
  const concern = (name, more) => ({ name, every_s: 6, failures: 0, missing: false, ...line(), ...more });
  const part = source("spark", { concerns: [concern("runs"), concern("queue", { failures: 2, reason: "answered 500" }), concern("qa", { failures: 1, missing: true, reason: "404" })] });
  assert.deepEqual(troubleOf(part, at), { kind: "warn", text: "spark answers only in part; the rest is up to date. queue: Answered 500." });
  assert.deepEqual([isOld(lost), isOld(source("a")), isOld(undefined)], [true, false, false]);
  assert.deepEqual(bobsparks({ sources: { rows: { b: source("b"), a: source("a"), t: source("t", { kind: "skill-training" }) } } }).map(({ key }) => key), ["a", "b"]);
});

test("a reason is not said twice: who was asked stands before it, when it is tried again behind it", () => {
  const reason = "spark: GET http://10.0.0.69:9010/api/runs cannot be reached: connection refused; it is asked again in 6 s";
  const lost = source("spark", { state: "backing-off", since: "2026-11-21T08:05:00.000Z", next_try_at: "2026-11-21T08:10:04.000Z", reason });
  assert.equal(troubleOf(lost, at).text, "spark (http://10.0.0.69:9010) has not answered since 08:05:00. GET http://10.0.0.69:9010/api/runs cannot be reached: connection refused. Next try at 08:10:04.");
  assert.equal(shortReason(reason), "Cannot be reached: connection refused");
  assert.equal(shortReason("the server hung up; it is opened again in 2.5 s"), "The server hung up");
  assert.equal(shortReason(""), "");
});

test("a run that is not heard has a gap up to now", () => {
  const lost = run("a", { badge: "CONN LOST" });
  const events = [event(1, { at: ago(12) })];
  assert.deepEqual(withOpenGap(lost, events, NOW).gaps, [{ start: ago(12), end: ago(0), seconds: 12, tokens_out: null, recovered: false }]);
  assert.equal(withOpenGap(run("a"), events, NOW).gaps.length, 0);
  assert.equal(withOpenGap(lost, [], NOW), lost);
});

test("a launch that is under way or half done is said until it is dismissed", () => {
  const batch = (id, state, failed = []) => ({ id, state, failed, started: [], wanted: 2 });
  const all = [batch("a", "sending"), batch("b", "done"), batch("c", "stopped", [{}]), batch("d", "stopped", [{}])];
  assert.deepEqual(openBatches(all, ["d"]).map(({ id }) => id), ["a", "c"]);
  assert.deepEqual(openBatches(undefined, []), []);
});

test("the task is worded as the server's own pages word it", () => {
  const form = { ...emptyForm("b1", "spark"), domain: " AWS IAM ", count: "1,000" };
  assert.equal(taskOf({ ...form, count: "100" }), "Generate 100 Q&A Pairs examples for domain: AWS IAM");
  assert.equal(bodyOf(form).task, "Generate 1000 Q&A Pairs examples for domain: AWS IAM");
  assert.equal(taskOf({ ...form, ownTask: true, task: "Do it " }), "Do it");
});

test("a launch holds every choice, and its batch is the form's own", () => {
  const form = { ...emptyForm("b1", "spark"), domain: "S3", workers: "18", temperature: "0,7", queued: true, system_prompt: " Be brief. " };
  assert.deepEqual(bodyOf(form), {
    batch: "b1", source: "spark", task: "Generate 100 Q&A Pairs examples for domain: S3", type: "qa", domain: "S3", model: "claude-3-5-sonnet", node: "spark", queued: true,
    count: 100, workers: 18, max_iter: 20, temperature: 0.7, system_prompt: "Be brief.",
  });
  assert.deepEqual(errorsOf(form), {});
  assert.deepEqual([launchWord(form), launchWord({ ...form, workers: "1", queued: false }), launchWord({ ...form, workers: "x", queued: false })], ["Queue 18 workers", "Launch one worker", "Launch one worker"]);
});

test("what is out of range is said beside its field", () => {
  const wrong = (patch) => Object.keys(errorsOf({ ...emptyForm("b", "s"), domain: "x", ...patch }));
  for (const [field, texts] of Object.entries({ count: ["0", "10001", "1.5", "", "ten"], workers: ["0", "19", "-1"], max_iter: ["0", "201"], temperature: ["2.1", "-0.1", "warm"] })) {
    for (const text of texts) assert.deepEqual(wrong({ [field]: text }), [field], `${field} ${text}`);
  }
  for (const patch of [{ count: "10000" }, { workers: "18" }, { max_iter: "200" }, { temperature: "2" }, { temperature: "0" }]) assert.deepEqual(wrong(patch), []);
  assert.deepEqual(wrong({ domain: " " }), ["domain"]);
  assert.deepEqual(wrong({ domain: "", ownTask: true, task: "" }), ["task"]);
  assert.deepEqual(wrong({ model: "" }), ["model"]);
  assert.deepEqual(wrong({ system_prompt: "x".repeat(20_001) }), ["system_prompt"]);
});
