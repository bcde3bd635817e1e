// What the keyboard can do, whether single letters may do it, and what this page is attached to.
import { html, live, nothing } from "../lit.js";
import { icons } from "../icons.js";

const KEYS = [
  ["/", "Search"], ["Arrows", "Move between cards"], ["Enter", "Open the card; in the search, go to what it found"], ["Esc", "Close, or clear the search"],
  ["c", "Copy the card's id"], ["g", "Group by agent"], ["n", "Let waiting cards in"], ["p", "Go to the next problem"],
  ["a", "Activity"], ["t", "Theme"], ["1 to 7", "Sections"], ["?", "This list"],
];

export function readsHelp({ ui, session, board }) {
  return ui.help ? [true, ui.letterKeys, ui.theme, session, board.root] : [false];
}

export function helpView({ ui, session, board }) {
  if (!ui.help) return nothing;
  return html`<article class="sheet narrow">
    <header class="sheet-head"><h2 id="help-title" tabindex="-1">Help</h2>
      <button class="icon-button" type="button" data-action="close-help" aria-label="Close">${icons.x}</button></header>
    <div class="sheet-scroll help">
      <h3>Keyboard</h3>
      <dl class="keys">${KEYS.map(([key, text]) => html`<div><dt><kbd>${key}</kbd></dt><dd>${text}</dd></div>`)}</dl>
      <label class="option"><input type="checkbox" data-input="letter-keys" .checked=${live(ui.letterKeys)} />
        <span class="option-name">Single-letter keys work</span></label>
      <div class="option theme-choice" role="radiogroup" aria-label="Theme"><span class="option-name">Theme</span>
        ${["system", "light", "dark"].map((name) => html`<label class="theme-option"><input type="radio" name="theme" value=${name}
          data-input="theme" .checked=${live(ui.theme === name)} />${name}</label>`)}</div>
      <h3>This page</h3>
      <dl class="facts">
        <div><dt>Folder</dt><dd><code>${board.root}</code></dd></div>
        <div><dt>Version</dt><dd>${session?.version ?? "–"}</dd></div>
        <div><dt>Access</dt><dd>${session?.token_required === false ? "open, no login" : "by token"}</dd></div>
      </dl>
      ${session?.token_required
        ? html`<button class="button" type="button" data-action="logout">${icons["log-out"]}Log out</button>`
        : nothing}
    </div></article>`;
}
