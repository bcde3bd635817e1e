// What happened to runs, said in one sentence for those who listen and do not look. Pure.
import { plural } from "../words.js";

const WORDS = { DONE: "done", ERROR: "failed", CANCELLED: "cancelled", "CONN LOST": "no longer heard", RUNNING: "heard again" };
const SAID = ["run.finished", "run.lost", "run.resumed"];

/** {badge: count} with one more event; the same where nobody needs to hear of it. */
export function tallied(counts, name, payload) {
  if (!SAID.includes(name) || !WORDS[payload.run?.badge]) return counts;
  const { badge } = payload.run;
  return { ...counts, [badge]: (counts[badge] ?? 0) + 1 };
}

/** "3 runs done, 1 run failed." */
export function sentenceOf(counts) {
  const parts = Object.entries(counts).map(([badge, count]) => `${plural(count, "run")} ${WORDS[badge]}`);
  return parts.length ? `${parts.join(", ")}.` : "";
}
