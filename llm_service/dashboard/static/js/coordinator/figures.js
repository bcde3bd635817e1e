// Figures of machines and queues. What nobody knows is null, and a sum over nothing known is null too. Pure.

export const BARS = [["cpu", "CPU"], ["gpu", "GPU"], ["vram", "VRAM"], ["ram", "RAM"]];
const WARN = 70;
const CRITICAL = 90;
/** Queues are sampled every minute, machines every half. */
const QUEUE_GAP_MS = 150_000;
const LOAD_GAP_MS = 150_000;

/** "ok", "warn" from 70, "critical" from 90; null where nobody knows. */
export function levelOf(percent) {
  if (percent == null) return null;
  return percent >= CRITICAL ? "critical" : percent >= WARN ? "warn" : "ok";
}

/** The sum of a field over what is known; null where nobody knows it. */
export function sumOf(rows, field) {
  const known = rows.map((row) => row[field]).filter((value) => value != null);
  return known.length ? known.reduce((sum, value) => sum + value, 0) : null;
}

/** The busiest of a sample's figures that a machine's small drawing follows: its GPU, where it has none its CPU. */
export function loadOf(history) {
  const field = history.some(({ gpu }) => gpu != null) ? "gpu" : "cpu";
  return { field, values: withGaps(history, LOAD_GAP_MS).map((sample) => sample[field] ?? null) };
}

/** Runs of a list that work, the newest first, and those that ended, the last first. */
export function splitRuns(runs, most = 20) {
  const newest = (field) => (one, other) => (other[field] ?? "").localeCompare(one[field] ?? "");
  const active = runs.filter(({ status }) => status === "running").sort(newest("started_at"));
  const recent = runs.filter(({ status }) => !["running", "queued"].includes(status)).sort(newest("finished_at"));
  return { active, recent: recent.slice(0, most) };
}

/** Samples with one of nothing known where there is none for longer than `mostMs`: a line must not run over what nobody saw. */
export function withGaps(samples, mostMs) {
  return samples.flatMap((sample, at) => {
    const after = at ? Date.parse(sample.at) - Date.parse(samples[at - 1].at) : 0;
    return after > mostMs ? [{ at: new Date(Date.parse(sample.at) - after / 2).toISOString() }, sample] : [sample];
  });
}

/** How many runs go on, as the lists of runs have it at this moment; null where no server has told its own. */
export function runningOf(queues, runs) {
  return sumOf(queues, "running") === null ? null : runs.filter(({ status }) => status === "running").length;
}

/** Depth of a queue and runs that ended, over time, as a chart's spec. */
export function queueSpec(queue, words) {
  const history = withGaps(queue.history, QUEUE_GAP_MS);
  return {
    id: `queue-${queue.key}`, title: words.title, kind: "lines", head: "Time", unit: "count", file: `queue-${queue.source}`,
    points: history.map(({ at }) => ({ key: at, short: words.short(at), long: words.long(at), csv: at })),
    series: [
      { name: "depth", label: "Waiting", slot: "1", values: history.map(({ depth = null }) => depth) },
      { name: "finished", label: "Ended", slot: "3", values: history.map(({ finished = null }) => finished) },
    ],
  };
}
