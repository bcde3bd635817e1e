// What jobs are called and how their figures are said. Pure.

export const KINDS = { finetune: "Fine-tune", skill: "Skill training", pipeline: "Pipeline", datagen: "Data generation" };
export const STATUSES = {
  queued: ["Queued", "hourglass"], running: ["Running", "circle-dot"], completed: ["Completed", "circle-check"], failed: ["Failed", "circle-x"],
  cancelled: ["Cancelled", "ban"], stale: ["Stale", "history"], vanished: ["Vanished", "unplug"], unknown: ["Unknown", "circle-dashed"],
};
/** How the list is parted where more than one of these is in it. */
export const GROUPS = {
  training: { title: "Training now", says: "" },
  making: { title: "Making data", says: "Processes that write examples for trainings. They have no loss." },
  ended: { title: "Ended", says: "" },
};
const WHOLE = new Intl.NumberFormat("en-US");
const SHORT = new Intl.NumberFormat("en-US", { maximumFractionDigits: 1 });

/** Whether a job goes on. */
export function isLive({ status }) {
  return status === "running" || status === "queued";
}

/** What it is called: its name, else what its server calls it. */
export function titleOf({ name, id }) {
  return name || id;
}

/** "47/150"; dashes for what nobody knows. */
export function outOf(done, all) {
  if (done == null && all == null) return "–";
  return `${done == null ? "–" : SHORT.format(done)}/${all == null ? "–" : SHORT.format(all)}`;
}

/** Minutes that are left, rounded up, with hours when long: "5 min", "2 h 05 min". */
export function left(seconds) {
  if (seconds == null || !Number.isFinite(seconds)) return "–";
  const minutes = Math.ceil(Math.max(0, seconds) / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h ${String(minutes % 60).padStart(2, "0")} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** What a loss is worth, as the server rates it (core/training/rating.py): a running job is not rated by it yet. */
export function ratingOf(loss) {
  if (loss == null) return null;
  return loss < 0.3 ? "Excellent" : loss < 0.5 ? "Great" : loss < 1 ? "Good" : "Needs more data";
}

/** Progress in percent, 0 to 100, or null: told as it is, else from steps. */
export function percentOf({ status, progress, step, steps }) {
  if (status === "completed") return 100;
  const known = progress ?? (step != null && steps ? (100 * step) / steps : null);
  return known === null ? null : Math.min(100, Math.max(0, known));
}

/** "47 %", a dash where nobody knows. */
export function percent(value) {
  return value === null || value === undefined ? "–" : `${WHOLE.format(Math.floor(value))} %`;
}
