// Which launches a reader has to know of. Pure.

/** The batches a reader has to know of: those that send, and those of which something failed. */
export function openBatches(batches, dismissed) {
  return (batches ?? []).filter(({ id, state, failed }) => !dismissed.includes(id) && (state === "sending" || failed.length > 0));
}
