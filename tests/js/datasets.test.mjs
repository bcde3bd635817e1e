import assert from "node:assert/strict";
import { test } from "node:test";
import { chosen, grownBy, heroOf } from "../../llm_service/dashboard/static/js/datasets/choose.js";
import { bestOf, chosen as chosenModels, comparedKeys, comparison, toggled } from "../../llm_service/dashboard/static/js/models/choose.js";

const set = (name, more = {}) => ({ key: `s:${name}`, id: name, name, source: "s", description: "", tags: [], origin: null, examples: null, tokens: null, created_at: null, growth: [], ...more });
const names = (list) => list.map(({ name }) => name);
const sets = [set("iam", { tags: ["aws"], examples: 5, created_at: "2026-01-02" }), set("s3", { tags: ["aws", "qa"], description: "Buckets", origin: "run", examples: 9 }), set("law", { tokens: 3, created_at: "2026-01-03" })];

test("words, tag and origin narrow the list, and all must hold", () => {
  assert.deepEqual(names(chosen(sets, { q: "BUCK aws" })), ["s3"]);
  assert.deepEqual(names(chosen(sets, { tag: "aws", sort: "name" })), ["iam", "s3"]);
  assert.deepEqual(names(chosen(sets, { origin: "run" })), ["s3"]);
});

test("what is not known stands last in every order", () => {
  assert.deepEqual(names(chosen(sets, { sort: "examples" })), ["s3", "iam", "law"]);
  assert.deepEqual(names(chosen(sets, {})), ["law", "iam", "s3"]);
});

test("sums leave out what nobody knows, and are unknown where nothing is known", () => {
  assert.deepEqual(heroOf(sets), { datasets: 3, examples: 14, tokens: 3, tags: ["aws", "qa"], origins: ["run"], sources: ["s"] });
  assert.equal(heroOf([set("x")]).examples, null);
});

test("growth needs two days", () => {
  assert.equal(grownBy(set("x", { growth: [["2026-01-01", 5]] })), null);
  assert.equal(grownBy(set("x", { growth: [["2026-01-01", 5], ["2026-01-02", 9]] })), 4);
});

const model = (name, more = {}) => ({ key: `s:${name}`, id: name, name, status: null, source: "s", score: null, rank: null, evals: [], ...more });

test("the leaderboard comes first, then scores, then names", () => {
  const models = [model("b"), model("a"), model("c", { score: 0.9 }), model("d", { rank: 2 }), model("e", { rank: 1 })];
  assert.deepEqual(names(chosenModels(models, {})), ["e", "d", "c", "a", "b"]);
});

test("at most four are compared, the oldest leaves", () => {
  assert.deepEqual(comparedKeys({ compare: "a,b,c,d,e" }), ["a", "b", "c", "d"]);
  assert.equal(toggled(["a", "b", "c", "d"], "e"), "b,c,d,e");
  assert.equal(toggled(["a", "b"], "a"), "b");
});

test("of each suite the newest known score is compared", () => {
  const models = [model("a", { evals: [{ suite: "aws", score: null }, { suite: "aws", score: 0.7 }, { suite: "aws", score: 0.2 }] }), model("b", { evals: [{ suite: null, score: 0.5 }] })];
  assert.deepEqual(comparison(models).suites, [{ suite: "aws", scores: [0.7, null] }, { suite: "no suite", scores: [null, 0.5] }]);
});

test("the best is only marked where there is a choice", () => {
  assert.deepEqual([bestOf([0.1, 0.9, null]), bestOf([0.9, 0.9, 0.1]), bestOf([0.5, 0.5]), bestOf([0.5, null]), bestOf([])], [0.9, 0.9, null, null, null]);
});
