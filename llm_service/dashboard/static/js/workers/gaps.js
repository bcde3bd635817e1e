// Times in which a run was not heard. What its server filled in afterwards is no gap. Pure.
import { figure } from "../words.js";
import { isActive, seconds } from "./figures.js";

const UNHEARD = ["CONN LOST", "STALE"];

/** Whether a run should be heard now and is not. */
export function isUnheard(run) {
  return isActive(run) && UNHEARD.includes(run.badge);
}

/** The gaps to show, oldest first. */
export function openGaps(run) {
  return run.gaps.filter(({ recovered }) => !recovered);
}

/** "Not heard for 12 s; 340 tokens came meanwhile." */
export function gapSentence({ seconds: length, tokens_out: count }) {
  const meanwhile = count == null ? "what came meanwhile is not known" : count === 0 ? "no token came meanwhile" : `${figure(count)} tokens came meanwhile`;
  return `Not heard for ${seconds(length)}; ${meanwhile}.`;
}

/** The same where there is little room: "Gap of 12 s, 340 tokens". */
export function gapWords({ seconds: length, tokens_out: count }) {
  return `Gap of ${seconds(length)}, ${count == null ? "tokens not known" : `${figure(count)} tokens`}`;
}

/** A run with the gap that is still open: since its last event, where it is not heard now. `now` in ms. */
export function withOpenGap(run, events, now) {
  const last = events.at(-1)?.at;
  if (!isUnheard(run) || !last) return run;
  const length = Math.max(0, now - Date.parse(last)) / 1_000;
  return { ...run, gaps: [...run.gaps, { start: last, end: new Date(now).toISOString(), seconds: length, tokens_out: null, recovered: false }] };
}
