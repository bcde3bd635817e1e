// Who worked when: a lane for each agent, time from left to right, hatched where nobody heard the run.
import { guard, html, nothing, svg } from "../lit.js";
import { clock } from "../time.js";
import { figure } from "../words.js";
import { joined, lanesOf } from "./chain.js";
import { seconds } from "./figures.js";
import { openGaps } from "./gaps.js";

const LEAST = 0.35;
const STEP_MS = 1_000;

/** The panel, drawn again with an event or a second; `span` is null while there is nothing to draw. */
export function timelineView(run, events, span) {
  return html`${guard([events, run.gaps, span && Math.floor(span.to / STEP_MS)], () => panel(run, events, span))}`;
}

function panel(run, events, span) {
  const lanes = span ? lanesOf(run, events, span) : [];
  return html`<section class="run-panel run-lanes" aria-labelledby="lanes-title"><header><h3 id="lanes-title">Who worked when</h3></header>
    ${lanes.length ? drawn(run, lanes, span) : html`<p class="quiet">No agent has reported yet.</p>`}</section>`;
}

function drawn(run, lanes, { from, to }) {
  const share = (ms) => (100 * (ms - from)) / (to - from);
  const gaps = openGaps(run).map(({ start, end }) => ({ x: share(Math.max(from, Date.parse(start))), to: share(Math.min(to, Date.parse(end))) })).filter(({ x, to: end }) => end > x);
  return html`<ul class="lanes"><li class="lane lane-head" aria-hidden="true"><span></span><span></span><span class="lane-sum">time</span><span class="lane-tokens">tokens out</span></li>
    ${lanes.map(({ name, ms, tokens, parts }, index) => html`<li class="lane" data-slot=${(index % 8) + 1}>
      <span class="lane-name">${name}</span>
      <svg class="lane-bar" aria-hidden="true">${joined(parts, (to - from) / 800).map((part) => bar(share(part.from), share(part.to)))}${gaps.map(({ x, to: end }) => svg`<rect class="hatched" x=${`${x}%`} width=${`${end - x}%`} y="0" height="100%"/>`)}</svg>
      <span class="lane-sum">${seconds(ms / 1_000)}<span class="sr-only"> in ${parts.length} ${parts.length === 1 ? "stretch" : "stretches"}</span></span>
      <span class="lane-tokens">${figure(tokens)}<span class="sr-only"> tokens out</span></span></li>`)}
      <li class="lane lane-axis" aria-hidden="true"><span></span><span class="lane-times"><span>${clock(from, true)}</span><span>${clock(to, true)}</span></span><span></span><span></span></li></ul>
    ${gaps.length ? html`<p class="quiet lane-note"><svg class="lane-swatch" aria-hidden="true"><rect class="hatched" width="100%" height="100%"/></svg>not heard</p>` : nothing}`;
}

function bar(from, to) {
  return svg`<rect class="lane-part" x=${`${from.toFixed(3)}%`} width=${`${Math.max(LEAST, to - from).toFixed(3)}%`} y="15%" height="70%" rx="2"/>`;
}
