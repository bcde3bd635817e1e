// What must hold of the page's files as they lie in the repository.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { iconsSource } from "../../tools/make_icons.mjs";

const STATIC = fileURLToPath(new URL("../../llm_service/dashboard/static/", import.meta.url));
const read = (path) => readFileSync(join(STATIC, path), "utf8");
const ours = readdirSync(STATIC, { recursive: true }).filter((path) => /\.(js|css|html|svg)$/.test(path) && !path.startsWith("vendor"));

function imports(path) {
  const found = read(path).matchAll(/^(?:import|export)[^;"]*?(?:from)?\s*"(\.\.?\/[^"]+)"/gm);
  const minified = path.startsWith("vendor") ? read(path).matchAll(/from"(\.[^"]+)"/g) : [];
  return [...found, ...minified].map((match) => relative(STATIC, join(STATIC, dirname(path), match[1])));
}

function graph(start) {
  const seen = new Set();
  const walk = (path) => {
    if (seen.has(path)) return;
    seen.add(path);
    imports(path).forEach(walk);
  };
  walk(start);
  return seen;
}

test("icons.js is what the vendored files make", () => {
  assert.equal(read("js/icons.js"), iconsSource());
});

test("every module of the first screen is preloaded, and no other", () => {
  const preloaded = [...read("index.html").matchAll(/modulepreload" href="\/static\/([^"]+)"/g)].map((match) => match[1]);
  const needed = new Set([...graph("js/main.js"), ...graph("js/live.js")]);
  needed.delete("js/main.js");
  assert.deepEqual(preloaded.toSorted(), [...needed].toSorted());
});

/** What is imported when it is first needed. */
const LATER = [
  "js/costs/budget_actions.js",
  "js/costs/budget_form.js",
  "js/costs/budgets.js",
  "js/costs/page.js",
  "js/flow/page.js",
  "js/net/older.js",
  "js/since/since.js",
  "js/sources/page.js",
  "js/training/adapters.js",
  "js/training/confetti.js",
  "js/training/deeds.js",
  "js/training/loss.js",
  "js/training/page.js",
  "js/training/pipelines.js",
  "js/workers/analytics.js",
  "js/workers/coordinator.js",
  "js/workers/datasets.js",
  "js/workers/feed.js",
  "js/workers/models.js",
  "js/workers/page.js",
];

test("every module is used", () => {
  const used = new Set(["js/boot.js", "login.js"]);
  for (const start of ["js/main.js", "js/live.js", "js/views/dialog.js", "js/views/help.js", ...LATER]) graph(start).forEach((path) => used.add(path));
  assert.deepEqual(ours.filter((path) => path.endsWith(".js") && !used.has(path)), []);
});

test("nothing is fetched from another origin", () => {
  for (const path of ours) {
    const remote = read(path).replaceAll("http://www.w3.org/2000/svg", "").match(/(?:src|href|url\(|import|from)\s*[=(]?\s*["']?(?:https?:)?\/\//);
    assert.equal(remote, null, `${path} names ${remote?.[0]}`);
  }
});

test("the login page, which stands alone, has the board's colours", () => {
  const tokens = read("css/tokens.css");
  const colours = read("login.css").match(/#[0-9a-f]{6}/g);
  assert.deepEqual(colours.filter((colour) => !tokens.includes(colour)), []);
});

test("HTML is set in one file only", () => {
  const setters = ours.filter((path) => /innerHTML|outerHTML|insertAdjacentHTML|document\.write|unsafeHTML|srcdoc/.test(read(path)));
  assert.deepEqual(setters, ["js/safe_html.js"]);
});

test("no style or handler is written into markup", () => {
  for (const path of ours.filter((name) => /\.(js|html)$/.test(name))) {
    assert.doesNotMatch(read(path), /\sstyle=["$]|styleMap|\son\w+="/, path);
  }
});

test("colours stand in one file", () => {
  for (const path of ours.filter((name) => name.endsWith(".css") && !/tokens|login/.test(name))) {
    assert.doesNotMatch(read(path), /#[0-9a-f]{3,8}\b(?!-)(?=[;\s,)])|\brgba?\(|\bhsla?\(/i, path);
  }
});

test("no file of ours is a whale", () => {
  for (const path of ours.filter((name) => name.startsWith("js") && name !== "js/icons.js")) {
    assert.ok(read(path).split("\n").length <= 200, `${path} has more than 200 lines`);
  }
});
