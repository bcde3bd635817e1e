// A run's events as a chain: merged without doubles, who worked when, tokens over time, and as text. Pure.

const POINTS = 120;
const QUIET = ["supervisor", "system", "finish", "done"];

/** Events with `fresh` ones among them, by their number `n`, each once. */
export function merge(events, fresh) {
  const last = events.at(-1)?.n ?? 0;
  if (fresh.every(({ n }, index) => n === (index ? fresh[index - 1].n : last) + 1)) return fresh.length ? [...events, ...fresh] : events;
  const all = new Map([...events, ...fresh].map((event) => [event.n, event]));
  return [...all.values()].sort((one, other) => one.n - other.n);
}

/** The largest iteration that any event tells; null where none does. */
export function iterationsOf(events) {
  const known = events.map(({ iteration }) => iteration).filter((value) => value != null);
  return known.length ? known.reduce((one, other) => Math.max(one, other)) : null;
}

/** Who an event speaks of. */
export function actorOf({ agent, node }) {
  return agent ?? node;
}

/** {from, to} in ms: the time the drawings cover. Null while there is no event with a time. */
export function spanOfRun(run, events, now) {
  const times = events.map(({ at }) => Date.parse(at)).filter((ms) => !Number.isNaN(ms));
  const begun = Date.parse(run.started_at ?? run.created_at ?? "");
  const first = Number.isNaN(begun) ? times[0] : Math.min(begun, times[0] ?? begun);
  if (first === undefined || !times.length) return null;
  const ended = Date.parse(run.finished_at ?? "");
  const last = Math.max(times.at(-1), Number.isNaN(ended) ? (run.status === "running" ? now : 0) : ended);
  return { from: first, to: Math.max(last, first + 1_000) };
}

/**
 * Who worked when: [{name, ms, tokens, parts: [{from, to}]}], who began first comes first. An agent tells what it has done,
 * so the time up to an event, and the tokens out since the one before, belong to who sent it; a gap belongs to nobody.
 */
export function lanesOf(run, events, span) {
  const lanes = new Map();
  let before = span.from;
  let count = 0;
  for (const event of events) {
    const at = Date.parse(event.at);
    if (Number.isNaN(at)) continue;
    const name = actorOf(event);
    if (event.type === "node_update" && name) add(laneOf(lanes, name), before, at, run.gaps, Math.max(0, (event.tokens_out ?? count) - count));
    count = event.tokens_out ?? count;
    before = Math.max(before, at);
  }
  return [...lanes.values()];
}

function laneOf(lanes, name) {
  if (!lanes.has(name)) lanes.set(name, { name, ms: 0, tokens: 0, parts: [] });
  return lanes.get(name);
}

function add(lane, from, to, gaps, tokens) {
  lane.tokens += tokens;
  if (to <= from) return;
  for (const part of outside(from, to, gaps)) {
    const last = lane.parts.at(-1);
    if (last && last.to === part.from) last.to = part.to;
    else lane.parts.push(part);
    lane.ms += part.to - part.from;
  }
}

/** Parts of a lane with those made one that no eye could tell apart: so a drawing of 20,000 events is a few hundred shapes. */
export function joined(parts, leastMs) {
  const out = [];
  for (const part of parts) {
    const last = out.at(-1);
    if (last && part.from - last.to < leastMs) last.to = part.to;
    else out.push({ ...part });
  }
  return out;
}

/** What of a time lies in no gap. */
function outside(from, to, gaps) {
  let parts = [{ from, to }];
  for (const gap of gaps.filter(({ recovered }) => !recovered)) {
    const [start, end] = [Date.parse(gap.start), Date.parse(gap.end)];
    parts = parts.flatMap((part) => (end <= part.from || start >= part.to ? [part] : [{ from: part.from, to: start }, { from: end, to: part.to }].filter((one) => one.to > one.from)));
  }
  return parts;
}

/** [{ms, out, in}] at even steps over the span: the count told last before each; null before the first and within a gap. */
export function tokenPoints(run, events, { from, to }, most = POINTS) {
  const told = events.map((event) => ({ at: Date.parse(event.at), out: event.tokens_out, in: event.tokens_in })).filter(({ at, out, in: given }) => !Number.isNaN(at) && (out != null || given != null));
  const gaps = run.gaps.filter(({ recovered }) => !recovered).map(({ start, end }) => [Date.parse(start), Date.parse(end)]);
  const count = Math.max(2, Math.min(most, Math.ceil((to - from) / 250)));
  let [at, out, given] = [0, null, null];
  return Array.from({ length: count }, (_, index) => {
    const ms = from + ((to - from) * index) / (count - 1);
    for (; at < told.length && told[at].at <= ms; at += 1) {
      out = told[at].out ?? out;
      given = told[at].in ?? given;
    }
    const unheard = gaps.some(([start, end]) => ms > start && ms < end);
    return { ms, out: unheard ? null : out, in: unheard ? null : given };
  });
}

/** The newest text that an agent wrote, as the feed chooses it: supervisors and the end speak only where nobody else has. */
export function bestText(events) {
  const texts = events.filter(({ type, text }) => type === "node_update" && text);
  return (texts.findLast(({ node }) => !QUIET.includes(node)) ?? texts.at(-1) ?? events.findLast(({ text }) => text))?.text ?? "";
}

const COLUMNS = ["n", "at", "type", "agent", "iteration", "node", "tokens_in", "tokens_out", "status", "text"];

/** The chain as CSV (RFC 4180). Text that a spreadsheet would take for a formula begins with a '. */
export function chainCsv(events) {
  return [COLUMNS, ...events.map((event) => COLUMNS.map((name) => event[name]))].map((line) => `${line.map(cell).join(",")}\r\n`).join("");
}

function cell(value) {
  if (value == null) return "";
  const text = String(value);
  const safe = typeof value === "string" && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** The chain as lines to paste: "3. [code_agent i2] def load(path): …". */
export function chainText(events) {
  return events.map((event) => `${event.n}. [${actorOf(event) ?? event.type}${event.iteration == null ? "" : ` i${event.iteration}`}] ${event.text || event.status || event.type}\n`).join("");
}
