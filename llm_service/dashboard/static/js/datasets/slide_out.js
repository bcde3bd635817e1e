// One dataset: stats, examples and provenance. Three questions, each of which may fail alone.
import { html, nothing } from "../lit.js";
import { icons } from "../icons.js";
import "../modal.js";
import { chartPanel } from "../charts/panel.js";
import { exact } from "../time.js";
import { fieldName, figure, sentence } from "../words.js";
import { growthSpec } from "./choose.js";

export const PARTS = ["stats", "examples", "provenance"];
const TITLES = { stats: "Statistics", examples: "Examples", provenance: "Provenance" };
let grown = { growth: null, spec: null };

/** The slide-out of `dataset`; `parts` is {stats: {word, data, error}, …}. */
export function slideOut(dataset, parts, charts) {
  return html`<modal-dialog><dialog class="slide-out" aria-labelledby="dataset-title"><div class="sheet">
    <header class="sheet-head"><h2 id="dataset-title" tabindex="-1">${dataset.name}</h2><button class="icon-button" type="button" data-action="dataset-close" data-close aria-label="Close">${icons.x}</button></header>
    <div class="slide-body" tabindex="0" role="region" aria-label="Dataset">
      <p class="quiet"><code>${dataset.id}</code> on ${dataset.source}${dataset.created_at ? html`, made ${exact(dataset.created_at)}` : nothing}</p>
      ${dataset.description ? html`<p class="slide-text">${dataset.description}</p>` : nothing}
      <dl class="slide-facts"><div><dt>Examples</dt><dd>${figure(dataset.examples)}</dd></div><div><dt>Tokens</dt><dd>${figure(dataset.tokens)}</dd></div><div><dt>Origin</dt><dd>${dataset.origin ?? "–"}</dd></div></dl>
      ${dataset.growth.length > 1 ? chartPanel(specOf(dataset), charts) : nothing}
      ${PARTS.map((name) => html`<section aria-label=${TITLES[name]}><h3>${TITLES[name]}</h3>${part(name, parts[name], dataset.key)}</section>`)}
    </div></div></dialog></modal-dialog>`;
}

function specOf(dataset) {
  if (grown.growth !== dataset.growth) grown = { growth: dataset.growth, spec: growthSpec(dataset) };
  return grown.spec;
}

function part(name, told, key) {
  if (!told || told.word === "loading") return html`<p class="quiet" role="status">Loading.</p>`;
  if (told.word === "failed") return html`<div class="page-failure" role="alert">${icons["triangle-alert"]}<p>${sentence(told.error)}</p><button class="button" type="button" data-action="dataset-part" data-key=${key} data-part=${name}>${icons["refresh-cw"]}Try again</button></div>`;
  return { stats, examples, provenance }[name](told.data);
}

function stats({ stats: found }) {
  const entries = Object.entries(found);
  if (!entries.length) return html`<p class="quiet">The server tells none.</p>`;
  return html`<dl class="slide-facts">${entries.map(([name, value]) => html`<div><dt>${fieldName(name)}</dt><dd>${said(value)}</dd></div>`)}</dl>`;
}

function said(value) {
  if (typeof value === "number") return figure(Math.round(value * 1_000) / 1_000);
  if (Array.isArray(value) && value.length && value.every((one) => typeof one !== "object")) return value.join(", ");
  return typeof value === "object" && value !== null ? html`<code>${JSON.stringify(value)}</code>` : String(value ?? "–");
}

function examples({ examples: texts }) {
  if (!texts.length) return html`<p class="quiet">The server shows none.</p>`;
  return html`<ol class="slide-examples">${texts.map((text) => html`<li>${text}</li>`)}</ol>`;
}

function provenance({ steps }) {
  if (!steps.length) return html`<p class="quiet">The server tells nothing of how it was made.</p>`;
  return html`<ol class="slide-steps">${steps.map((step) => html`<li>${Object.entries(step).filter(([, value]) => value != null && value !== "").map(([name, value]) => html`<span><b>${fieldName(name)}</b> ${said(value)}</span>`)}</li>`)}</ol>`;
}
