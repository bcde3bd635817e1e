// Where calls are read from by themselves: the agents' own logs, how far they are read, what was skipped and is not known.
import { html, nothing } from "../lit.js";
import { icons } from "../icons.js";
import { dollars } from "../charts/units.js";
import { ago, exact } from "../time.js";
import { figure, plural, sentence } from "../words.js";

const STATES = {
  reading: ["hourglass", "reading"], following: ["circle-check", "following"], missing: ["circle-dashed", "not found"], off: ["ban", "off"], error: ["triangle-alert", "error"],
};
const FAULTY = ["triangle-alert", "following, but not every file"];
const SIZES = [[1e9, "GB"], [1e6, "MB"], [1e3, "kB"]];

/** The panel of the logs. */
export function sourcesView({ costs: { sources }, now }) {
  return html`<section class="cost-panel" aria-labelledby="sources-title"><header class="cost-panel-head"><h2 id="sources-title">Agents' own logs</h2></header>
    ${sources.word === "failed"
      ? html`<div class="page-failure" role="alert">${icons["triangle-alert"]}<p>What is read could not be loaded: ${sentence(sources.error)}</p>
          <button class="button" type="button" data-action="costs-sources-retry">${icons["refresh-cw"]}Try again</button></div>`
      : nothing}
    ${sources.data ? body(sources.data, now) : sources.word === "unknown" ? html`<div class="rows-skeleton" aria-hidden="true"></div>` : nothing}
  </section>`;
}

function body({ enabled, sources, also_seen: seen, may_overlap: overlap }, now) {
  if (!enabled) return html`<p class="quiet">Reading the agents' logs is off in the settings.</p>`;
  const found = sources.filter((source) => source.found);
  const missing = sources.filter((source) => !source.found);
  const gaps = [...new Set(found.flatMap((source) => source.known_gaps))];
  return html`
    ${found.length ? html`<ul class="source-list">${found.map((source) => sourceRow(source, now))}</ul>` : html`<p class="quiet">None was found. They are looked for again by themselves.</p>`}
    ${seen.map((one) => html`<p class="source-also">${icons.info}Also seen of ${one.tool}: ${plural(one.invocations, "call")} in ${plural(one.sessions, "session")}, ${dollars(one.cost_usd)}. A better source tells of the same calls, so they are in no sum.</p>`)}
    ${overlap.invocations ? html`<p class="source-also">${icons["triangle-alert"]}${plural(overlap.invocations, "call")} (${dollars(overlap.cost_usd)}) came without a session and may overlap with a log.</p>` : nothing}
    ${gaps.length ? html`<details class="source-more"><summary>${plural(gaps.length, "known gap")}</summary><ul>${gaps.map((gap) => html`<li>${gap}</li>`)}</ul></details>` : nothing}
    ${missing.length ? html`<details class="source-more"><summary>${plural(missing.length, "folder")} not found</summary><ul>${missing.map(({ tool, root }) => html`<li>${tool} <code>${root}</code></li>`)}</ul></details>` : nothing}`;
}

function sourceRow(source, now) {
  // What one file's fault is stands below: the others of its folder are followed all the same.
  const faulty = source.state === "following" && source.error;
  const [icon, word] = faulty ? FAULTY : (STATES[source.state] ?? ["circle", source.state]);
  const skipped = Object.entries(source.skipped);
  const sum = skipped.reduce((all, [, count]) => all + count, 0);
  return html`<li class="source" data-state=${source.state}>
    <div class="source-line"><b>${source.tool}</b><span class="call-status" data-state=${faulty ? "error" : source.state}>${icons[icon]}${word}</span><code class="source-root">${source.root}</code>
      <span class="grow"></span>${source.newest_at ? html`<time class="quiet" datetime=${source.newest_at} title=${exact(source.newest_at)}>newest ${ago(source.newest_at, now)}</time>` : nothing}</div>
    <div class="source-line quiet"><span>${plural(source.files, "file")}</span><span>${plural(source.lines, "line")}</span><span>${plural(source.messages, "call")}</span>
      <span>${size(source.bytes_read)} of ${size(source.bytes_total)} read</span></div>
    ${source.bytes_total > source.bytes_read && !source.error ? html`<progress class="source-bar" max=${source.bytes_total} .value=${source.bytes_read} aria-label=${`${source.tool}: read so far`}></progress>` : nothing}
    ${source.error ? html`<p class="source-also">${icons["triangle-alert"]}${source.error}</p>` : nothing}
    ${sum ? html`<details class="source-more"><summary>${figure(sum)} skipped</summary><ul>${skipped.map(([reason, count]) => html`<li>${figure(count)} × ${reason}</li>`)}</ul></details>` : nothing}
  </li>`;
}

function size(bytes) {
  const [unit, word] = SIZES.find(([least]) => bytes >= least) ?? [1, "B"];
  return `${figure(Math.round((10 * bytes) / unit) / 10)} ${word}`;
}
