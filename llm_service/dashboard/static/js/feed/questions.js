// Questions and answers as they are generated: closed until somebody wants them, absent where no server tells them.
import { html, nothing, repeat } from "../lit.js";
import { icons } from "../icons.js";
import { ago, exact } from "../time.js";
import { sentence } from "../words.js";

const GRADES = { easy: "easy", medium: "medium", hard: "hard" };

/** The panel for the answer of /api/qa, `open` where the reader opened it. */
export function questionsView({ data, word, error }, open, now) {
  if (!data ? word !== "failed" : data.hidden) return nothing;
  const entries = data?.entries ?? [];
  return html`<details class="questions" ?open=${open} data-part="questions"><summary data-action="questions-toggle">Questions and answers${entries.length ? html` <span class="quiet">${entries.length} newest</span>` : nothing}</summary>
    ${error ? html`<p class="feed-error" role="alert">${icons["triangle-alert"]}They could not be loaded: ${sentence(error)}</p>` : nothing}
    ${open && data ? (entries.length ? html`<ol>${repeat(entries, ({ key }) => key, (entry) => row(entry, now))}</ol>` : html`<p class="quiet">None has been generated yet.</p>`) : nothing}</details>`;
}

function row(entry, now) {
  const facts = [entry.service, GRADES[entry.difficulty], entry.grounding ? `grounding ${entry.grounding}` : null].filter(Boolean);
  return html`<li class="question"><p class="feed-entry-facts">${facts.map((fact) => html`<span>${fact}</span>`)}<span class="grow"></span>
      ${entry.created_at ? html`<time datetime=${entry.created_at} title=${exact(entry.created_at)}>${ago(entry.created_at, now)}</time>` : nothing}</p>
    <details><summary>${entry.question}</summary><p class="question-answer">${entry.answer}</p>
      ${entry.citations.length ? html`<p class="feed-entry-facts">${entry.citations.map((citation) => html`<code>${citation}</code>`)}</p>` : nothing}</details></li>`;
}
