// Times in which a run was not heard. What its server filled in afterwards is no gap. Pure.
import { figure } from "../words.js";
import { seconds } from "./figures.js";

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
