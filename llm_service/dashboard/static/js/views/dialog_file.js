// The file behind the card: its path, the command that moves it, why it is not dragged, and its text.
import { html, nothing } from "../lit.js";
import { icons } from "../icons.js";

export function fileTools(data) {
  const { card, raw, also_at: alsoAt } = data;
  return html`<section class="sheet-file"><h3>File</h3>
    ${copyRow("Path", data.absolute_path ?? card.path, "Copy path")}
    ${data.move_command ? copyRow("Move", data.move_command, "Copy command") : nothing}
    ${alsoAt.length ? html`<p class="quiet">The same id is also at ${alsoAt.map((path) => html` <a href=${`#file=${encodeURIComponent(path)}`} data-action="open-entry"><code>${path}</code></a>`)}</p>` : nothing}
    <details><summary>Why can't I drag this card?</summary>
      <p>The board is the folder: a card lies where its file lies. This page only watches and never writes, so nothing here can
      disagree with the disk. To move the task, move the file, or run the command above.</p></details>
    ${raw == null ? html`<p class="quiet">The text of the file cannot be shown.</p>` : rawText(raw, card.problem?.line)}
  </section>`;
}

function copyRow(label, text, action) {
  return html`<div class="copy-row"><span>${label}</span><code>${text}</code>
    <button class="button" type="button" data-action="copy" data-copy=${text}>${icons.copy}${action}</button></div>`;
}

/** The text as it stands in the file; the line of its problem is marked. */
function rawText(raw, line) {
  return html`<details class="raw" open><summary>Raw YAML</summary>
    <button class="button" type="button" data-action="copy" data-copy=${raw}>${icons.copy}Copy YAML</button>
    <pre tabindex="0" aria-label="Raw YAML">${line ? marked(raw, line) : raw}</pre></details>`;
}

function marked(raw, line) {
  const lines = raw.split("\n");
  if (line > lines.length) return raw;
  const before = lines.slice(0, line - 1).map((text) => `${text}\n`).join("");
  const after = lines.slice(line).map((text) => `\n${text}`).join("");
  return html`${before}<mark>${lines[line - 1] || " "}</mark>${after}`;
}
