// The answer of GET /api/flow as specs of charts. Pure, but for the colours that agents keep.
import { exact, spanOf } from "../time.js";
import { STATUS_NAMES, fileName } from "../words.js";

const SHORT = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", timeZone: "UTC" });
const LONG = new Intl.DateTimeFormat("en-GB", { weekday: "short", day: "numeric", month: "long", year: "numeric", timeZone: "UTC" });
const RANKS = ["p50", "p85", "p95"];
const BANDS = [
  ["p50", "Under p50", "other"], ["p85", "p50 to p85", "1"], ["p95", "p85 to p95", "4"], ["over", "Over p95", "2"],
];
const KNOWN_BY = { true: "watched", false: "its file" };
const MOST_LETTERS = 34;
const SPREAD = 8;

/** Tasks done a day; those whose time their own files told are hatched. */
export function throughput(page) {
  return {
    id: "flow-throughput", title: "Done per day", kind: "bars", stacked: true, unit: "count", file: "throughput", ...days(page),
    series: [
      { name: "watched", label: "Watched", slot: "1", drawnOnly: true, values: page.done.map((count, index) => count - page.seeded[index]) },
      { name: "seeded", label: "Seeded from files", slot: "1", hatched: true, drawnOnly: true, values: page.seeded },
      column("done", "Done", page.done), column("seeded-column", "Of these seeded from files", page.seeded), column("created", "Created", page.created),
    ],
  };
}

/** Where tasks lay at the end of each day; done counts all that ever were, so its axis may begin above 0. */
export function cumulative(page) {
  const { inbox, assigned, done } = page.standing;
  const from = floorOf(done, inbox, assigned);
  const one = (name, label, slot, values) => ({ name, label, slot, values });
  return {
    id: "flow-standing", title: "Cumulative flow", kind: "areas", stacked: true, unit: "count", file: "cumulative-flow", ...days(page), from: from || undefined,
    note: from ? `The axis begins at ${from.toLocaleString("en-US")}: tasks done before.` : "",
    series: [one("done", "Done", "3", done), one("assigned", "Assigned", "1", assigned), one("inbox", "Inbox", "4", inbox)],
  };
}

/** Each finished task at its day, as high as its cycle was long. */
export function cycleTimes(page) {
  const first = Date.parse(`${page.days[0]}T00:00:00Z`);
  const found = page.finished.filter((task) => task.cycle_hours !== null).toReversed();
  const values = found.map((task) => task.cycle_hours);
  const pick = (watched) => found.map((task, index) => (task.watched === watched ? values[index] : null));
  return {
    id: "flow-cycle", title: "Cycle time of finished tasks", kind: "dots", unit: "hours", file: "cycle-times", head: "Task",
    across: page.days.map((day) => SHORT.format(Date.parse(day))), ...axisOf(values, page.cycle),
    points: found.map((task) => ({ ...pointOf(task), long: `${nameOf(task)}, done ${exact(task.done_at)}`, x: (localMs(task.done_at, page.timezone) - first) / 86_400_000 })),
    marks: marksOf(page.cycle),
    series: [
      { name: "watched", label: "Watched", slot: "1", drawnOnly: true, values: pick(true) },
      { name: "seeded", label: "Seeded from files", slot: "1", hatched: true, drawnOnly: true, values: pick(false) },
      { name: "cycle", label: "Cycle time", unit: "hours", tableOnly: true, values },
      { name: "lead", label: "Lead time", unit: "hours", tableOnly: true, values: found.map((task) => task.lead_hours) },
      text("agent", "Agent", found.map((task) => task.agent ?? "–")), text("done_at", "Done at", found.map((task) => task.done_at)), text("known", "Times known by", found.map(({ watched }) => KNOWN_BY[watched])),
    ],
  };
}

/** Work in progress, the oldest first, against how long finished tasks took. */
export function ageing(page) {
  const bandOf = ({ age_hours: age }) => (age === null ? null : BANDS.find(([name]) => name === "over" || age <= page.cycle[name])[0]);
  const known = page.cycle.tasks > 0;
  const bands = BANDS.map(([name, label, slot]) => ({
    name, label, slot, drawnOnly: true, values: page.ageing.map((task) => (bandOf(task) === name ? task.age_hours : null)),
  }));
  const plain = [{ name: "age", label: "In work for", slot: "1", drawnOnly: true, values: page.ageing.map((task) => task.age_hours) }];
  return {
    id: "flow-ageing", title: "Ageing work in progress", kind: "rows", stacked: true, unit: "hours", file: "ageing-work", head: "Task",
    points: page.ageing.map(pointOf), marks: marksOf(page.cycle), ...axisOf(page.ageing.map((task) => task.age_hours), page.cycle),
    series: [
      ...(known ? bands : plain),
      { name: "age_hours", label: "Age", unit: "hours", tableOnly: true, values: page.ageing.map((task) => task.age_hours) },
      text("agent", "Agent", page.ageing.map((task) => task.agent ?? "–")), text("status", "Status", page.ageing.map(({ status }) => STATUS_NAMES[status] ?? status)),
      text("known", "Age known by", page.ageing.map(({ watched }) => KNOWN_BY[watched])),
    ],
  };
}

/** What each agent finished, and has in work. */
export function byAgent(page, colours) {
  const one = (name, label, unit, values) => ({ name, label, unit, tableOnly: true, values });
  const rank = (name) => one(name, `Cycle time ${name}`, "hours", page.agents.map(({ cycle }) => cycle[name]));
  return {
    id: "flow-agents", title: "Agents", kind: "ranking", unit: "count", file: "flow-by-agent", head: "Agent",
    points: page.agents.map(({ agent }) => ({
      key: agent, short: cut(agent, 22), long: agent, slot: String(colours.slotOf("agent", agent)), href: `#board?agent=${encodeURIComponent(agent)}`,
    })),
    series: [{ name: "done", label: "Done", slot: "1", values: page.agents.map(({ done }) => done) }, one("in_work", "In work", "count", page.agents.map(({ in_work: count }) => count)), ...RANKS.map(rank)],
  };
}

function days(page) {
  const points = page.days.map((day) => ({ key: day, short: SHORT.format(Date.parse(day)), long: LONG.format(Date.parse(day)) }));
  return { head: "Day", points };
}

function column(name, label, values) {
  return { name, label, tableOnly: true, values };
}

function text(name, label, values) {
  return { name, label, unit: "text", tableOnly: true, values };
}

function pointOf(task) {
  const href = task.id ? `#task=${encodeURIComponent(task.id)}` : `#file=${encodeURIComponent(task.path)}`;
  return { key: task.path, short: cut(nameOf(task), MOST_LETTERS), long: nameOf(task), href, opens: "flow-open" };
}

function nameOf({ title, path }) {
  return title || fileName(path);
}

function marksOf(cycle) {
  return RANKS.filter((name) => cycle[name] !== null).map((name) => ({ value: cycle[name], label: `${name} ${spanOf(cycle[name])}`, short: name }));
}

/** Where few took far longer than most, an axis of multiples shows both. */
function axisOf(values, { p50 }) {
  const log = p50 > 0 && Math.max(...values) > SPREAD * p50;
  return { log, note: log ? "The axis grows by multiples, so that minutes and weeks fit on it." : "" };
}

/** Where an axis may begin so that the layers above what was done before can be seen; 0 where they can anyway. */
function floorOf(done, inbox, assigned) {
  const least = Math.min(...done);
  const most = Math.max(...done.map((count, index) => count + inbox[index] + assigned[index]));
  if (least < 2 * (most - least)) return 0;
  const step = 10 ** Math.max(1, Math.floor(Math.log10(most - least)));
  return Math.floor(least / step) * step;
}

/** A moment as if the zone's clock were UTC's, so that it lies on the zone's day. */
function localMs(iso, timeZone) {
  const form = { timeZone, year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" };
  try {
    const part = Object.fromEntries(new Intl.DateTimeFormat("en-CA", form).formatToParts(Date.parse(iso)).map(({ type, value }) => [type, Number(value)]));
    return Date.UTC(part.year, part.month - 1, part.day, part.hour, part.minute, part.second);
  } catch {
    return Date.parse(iso);
  }
}

function cut(words, most) {
  return words.length > most ? `${words.slice(0, most - 1).trimEnd()}…` : words;
}
