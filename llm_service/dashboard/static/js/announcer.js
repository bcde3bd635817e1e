// Speaks through the one polite live region, a batch at a time.
import { noteChange, sentences } from "./reduce/announce.js";

const BATCH_MS = 2_500;

export function createAnnouncer(say) {
  let tallied = {};
  let timer = null;
  const speak = () => {
    timer = null;
    const text = sentences(tallied);
    tallied = {};
    if (text) say(text);
  };
  return {
    note(changes) {
      for (const change of changes) tallied = noteChange(tallied, change);
      timer ??= setTimeout(speak, BATCH_MS);
    },
  };
}
