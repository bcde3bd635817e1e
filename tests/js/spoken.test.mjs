import assert from "node:assert/strict";
import { test } from "node:test";
import { STANDS_MS, createSpeech } from "../../llm_service/dashboard/static/js/spoken.js";

/** A region, its speech, and the moment when what stands may go. */
function speech() {
  const region = { textContent: "" };
  const due = [];
  const say = createSpeech(region, (run, ms) => {
    assert.equal(ms, STANDS_MS);
    due.push(run);
  });
  return { region, say, pass: () => due.shift()?.() };
}

test("a sentence is said at once", () => {
  const { region, say } = speech();
  say("Copied.");
  assert.equal(region.textContent, "Copied.");
});

test("what comes while a sentence stands waits and is then said together", () => {
  const { region, say, pass } = speech();
  for (const text of ["100 older lines.", "Live line new in Inbox.", "1 run done."]) say(text);
  assert.equal(region.textContent, "100 older lines.");
  pass();
  assert.equal(region.textContent, "Live line new in Inbox. 1 run done.");
  pass();
  assert.equal(region.textContent, "Live line new in Inbox. 1 run done.", "it stays until something else is said");
  say("Copied.");
  assert.equal(region.textContent, "Copied.");
});

test("a sentence that is said again is another text", () => {
  const { region, say, pass } = speech();
  say("Copied.");
  pass();
  say("Copied.");
  assert.equal(region.textContent, "Copied. ");
});
