// The section Training as values: lists, the start form, what is celebrated, pipelines, adapters.
import assert from "node:assert/strict";
import { test } from "node:test";
import { sorted, turned } from "../../llm_service/dashboard/static/js/training/adapter_order.js";
import { left, outOf, percentOf, ratingOf } from "../../llm_service/dashboard/static/js/training/figures.js";
import { FIELDS, INTENSITIES, bodyOf, formOf, intensityOf, offersOf } from "../../llm_service/dashboard/static/js/training/form_fields.js";
import { isCutShort, passRates, share, stagesOf, unseenNotes, unseenOf } from "../../llm_service/dashboard/static/js/training/pipeline_specs.js";
import { alarmsOf, filtered, groupsOf, jobOf, jobsOf, newestCurve } from "../../llm_service/dashboard/static/js/training/rows.js";
import { createWatch } from "../../llm_service/dashboard/static/js/training/transitions.js";
import { remembered } from "../../llm_service/dashboard/static/js/remembered.js";

const AT = Date.parse("2026-11-21T10:00:00Z");
const stamp = (ms) => new Date(AT + ms).toISOString();
const job = (key, more = {}) => ({ key, id: key, source: "spark", kind: "finetune", status: "running", name: key, base_model: null, node: null, started_at: stamp(0), heard_at: null, finished_at: null, progress: null, step: null, steps: null, ...more });
const listed = (...jobs) => ({ training: { ready: true, rows: Object.fromEntries(jobs.map((one) => [one.key, one])) } });
const own = (more = {}) => ({ older: { rows: {} }, single: {}, ...more });
const sources = [{ key: "spark", kind: "bobspark" }, { key: "brain", kind: "skill-training" }];

test("running jobs stand first, each group newest first, and what is told live wins", () => {
  const older = { rows: { c: job("c", { status: "completed", started_at: stamp(9_000) }), a: job("a", { status: "running" }) } };
  const told = listed(job("a", { status: "failed" }), job("b", { started_at: stamp(-5_000) }));
  assert.deepEqual(jobsOf(told, own({ older })).map(({ key, status }) => [key, status]), [["b", "running"], ["c", "completed"], ["a", "failed"]]);
  assert.equal(jobOf(told, own({ older }), "c").status, "completed");
  assert.equal(jobOf(told, own(), "x"), null);
});

test("trainings that run stand above data processes, and those above what has ended", () => {
  const data = job("d", { kind: "datagen", started_at: stamp(9_000) });
  const all = jobsOf(listed(data, job("p", { kind: "pipeline" }), job("f", { status: "completed", started_at: stamp(9_999) })), own());
  assert.deepEqual(groupsOf(all).map(({ name, jobs }) => [name, jobs.map(({ key }) => key).join()]), [["training", "p"], ["making", "d"], ["ended", "f"]]);
  assert.deepEqual(groupsOf(jobsOf(listed(data), own())).map(({ name }) => name), ["making"]);
});

test("where no curve is chosen it is the newest that runs, else the last one, of those with steps", () => {
  const [old, last] = [job("o", { status: "completed", series: ["o"] }), job("l", { status: "failed", series: ["l"], started_at: stamp(5) })];
  const runs = job("r", { started_at: stamp(9), series: [] });
  const data = job("d", { kind: "datagen", series: [] });
  const chosen = (...jobs) => newestCurve(jobsOf(listed(...jobs), own()))?.key;
  assert.deepEqual([chosen(data, old, last, { ...runs, series: ["r"] }), chosen(data, old, last, runs), chosen(data, runs), chosen(data)], ["r", "l", "r", undefined]);
});

test("filters go by kind, status, source and words", () => {
  const all = [job("a", { base_model: "Qwen2.5" }), job("b", { kind: "skill", source: "brain", status: "failed" })];
  assert.deepEqual(filtered(all, { q: "QWEN a" }).map(({ key }) => key), ["a"]);
  assert.deepEqual(filtered(all, { kind: "skill", status: "failed", source: "brain" }).map(({ key }) => key), ["b"]);
  assert.deepEqual(filtered(all, { kind: "skill", status: "running" }), []);
});

test("time left is minutes rounded up, with hours when long; what nobody knows is a dash", () => {
  assert.deepEqual([0, 1, 61, 3_599, 7_500, 200_000, null, NaN].map(left), ["0 min", "1 min", "2 min", "1 h 00 min", "2 h 05 min", "2 d 7 h", "–", "–"]);
  assert.deepEqual([outOf(47, 150), outOf(3.1, 10), outOf(5, null), outOf(null, null)], ["47/150", "3.1/10", "5/–", "–"]);
  assert.deepEqual([percentOf(job("a", { step: 5, steps: 20 })), percentOf(job("a")), percentOf(job("a", { status: "completed", progress: 95 }))], [25, null, 100]);
});

test("a loss is rated as the server rates it", () => {
  assert.deepEqual([null, 0.2999, 0.3, 0.5, 0.999, 1].map(ratingOf), [null, "Excellent", "Great", "Good", "Good", "Needs more data"]);
});

test("a job that this page saw running is celebrated when it completes, once", () => {
  const watch = createWatch();
  watch.up(AT);
  watch.heard("training.snapshot", { at: stamp(0) }, AT + 5);
  watch.saw({ a: job("a") });
  const event = { at: stamp(1_000), job: job("a", { status: "completed" }), was: "running" };
  assert.equal(watch.heard("job.finished", event, AT + 1_005)?.key, "a");
  assert.equal(watch.heard("job.finished", event, AT + 1_010), null);
});

test("nothing is celebrated of the past, of another end, or of what was never seen running", () => {
  const done = (more = {}) => ({ at: stamp(1_000), job: job("a", { status: "completed" }), was: "running", ...more });
  const fresh = () => {
    const watch = createWatch();
    watch.up(AT);
    watch.heard("training.snapshot", { at: stamp(0) }, AT + 5);
    watch.saw({ a: job("a") });
    return watch;
  };
  assert.equal(createWatch().heard("job.finished", done(), AT + 1_005), null, "never seen running");
  assert.equal(fresh().heard("job.finished", done({ job: job("a", { status: "failed" }) }), AT + 1_005), null);
  assert.equal(fresh().heard("job.finished", done({ was: null }), AT + 1_005), null);
  const again = fresh();
  again.up(AT + 60_000);
  assert.equal(again.heard("job.finished", done({ at: stamp(30_000) }), AT + 60_010), null, "it ended while the line was down");
  const other = fresh();
  other.saw({ d: job("d", { kind: "datagen" }) });
  assert.equal(other.heard("job.finished", done({ job: job("d", { kind: "datagen", status: "completed" }) }), AT + 1_005), null);
});

test("a server whose clock is far off is celebrated with all the same", () => {
  const watch = createWatch();
  watch.up(AT + 3_600_000);
  watch.heard("training.snapshot", { at: stamp(0) }, AT + 3_600_005);
  watch.saw({ a: job("a") });
  assert.equal(watch.heard("job.finished", { at: stamp(2_000), job: job("a", { status: "completed" }), was: "running" }, AT + 3_602_006)?.key, "a");
});

test("the form offers what the watched servers can do", () => {
  assert.deepEqual(offersOf(sources), { finetune: ["spark"], skill: ["brain"], pipeline: ["spark"] });
  assert.deepEqual(offersOf([]), {});
});

test("what is sent is numbers as numbers, and nothing for what was left empty", () => {
  const form = formOf("finetune", offersOf(sources));
  assert.deepEqual(bodyOf(form).body, { kind: "finetune", source: "spark", epochs: 3, batch_size: 4, learning_rate: 0.0002 });
  const skill = formOf("skill", offersOf(sources));
  assert.deepEqual(bodyOf({ ...skill, values: { ...skill.values, skill_id: " electrician ", learning_rate: "2e-4" } }).body, { kind: "skill", source: "brain", skill_id: "electrician", epochs: 10, learning_rate: 0.0002, lora_r: 16 });
});

test("a pipeline's generator goes with it as its own part", () => {
  const form = formOf("pipeline", offersOf(sources));
  const values = { ...form.values, model: "m", eval_suite: "aws", generator_model: "g", synthesizer_model: "s" };
  const { body } = bodyOf({ ...form, values });
  assert.deepEqual([body.version, body.target, body.datagen_config], [2, 0.85, { generator_model: "g", synthesizer_model: "s", synthesizer_enabled: true }]);
  assert.equal("generator_model" in body, false);
  assert.equal("datagen_config" in bodyOf({ ...form, values: { ...values, generator_model: "", synthesizer_model: "" } }).body, false);
});

test("each wrong field has a sentence that names it, and nothing is sent", () => {
  const form = formOf("skill", offersOf(sources));
  const { body, errors } = bodyOf({ ...form, values: { skill_id: "", epochs: "2.5", learning_rate: "fast", lora_r: "99999" } });
  assert.equal(body, undefined);
  assert.deepEqual(errors, { skill_id: "Skill: it is needed.", epochs: "Epochs: a whole number, as in 3.", learning_rate: "Learning rate: a number, as in 0.0002.", lora_r: "LoRA rank: 1 to 1,024." });
});

test("a form begun from a job has what that job was started with", () => {
  const like = job("a", { config: { epochs: 7, rank: 8, lr: 1 }, base_model: "Qwen", learning_rate: 0.001 });
  const { values, source } = formOf("finetune", offersOf(sources), like);
  assert.deepEqual([values.epochs, values.rank, values.base_model, values.learning_rate, values.batch_size, source], ["7", "8", "Qwen", "0.001", "4", "spark"]);
});

test("an intensity is its number of epochs", () => {
  assert.deepEqual(INTENSITIES.map(({ level, epochs, minutes, dollars }) => [level, epochs, minutes, dollars]), [[1, 3, 5, "0.35"], [2, 10, 10, "0.65"], [3, 20, 20, "1.25"]]);
  assert.equal(intensityOf({ epochs: "20" }).level, 3);
  assert.equal(intensityOf({ epochs: "4" }), null);
  assert.equal(Object.keys(FIELDS).length, 3);
});

test("a pipeline's stages are behind it, now, or ahead", () => {
  const states = (status, stage) => stagesOf({ status, pipeline: { stage } }).map(({ state }) => state).join(" ");
  assert.equal(states("running", "GENERATE"), "done done now ahead ahead ahead");
  assert.equal(states("failed", "DEPLOY"), "done done done done failed ahead");
  assert.equal(states("completed", null), "done done done done done done");
  assert.equal(states("running", null), "ahead ahead ahead ahead ahead ahead");
});

test("pass rates are percents, with the target beside them", () => {
  const spec = passRates({ pipeline: { target: 0.85, iterations: [{ n: 1, pass_rate: 0.61, after_pass_rate: 0.705 }, { n: 2, pass_rate: 0.705, after_pass_rate: null }] } });
  assert.deepEqual(spec.series.map(({ values }) => values), [[61, 70.5], [70.5, null], [85, 85]]);
  assert.deepEqual([share(0.705), share(null)], ["70.5 %", "–"]);
});

test("adapters are sorted either way, and what nobody knows comes last", () => {
  const rows = [["a", 0.5], ["b", null], ["c", 0.2]].map(([key, final]) => ({ key, name: key, id: key, final_loss: final, created_at: null }));
  const keys = (sort, order) => sorted(rows, sort, order).map(({ key }) => key).join("");
  assert.deepEqual([keys("loss"), keys("loss", "down"), keys("name"), keys("name", "down")], ["cab", "acb", "abc", "cba"]);
  assert.deepEqual(turned({}, "loss"), { sort: "loss", order: "up" });
  assert.deepEqual(turned({ sort: "loss", order: "up" }, "loss"), { sort: "loss", order: "down" });
});

test("alarms of the answer and those told since are one list; a cleared one is cleared", () => {
  const alarm = (id, more = {}) => ({ id, series: "a", at: stamp(Number(id)), cleared_at: null, ...more });
  const list = alarmsOf([{ key: "a", alarms: [alarm("1")] }, null], { 1: alarm("1", { cleared_at: stamp(9) }), 2: alarm("2"), 3: alarm("3", { series: "b" }) });
  assert.deepEqual(list.map(({ id, cleared_at: over }) => [id, Boolean(over)]), [["2", false], ["1", true]]);
});

test("what is remembered is made again only when something it is made of has changed", () => {
  let made = 0;
  const of = remembered((one, other) => ({ one, other, made: (made += 1) }));
  const thing = {};
  assert.equal(of(thing, 1), of(thing, 1));
  assert.equal(of({}, 1).made, 2);
});

const iteration = (n, more = {}) => ({ n, series: `k/iter-${n}`, cut: false, loss: 0.3, after_pass_rate: null, ...more });

test("what nobody saw of a pipeline's fine-tunes is said once they are over", () => {
  const missed = { series: null, loss: null };
  const at = (stage, status, ...iterations) => ({ status, pipeline: { stage, iteration: iterations.length, iterations } });
  const words = (job) => job.pipeline.iterations.map((one) => unseenOf(job, one)).join();
  assert.equal(words(at("FINE-TUNE", "running", iteration(1), iteration(2, missed))), ",", "it may still be seen");
  assert.equal(words(at("DEPLOY", "running", iteration(1, missed), iteration(2, { cut: true }))), "all,end");
  assert.equal(words(at("EVALUATE", "failed", iteration(1, missed))), "", "it never came to a fine-tune");
  assert.equal(words(at("RE-EVAL", "completed", iteration(1, missed), iteration(2, missed))), "all,all");
  assert.match(unseenNotes(at("RE-EVAL", "completed", iteration(1, missed), iteration(2, missed)))[0], /^No step of iterations 1 and 2 was seen/);
  assert.deepEqual(unseenNotes(at("EVALUATE", "running", iteration(1))), []);
  const cut = at("RE-EVAL", "running", iteration(1, { cut: true }));
  assert.deepEqual([isCutShort(cut, "k/iter-1"), isCutShort(at("FINE-TUNE", "running", iteration(1, { cut: true })), "k/iter-1")], [true, false]);
});
