// Strips about watched servers that do not answer, or not wholly: what is missing, why, since when, and what is tried next.
import { html, nothing } from "../lit.js";
import { icons } from "../icons.js";
import { clock } from "../time.js";
import { troubleOf } from "./source_trouble.js";

/** One strip a source that has trouble. */
export function sourceStrips(sources) {
  const found = sources.map((source) => [source, troubleOf(source, said)]).filter(([, trouble]) => trouble);
  if (!found.length) return nothing;
  return html`<div class="strips">${found.map(([source, { kind, text }]) => html`<div class="strip" data-kind=${kind} data-source=${source.key} role=${kind === "error" ? "alert" : "status"}>
    ${icons[kind === "error" ? "unplug" : "triangle-alert"]}<p>${text}</p></div>`)}</div>`;
}

function said(iso) {
  const ms = Date.parse(iso);
  return Number.isNaN(ms) ? "–" : clock(ms, true);
}
