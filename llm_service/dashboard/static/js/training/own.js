// What the section Training knows besides what the server told by itself: older jobs, single jobs, adapters, the open form.

export const NO_TRAINING = Object.freeze({
  /** Ended jobs by page: {word: "unknown" | "loading" | "ready" | "failed", next, rows: {key: row}, error}. */
  older: Object.freeze({ word: "unknown", next: null, rows: Object.freeze({}), error: "" }),
  /** Jobs asked for one by one: {key: {word, job, error}}. */
  single: Object.freeze({}),
  adapters: Object.freeze({ word: "unknown", list: Object.freeze([]), troubles: Object.freeze([]), error: "" }),
  /** Alarms told while the page was open, by id. */
  alarms: Object.freeze({}),
  form: null,
  /** {key, deed} that the page asks "really?" about. */
  asking: null,
  /** {key: {word: "asked" | "failed", error}} of what was asked of jobs. */
  deeds: Object.freeze({}),
  /** {key, text}: what is said on a job's page, that it was running already say. */
  said: null,
  fact: 0,
  factsPaused: false,
});

/** The section's own state. */
export function ownOf({ slices }) {
  return slices.training ?? NO_TRAINING;
}

/** put(patch) for a store. */
export function putInto(store) {
  return (patch) => store.dispatch({ type: "slice", name: "training", patch: store.state.slices.training ? patch : { ...NO_TRAINING, ...patch } });
}
