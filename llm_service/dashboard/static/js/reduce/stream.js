// What a numbered event means to someone who has seen the stream up to a point.

/**
 * "apply", "ignore" (already known, or too early: a snapshot is on its way) or "gap" (something was missed: subscribe again).
 * `known` is {epoch, seq} or null while no snapshot of the topic has come.
 */
export function judge(known, name, event) {
  if (name.endsWith(".snapshot")) return "apply";
  if (!known) return "ignore";
  if (event.epoch !== known.epoch) return "gap";
  if (event.seq <= known.seq) return "ignore";
  return event.seq === known.seq + 1 ? "apply" : "gap";
}

/** Where the stream stands after `event`. */
export function after(event) {
  return { epoch: event.epoch, seq: event.seq };
}
