// Figures of workers as people read them. What nobody knows is a dash, never 0. Pure.
import { addressPart } from "../url.js";
import { figure } from "../words.js";

const ONE = new Intl.NumberFormat("en-US", { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const LATE_MS = 3_000;

/** Tokens a second with one decimal: "38.2". */
export function rate(value) {
  return value == null ? "–" : ONE.format(value);
}

/** Seconds: "0.8 s", "12 s", "3 min 12 s", "2 h 5 min". */
export function seconds(value) {
  if (value == null) return "–";
  if (value < 9.95) return `${ONE.format(Math.max(0, value))} s`;
  const whole = Math.round(value);
  if (whole < 60) return `${whole} s`;
  if (whole < 3_600) return pair(Math.floor(whole / 60), "min", whole % 60, "s");
  return pair(Math.floor(whole / 3_600), "h", Math.floor((whole % 3_600) / 60), "min");
}

function pair(more, unit, less, part) {
  return less ? `${figure(more)} ${unit} ${less} ${part}` : `${figure(more)} ${unit}`;
}

/** Milliseconds since a time as ISO text, null where there is none; never below 0, since clocks differ. */
export function sinceMs(iso, now) {
  const then = Date.parse(iso ?? "");
  return Number.isNaN(then) ? null : Math.max(0, now - then);
}

/** Whole seconds since a time: "0 s", "14 s", "3 min 2 s". */
export function since(iso, now) {
  const ms = sinceMs(iso, now);
  return ms === null ? "–" : ms < 60_000 ? `${Math.floor(ms / 1_000)} s` : seconds(ms / 1_000);
}

/** How long a run took, or has taken so far; null where nobody knows. */
export function durationOf(run, now) {
  if (run.duration_s != null) return run.duration_s;
  const begun = run.started_at ?? run.created_at;
  if (!begun || !isActive(run)) return null;
  return sinceMs(begun, now) / 1_000;
}

/** Whether a run has not ended as far as its server has said. */
export function isActive({ status }) {
  return status === "running" || status === "queued";
}

/** Whether tokens come just now: then, and only then, a card glows. */
export function isFlowing(run, now) {
  const ms = sinceMs(run.last_token_at, now);
  return run.badge === "RUNNING" && !run.stalled && ms !== null && ms < LATE_MS;
}

/** "about 4 min (3 to 6)" from {eta_s, eta_low_s, eta_high_s}, as [figure, band]. */
export function etaOf(fleet) {
  if (fleet?.eta_s == null) return ["–", ""];
  const band = fleet.eta_low_s == null || fleet.eta_high_s == null ? "" : `${wholeSeconds(fleet.eta_low_s)} to ${wholeSeconds(fleet.eta_high_s)}`;
  return [wholeSeconds(fleet.eta_s), band];
}

/** A guess is not said to the tenth of a second. */
function wholeSeconds(value) {
  return value < 60 ? `${Math.round(value)} s` : seconds(value);
}

/** Tokens a second: now while a run works, over all of it once it has ended. */
export function rateOf(run) {
  if (isActive(run)) return run.tokens_per_s;
  return run.tokens_out != null && run.duration_s ? run.tokens_out / run.duration_s : null;
}

/** Who works, or who did the work: the graph's own stations at the end are nobody. */
export function agentOf(run) {
  return !isActive(run) && STATIONS.includes(run.agent) ? null : run.agent;
}

const STATIONS = ["finish", "done", "system"];

/** What a run is about in a few words: its type and domain, else its task, else its id. */
export function titleOf(run) {
  const type = TYPE_LABELS[run.type] ?? run.type;
  if (type && run.domain) return `${type} · ${run.domain}`;
  return run.task || type || run.domain || run.id;
}

/** The job types a BobSpark server knows, as its own pages call them. */
export const TYPE_LABELS = Object.freeze({
  qa: "Q&A Pairs", inst: "Instruction Set", reason: "Reasoning Chain", code: "Code Problems", conv: "Conversations", schema: "Schema Structured",
});

/** The address of a run's page, as the address bar spells it. */
export function runHref(key) {
  return `#run=${addressPart(key)}`;
}
