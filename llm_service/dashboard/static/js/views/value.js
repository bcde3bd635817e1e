// Any value of a YAML file as text nodes: lists as lists, mappings as pairs, the rest as written.
import { html } from "../lit.js";

const DEEPEST = 6;

export function valueView(value, depth = 0) {
  if (value === null || value === "") return html`<span class="quiet">empty</span>`;
  if (typeof value !== "object") return html`<span class="scalar">${String(value)}</span>`;
  if (depth >= DEEPEST) return html`<code>${JSON.stringify(value)}</code>`;
  if (Array.isArray(value)) {
    if (!value.length) return html`<span class="quiet">none</span>`;
    return html`<ul class="values">${value.map((item) => html`<li>${valueView(item, depth + 1)}</li>`)}</ul>`;
  }
  return html`<dl class="fields">${Object.entries(value).map(
    ([name, item]) => html`<div><dt>${name}</dt><dd>${valueView(item, depth + 1)}</dd></div>`)}</dl>`;
}
