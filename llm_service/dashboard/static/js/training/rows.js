// The jobs of the page: those that are told live, over those that were asked for. Pure.
import { isLive } from "./figures.js";

/** Every known job: trainings that run, other jobs that run, then those that ended; each group newest first. */
export function jobsOf(listed, own) {
  const rows = Object.values({ ...own.older.rows, ...listed.training.rows });
  const order = (one, other) => placeOf(one) - placeOf(other) || beginOf(other) - beginOf(one) || one.key.localeCompare(other.key);
  return rows.sort(order);
}

/** Short processes come and go beside a training that runs for hours: it stands above them. */
function placeOf(job) {
  if (!isLive(job)) return 2;
  return job.kind === "datagen" ? 1 : 0;
}

/** [{name, jobs}] of jobs in that order: "training", "making" (data), "ended"; those without a job are left out. */
export function groupsOf(jobs) {
  const names = ["training", "making", "ended"];
  return names.map((name, place) => ({ name, jobs: jobs.filter((job) => placeOf(job) === place) })).filter(({ jobs: some }) => some.length);
}

/** The training whose curve is looked at where none is chosen: the newest that runs, else the last, of those with a curve. */
export function newestCurve(jobs) {
  const trained = jobs.filter(({ kind }) => kind !== "datagen");
  return trained.find(({ series }) => series?.length) ?? trained.find(isLive) ?? null;
}

/** One job by its key: as it is told live, else as it was asked for; null while nobody knows it. */
export function jobOf(listed, own, key) {
  return listed.training.rows[key] ?? own.single[key]?.job ?? own.older.rows[key] ?? null;
}

/** Not when it was last heard of: that changes all the time, and rows would jump. */
function beginOf({ started_at: started, finished_at: finished }) {
  return Date.parse(started ?? finished ?? "") || 0;
}

/** Those that pass the filters of the address: kind, status, source, and words in name, id or model. */
export function filtered(jobs, { kind, status, source, q }) {
  const words = (q ?? "").toLowerCase().split(/\s+/).filter(Boolean);
  return jobs.filter((job) => (!kind || job.kind === kind) && (!status || job.status === status) && (!source || job.source === source)
    && words.every((word) => `${job.name} ${job.id} ${job.base_model ?? ""} ${job.node ?? ""}`.toLowerCase().includes(word)));
}

/** Alarms of some series, newest first: as the answers told them, and as they came since. */
export function alarmsOf(curves, live) {
  const all = new Map();
  for (const curve of curves) for (const alarm of curve?.alarms ?? []) all.set(alarm.id, alarm);
  const series = new Set(curves.map((curve) => curve?.key));
  for (const alarm of Object.values(live)) if (series.has(alarm.series)) all.set(alarm.id, alarm);
  return [...all.values()].sort((one, other) => Date.parse(other.at) - Date.parse(one.at));
}
