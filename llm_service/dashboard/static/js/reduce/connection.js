// How the page stands with its server, as one word: connecting, live, reconnecting, polling, stale or locked.

/** A page that has just been opened. */
export const OPENING = Object.freeze({
  word: "connecting", since: null, heard: null, version: null, newVersion: null, lost: false, stopping: false,
});

const SHORT_MS = 4_000;

/**
 * `signal` is one of: up {version}, down, heard (any answer), poll-failed, locked (no longer logged in), stopping, tick.
 * `now` is in milliseconds.
 */
export function connect(state, signal, now) {
  const { kind } = signal;
  if (kind === "up") return live(state, signal.version, now);
  if (kind === "heard") return heard(state, now);
  if (kind === "down") return state.lost ? state : { ...state, word: "reconnecting", lost: true, since: now, downAt: now };
  if (kind === "poll-failed") return state.lost ? { ...state, word: "stale" } : state;
  if (kind === "locked") return { ...state, word: "locked" };
  if (kind === "stopping") return { ...state, stopping: true };
  return tick(state, now);
}

function live(state, version, now) {
  const first = state.version ?? version;
  const newVersion = first === version ? null : version;
  return { ...state, word: "live", since: null, heard: now, version: first, newVersion, lost: false, stopping: false };
}

/** An answer over HTTP: with the line down it is all there is, and it dates what is shown. */
function heard(state, now) {
  if (state.lost) return { ...state, word: "polling", heard: now, since: now };
  if (state.word === "locked") return { ...state, word: "live", heard: now };
  return state.heard !== null && now - state.heard < 1_000 ? state : { ...state, heard: now };
}

/** Nobody answered for a while: from now on the page says how old it is. */
function tick(state, now) {
  if (state.word !== "reconnecting" || now - state.downAt < SHORT_MS) return state;
  return { ...state, word: "stale" };
}
