// The smaller panels of a job's page: the example it works on, the GPU as it is told, the log's end, how it was started.
import { html, nothing } from "../lit.js";
import { figure, fieldName, plural } from "../words.js";

/** The example that is being learnt just now. */
export function previewView({ preview_in: asked, preview_out: answer, examples }) {
  if (!asked && !answer) return nothing;
  return html`<section class="panel" aria-label="Current example"><header class="panel-head"><h3>Current example${examples == null ? nothing : html` <span class="count">of ${figure(examples)}</span>`}</h3></header>
    <dl class="preview"><dt>Asked</dt><dd>${asked || "–"}</dd><dt>Answer</dt><dd>${answer || "–"}</dd></dl></section>`;
}

/** Memory and load of its GPU; said to be made up where its server is known to make them up. */
export function gpuView({ gpu }) {
  if (!gpu) return nothing;
  const { name, used_gb: used, total_gb: total, percent, made_up: madeUp } = gpu;
  return html`<section class="panel" aria-label="GPU"><header class="panel-head"><h3>GPU${name ? html` <span class="count">${name}</span>` : nothing}</h3></header>
    ${bar("Memory", used !== null && total ? (100 * used) / total : null, used === null ? "–" : `${used.toFixed(1)}${total === null ? "" : ` of ${total.toFixed(1)}`} GB`)}
    ${bar("Load", percent, percent === null ? "–" : `${figure(Math.round(percent))} %`)}
    <p class="panel-note" data-made-up=${madeUp ? "yes" : "no"}>${madeUp ? "Made up by its server: the same figures are told of every job." : "As told by its server."}</p></section>`;
}

function bar(label, value, text) {
  return html`<div class="meter"><span>${label}</span>${value === null ? html`<span></span>` : html`<progress class="job-bar plain" max="100" .value=${Math.min(100, value)} aria-label=${label}></progress>`}<span class="figure">${text}</span></div>`;
}

/** The newest lines it wrote. */
export function logView({ log }) {
  return html`<section class="panel wide" aria-label="Log"><header class="panel-head"><h3>Log <span class="count">${log.length ? `last ${plural(log.length, "line")}` : ""}</span></h3></header>
    ${log.length ? html`<div class="log-tail" tabindex="0" role="region" aria-label="Newest lines of the log"><pre>${log.join("\n")}</pre></div>` : html`<p class="quiet">Its server has told no line of its log.</p>`}</section>`;
}

/** How it was started, and what else its server tells of it. */
export function configView({ config }) {
  const entries = Object.entries(config ?? {}).filter(([, value]) => value !== null && value !== "");
  if (!entries.length) return nothing;
  return html`<section class="panel" aria-label="How it was started"><header class="panel-head"><h3>How it was started</h3></header>
    <dl class="config">${entries.map(([name, value]) => html`<div><dt>${fieldName(name)}</dt><dd>${typeof value === "object" ? JSON.stringify(value) : String(value)}</dd></div>`)}</dl></section>`;
}
