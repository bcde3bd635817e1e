// The answer of GET /api/since as the parts of one line. Pure.
import { dollars } from "../charts/units.js";
import { clock, spanOf } from "../time.js";
import { figure, plural } from "../words.js";

const SHORT_GAP_MS = 60_000;
const DAY = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });

/** [{name, text, tasks?, lines?, href?, more?}]: what happened, the most wanted first; empty where nothing did. */
export function partsOf(answer) {
  const gaps = answer.gaps.filter(({ start, end }) => Date.parse(end) - Date.parse(start) >= SHORT_GAP_MS);
  return [
    group("done", answer.done, (count) => `${plural(count, "task")} done`),
    group("failed", answer.failed, (count) => `${figure(count)} failed`),
    group("created", answer.created, (count) => `${figure(count)} new`),
    answer.alerts.length && { name: "alerts", text: plural(answer.alerts.length, "alert"), lines: answer.alerts, href: "#costs" },
    spent(answer),
    gaps.length && { name: "gaps", text: gapWords(gaps), lines: gaps.map(gapLine) },
  ].filter(Boolean);
}

/** "Since 22:14", with the day where it was another. */
export function whenWords(since, now) {
  const [then, today] = [new Date(since), new Date(now)];
  if (then.toDateString() === today.toDateString()) return `Since ${clock(since)}`;
  return `Since ${DAY.format(then)}, ${clock(since)}`;
}

/** The whole line as it is spoken. */
export function sentence(when, parts) {
  return `${when}: ${parts.map(({ text }) => text).join(", ")}.`;
}

function group(name, { count, tasks }, words) {
  return count > 0 && { name, text: words(count), tasks, more: count - tasks.length };
}

/** Calls without a price are no $0. */
function spent({ cost_usd: cost, unpriced }) {
  if (!cost && !unpriced) return null;
  const calls = unpriced ? `${plural(unpriced, "call")} unpriced` : "";
  return { name: "cost", text: [cost ? dollars(cost) : "", calls].filter(Boolean).join(" and "), href: "#costs" };
}

function gapWords(gaps) {
  if (gaps.length === 1) return `not watched ${clock(Date.parse(gaps[0].start))}–${clock(Date.parse(gaps[0].end))}`;
  const ms = gaps.reduce((sum, { start, end }) => sum + Date.parse(end) - Date.parse(start), 0);
  return `not watched ${gaps.length} times, ${spanOf(ms / 3_600_000)}`;
}

function gapLine({ start, end }) {
  const [from, to] = [Date.parse(start), Date.parse(end)];
  const lastDay = DAY.format(from) === DAY.format(to) ? "" : `${DAY.format(to)}, `;
  return `${DAY.format(from)}, ${clock(from)} to ${lastDay}${clock(to)}. What changed in that time was found afterwards; its exact time is not known.`;
}
