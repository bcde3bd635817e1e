// A pipeline as a chart's spec and as the states of its stages. Pure.

export const STAGES = Object.freeze(["EVALUATE", "ANALYZE", "GENERATE", "FINE-TUNE", "DEPLOY", "RE-EVAL"]);
export const STAGE_NAMES = Object.freeze({ EVALUATE: "Evaluate", ANALYZE: "Analyze", GENERATE: "Generate", "FINE-TUNE": "Fine-tune", DEPLOY: "Deploy", "RE-EVAL": "Re-eval" });

/** [{name, state}] of the six stages: "done", "now", "failed" or "ahead". A finished pipeline has them all behind it. */
export function stagesOf({ status, pipeline }) {
  const at = STAGES.indexOf(pipeline?.stage);
  return STAGES.map((name, i) => ({ name, state: stateOf(i, at, status) }));
}

function stateOf(i, at, status) {
  if (status === "completed") return "done";
  if (at < 0) return "ahead";
  if (i < at) return "done";
  if (i > at) return "ahead";
  return ["failed", "cancelled"].includes(status) ? "failed" : "now";
}

/** Pass rate before and after each iteration, with the target as a mark. */
export function passRates({ pipeline: { iterations, target } }) {
  const percents = (name) => iterations.map((one) => (one[name] === null ? null : Math.round(one[name] * 1_000) / 10));
  return {
    id: "pipeline-rates", title: "Pass rate by iteration", kind: "lines", unit: "percent", file: "pass-rate", head: "Iteration",
    points: iterations.map(({ n }) => ({ key: String(n), short: String(n), long: `Iteration ${n}` })),
    series: [
      { name: "before", label: "Before", slot: "other", dashed: true, values: percents("pass_rate") },
      { name: "after", label: "After", slot: "1", values: percents("after_pass_rate") },
      ...(target === null ? [] : [{ name: "target", label: "Target", slot: "3", dashed: true, values: iterations.map(() => Math.round(target * 1_000) / 10) }]),
    ],
  };
}

/** A share of 1 in percent: "61.0 %"; a dash where nobody knows. */
export function share(value) {
  return value == null ? "–" : `${(100 * value).toFixed(1)} %`;
}

/** The words of how it ended, as a person says them. */
export function outcomeWords(outcome) {
  return { target_reached: "Target reached", max_iterations_reached: "All iterations used", failed: "Failed", cancelled: "Cancelled" }[outcome] ?? (outcome ? outcome.replaceAll("_", " ") : "");
}

/** Whether the fine-tune of an iteration is over, so that no more of its steps will come. */
export function isPastTraining({ status, pipeline: { stage, iteration } }, n) {
  return ["completed", "failed", "cancelled", "vanished"].includes(status) || n < iteration || (n === iteration && ["DEPLOY", "RE-EVAL"].includes(stage));
}

/** Whether the last steps of a series were made while its stream was broken. */
export function isCutShort(job, series) {
  return job.pipeline.iterations.some((one) => one.series === series && one.cut && isPastTraining(job, one.n));
}

/** How much of an iteration's fine-tune nobody saw: "all", "end" or "". One that never began is not missed. */
export function unseenOf(job, { n, series, cut, loss, after_pass_rate: after }) {
  if (!isPastTraining(job, n)) return "";
  if (!series) return loss !== null || after !== null || n < job.pipeline.iteration || job.status === "completed" ? "all" : "";
  return cut ? "end" : "";
}

/** Sentences on the iterations of which no step was seen. */
export function unseenNotes(job) {
  const missed = job.pipeline.iterations.filter((one) => unseenOf(job, one) === "all").map(({ n }) => n);
  if (!missed.length) return [];
  const which = missed.length === 1 ? `iteration ${missed[0]}` : `iterations ${missed.slice(0, -1).join(", ")} and ${missed.at(-1)}`;
  return [`No step of ${which} was seen: a pipeline's stream has no past. Where its server keeps the final loss, it is in the table above.`];
}
