// What is missing in Training because a watched server does not answer, or not for its trainings.
import { html, nothing } from "../lit.js";
import { icons } from "../icons.js";
import { clock } from "../time.js";
import { troubleOf } from "../workers/source_trouble.js";

/** What servers are asked about training; the rest is told where it matters. */
const OURS = ["fine-tunes", "jobs", "fine-tune log", "pipelines", "skill trainings"];

/** One line a server that has trouble. */
export function sourceNotes({ listed }) {
  const found = Object.values(listed.sources.rows).sort((one, other) => one.key.localeCompare(other.key)).flatMap((source) => {
    const concerns = source.concerns.filter(({ name }) => OURS.includes(name));
    const trouble = troubleOf({ ...source, concerns }, said);
    return trouble ? [{ key: source.key, ...trouble }] : [];
  });
  return found.length ? found.map(({ key, kind, text }) => html`<div class="job-trouble" data-kind=${kind} data-source=${key} role=${kind === "error" ? "alert" : "status"}>
    ${icons[kind === "error" ? "unplug" : "triangle-alert"]}<p>${text}</p></div>`) : nothing;
}

function said(iso) {
  const ms = Date.parse(iso);
  return Number.isNaN(ms) ? "–" : clock(ms, true);
}
