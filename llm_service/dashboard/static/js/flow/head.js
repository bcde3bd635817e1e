// The figures at the head of the page, and one line on what they rest on.
import { html, nothing } from "../lit.js";
import { icons } from "../icons.js";
import { exact, spanOf } from "../time.js";
import { figure, plural } from "../words.js";

/** Done, lead time, cycle time and work in progress of the range. */
export function headView(page) {
  const done = sum(page.done);
  const seeded = sum(page.seeded);
  const perDay = page.days.length ? Math.round((10 * done) / page.days.length) / 10 : 0;
  return html`<section class="figure-strip flow-head" aria-label="In this range">
    <dl class="stat" data-stat="done"><dt>Done</dt><dd class="stat-figure">${figure(done)} <small>${figure(perDay)} a day</small></dd>
      <dd class="stat-sub">${seeded ? `${figure(seeded)} of them with times from their files` : done ? "all while watched" : "none in this range"}</dd></dl>
    ${times("cycle", "Cycle time", "from assigned to done", page.cycle, done)}
    ${times("lead", "Lead time", "from created to done", page.lead, done)}
    ${inWork(page)}
  </section>`;
}

function times(name, label, meaning, { p50, p85, p95, tasks }, done) {
  return html`<dl class="stat" data-stat=${name}><dt>${label}<span class="stat-meaning">, ${meaning}</span></dt>
    <dd class="stat-figure">${spanOf(p50)} <small>${tasks ? "p50" : ""}</small></dd>
    <dd class="stat-sub">${tasks ? html`<span class="stat-part">p85 <b>${spanOf(p85)}</b></span> <span class="stat-part">p95 <b>${spanOf(p95)}</b></span> ${tasks < done ? html`<span class="stat-part">of ${plural(tasks, "task")}</span>` : nothing}`
      : "no finished task with known times"}</dd></dl>`;
}

function inWork({ agents, ageing, cycle }) {
  const count = agents.reduce((all, agent) => all + agent.in_work, 0);
  const oldest = ageing.find(({ age_hours: age }) => age !== null)?.age_hours;
  const late = cycle.p85 === null ? 0 : ageing.filter(({ age_hours: age }) => age > cycle.p85).length;
  const sub = late ? `oldest ${spanOf(oldest)}; ${figure(late)} over p85 of the cycle time` : oldest == null ? "" : `oldest ${spanOf(oldest)}`;
  return html`<dl class="stat" data-stat="work"><dt>In work now</dt><dd class="stat-figure">${figure(count)}</dd><dd class="stat-sub">${sub}</dd></dl>`;
}

/** Since when somebody watches, and what nobody knows. */
export function knownView({ watching_since: since, unknown, timezone }) {
  return html`<p class="flow-known">${icons.info}<span>
    ${since ? html`Watching since <time datetime=${since}>${exact(since)}</time>; older tasks are known by their files' own times.` : "Nobody has watched this board yet; tasks are known by their files' own times."}
    ${unknown ? html`<span data-part="unknown">${plural(unknown, "done task")} without any time ${unknown === 1 ? "is" : "are"} in no figure but the sum of the cumulative flow.</span>` : nothing}
    p50, p85 and p95: so many of 100 tasks took no longer. Days are those of ${timezone}.</span></p>`;
}

function sum(list) {
  return list.reduce((all, one) => all + one, 0);
}
