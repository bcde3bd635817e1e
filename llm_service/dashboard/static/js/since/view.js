// The strip at the top: one line of what happened, each part of it opens what it means.
import { html, nothing } from "../lit.js";
import { icons } from "../icons.js";
import { ago, exact } from "../time.js";
import { fileName, plural } from "../words.js";

/** `open` is the name of the part whose list is shown, or null. */
export function sinceView({ when, parts, open, now }) {
  const shown = parts.find(({ name }) => name === open);
  return html`<div class="since-line">${icons.history}<h2 class="since-when">${when}</h2>
      <ul class="since-parts">${parts.map((part) => html`<li>${partView(part, open)}</li>`)}</ul>
      <span class="grow"></span>
      <button class="tool since-all" type="button" data-action="drawer" aria-label="Activity">${icons.activity}<span>Activity</span></button>
      <button class="icon-button" type="button" data-action="since-dismiss" aria-label="Dismiss what happened since you left">${icons.x}</button></div>
    ${shown ? listView(shown, now) : nothing}`;
}

function partView({ name, text, href, tasks, lines }, open) {
  if (!tasks && !lines) return html`<a class="since-part" data-part=${name} href=${href}>${text}</a>`;
  return html`<button class="since-part" type="button" data-part=${name} data-action="since-open" aria-expanded=${open === name ? "true" : "false"}
    aria-controls=${open === name ? "since-list" : nothing}>${text}${icons["chevron-down"]}</button>`;
}

function listView({ tasks, lines, href, more, text }, now) {
  return html`<ul class="since-list" id="since-list" aria-label=${text}>
    ${(tasks ?? []).map((task) => taskRow(task, now))}
    ${(lines ?? []).map((line) => html`<li>${href ? html`<a href=${href}>${line}</a>` : line}</li>`)}
    ${more > 0 ? html`<li class="quiet">and ${plural(more, "more")}; <button class="text-button inline" type="button" data-action="drawer">see the activity</button></li>` : nothing}
  </ul>`;
}

function taskRow(task, now) {
  const href = task.id ? `#task=${encodeURIComponent(task.id)}` : `#file=${encodeURIComponent(task.path)}`;
  return html`<li><a href=${href} data-action="open-entry">${task.title || fileName(task.path)}</a>
    <span class="quiet">${task.agent ?? ""} <time datetime=${task.at} title=${exact(task.at)}>${ago(task.at, now)}</time></span></li>`;
}
