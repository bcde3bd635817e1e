// A small drawing of tokens a second over the last minute; where a run was not heard there is a hatched gap, no line.
import { html, nothing, svg } from "../lit.js";
import { HEIGHT, WIDTH, sparkOf } from "./spark_path.js";

/** The drawing; its figure stands beside it, so screen readers skip it. */
export function sparkline(rates) {
  const { line, area, gaps } = sparkOf(rates);
  return html`<svg class="spark" viewBox=${`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
    ${line ? svg`<path class="spark-area" d=${area}/><path class="spark-line" d=${line}/>` : nothing}
    ${gaps.map(({ x, width }) => svg`<rect class="hatched" x=${x} y="1" width=${width} height=${HEIGHT - 2}/>`)}</svg>`;
}

/** The hatching of gaps, once a page: every drawing refers to it. */
export function hatching() {
  return html`<svg class="sr-only" width="0" height="0" aria-hidden="true"><defs><pattern id="hatch" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
    <path class="hatch-line" d="M0 0V5"/></pattern></defs></svg>`;
}
