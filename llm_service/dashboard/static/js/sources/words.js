// How a watched server stands, in words: pure, so that it can be tested without a page.

/** Word and icon of a state. The word is the state; the colour only follows it. */
export const STATES = {
  live: { word: "Live", icon: "circle-check" },
  connecting: { word: "Connecting", icon: "hourglass" },
  stale: { word: "Stale", icon: "history" },
  "backing-off": { word: "Not answering", icon: "unplug" },
  stopped: { word: "Stopped", icon: "ban" },
  none: { word: "Not asked", icon: "circle-dashed" },
};
export const KINDS = { bobspark: "BobSpark-APIs", "skill-training": "Skill training" };
const SKEW_S = 5;

/** A concern's word: one that no page looks at is not asked, one that the server does not have is missing. */
export function concernState({ state, missing, every_s: every, failures }) {
  if (missing) return { word: "The server has none", icon: "circle-x", state: "none" };
  if (failures) return { ...STATES["backing-off"], word: "Failing", state: "backing-off" };
  if (state === "none" || (every == null && state !== "live")) return { word: "When it is needed", icon: "circle-dashed", state: "none" };
  return { ...(STATES[state] ?? STATES.none), state };
}

/** "every 6 s", or nothing where it is asked when somebody looks. */
export function everyWords(seconds) {
  return seconds == null ? "" : `every ${Number(seconds.toFixed(1))} s`;
}

/** A clock that is far off, as a sentence; empty while it is near enough. */
export function skewWords(seconds) {
  if (seconds == null || Math.abs(seconds) < SKEW_S) return "";
  const amount = Math.abs(seconds) < 120 ? `${Math.round(Math.abs(seconds))} s` : `${Math.round(Math.abs(seconds) / 60)} min`;
  return `The server's clock is ${amount} ${seconds > 0 ? "ahead of" : "behind"} this machine's; its times are shown by this machine's clock.`;
}

/** How many of the questions that are asked now are answered; neither what nobody needs nor what the server has not. */
export function working({ concerns }) {
  const asked = concerns.filter((concern) => concernState(concern).state !== "none");
  const well = asked.filter(({ failures, state }) => !failures && ["live", "stale"].includes(state));
  return { well: well.length, asked: asked.length };
}

const NAMES = {
  runs: "Runs", "run-details": "Details of ended runs", queue: "Queue", "active-job": "Active job", "fine-tunes": "Fine-tunes", "fine-tune log": "Log of a fine-tune",
  jobs: "Generation jobs", pipelines: "Pipelines", metrics: "Metrics of machines",
};

/** What is asked for, as people call it. */
export function concernName(name) {
  return NAMES[name] ?? (name.startsWith("node-") ? `Machine ${name.slice(5)}` : name.replace(/^\p{Ll}/u, (letter) => letter.toUpperCase()));
}
