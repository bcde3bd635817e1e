// What the section Workers knows besides what the server told: the order of cards, what was cleared, what is being asked.

export const NO_WORKERS = Object.freeze({
  /** The moment the cards are drawn for, by the server's clock. */
  now: 0,
  order: Object.freeze([]),
  /** How many cards are drawn; the rest stands behind a button. */
  most: 120,
  cleared: Object.freeze([]),
  /** {key: {word: "asked" | "failed", error}} of runs that somebody wants cancelled. */
  cancel: Object.freeze({}),
  /** The run that the question "Cancel it?" is about. */
  asking: null,
  dismissed: Object.freeze([]),
  busyBatches: Object.freeze([]),
  batchErrors: Object.freeze({}),
});

/** The section's own state. */
export function ownOf({ slices }) {
  return slices.workers ?? NO_WORKERS;
}

/** put(patch) for a store. */
export function putInto(store) {
  return (patch) => store.dispatch({ type: "slice", name: "workers", patch: store.state.slices.workers ? patch : { ...NO_WORKERS, ...patch } });
}
