// The tab Models: registry and leaderboard in one table, some of them side by side, and what lies on the machines.
import { html, nothing, repeat } from "../lit.js";
import { icons } from "../icons.js";
import { askedOf, keepAsked } from "../asked.js";
import { MOST_COMPARED, SORTS, bestOf, chosen, comparedKeys, comparison, toggled } from "../models/choose.js";
import { remembered } from "../remembered.js";
import { ago, exact } from "../time.js";
import { failedView, isFormer, loadingView, troublesView } from "../views/asked_states.js";
import { figure } from "../words.js";
import { noSource } from "./empty.js";
import { bobsparks } from "./source_trouble.js";

const NAME = "models";
const EVERY_MS = 60_000;
const TYPING_MS = 200;
const SHARE = new Intl.NumberFormat("en-US", { style: "percent", maximumFractionDigits: 1 });
const SCORE = new Intl.NumberFormat("en-US", { maximumFractionDigits: 3 });
const pick = remembered((models, more) => chosen(models, more));

/** What it reads of the state. */
export function reads({ slices, route, listed, now, connection }) {
  return [slices[NAME], route.more, listed.sources, connection.word, Math.floor(now / 60_000)];
}

/** The tab. */
export function view(state) {
  const asked = askedOf(state, NAME);
  const { data } = asked;
  if (state.listed.sources.ready && !bobsparks(state.listed).length && !data?.models.length) return noSource();
  return html`${failedView(asked, "Models", "models-retry")}${troublesView(data?.troubles)}
    ${data ? html`<div class="models" ?data-former=${isFormer(asked, state.connection)}>${loaded(data, state)}</div>` : asked.word === "failed" ? nothing : loadingView(2)}`;
}

function loaded({ models, local, missing }, { route: { more }, now }) {
  const several = new Set([...models, ...local].map(({ source }) => source)).size > 1;
  const keys = comparedKeys(more);
  const compared = keys.map((key) => models.find((model) => model.key === key)).filter(Boolean);
  const shown = pick(models, more);
  if (!models.length && !local.length) return html`<section class="message">${icons.bot}<h2>No model is known</h2><p>${missing.length ? `The server has no ${missing.join(", no ")}.` : "Its registry, its leaderboard and its machines have none."} Models that are registered or pulled appear here.</p></section>`;
  return html`${models.length ? html`<div class="live-tools" role="group" aria-label="Models">
      <label class="tool-search">${icons.search}<span class="sr-only">Search models</span><input type="search" placeholder="Name or status" .value=${more.q ?? ""} data-input="models-search" autocomplete="off" spellcheck="false" /></label>
      <label class="tool sort">${icons["arrow-up-down"]}<span class="sr-only">Order</span><select data-input="models-sort">${Object.entries(SORTS).map(([value, word]) => html`<option value=${value} .selected=${value === (more.sort ?? "rank")}>${word}</option>`)}</select>${icons["chevron-down"]}</label>
      <span class="grow"></span><span class="quiet">${keys.length ? `${keys.length} of ${MOST_COMPARED} compared` : "Choose two to four to compare"}</span></div>
    ${compared.length > 1 ? compareView(compared) : nothing}${registry(shown, keys, now, several)}` : nothing}
    ${local.length ? localView(local, several) : nothing}`;
}

function registry(models, keys, now, several) {
  if (!models.length) return html`<p class="quiet">No model matches the search.</p>`;
  return html`<section class="panel-box models-panel" aria-labelledby="registry-title"><h2 class="panel-title" id="registry-title">Registry and leaderboard</h2>
    <div class="table-box" tabindex="0" role="region" aria-label="Models"><table class="plain-table"><thead><tr><th scope="col" class="box"><span class="sr-only">Compare</span></th><th scope="col" class="figure">Rank</th><th scope="col">Model</th><th scope="col">Status</th><th scope="col" class="figure">Benchmark</th><th scope="col">Last evaluation</th>${several ? html`<th scope="col">Source</th>` : nothing}</tr></thead>
      <tbody>${repeat(models, ({ key }) => key, (model) => row(model, { compared: keys.includes(model.key), now, several }))}</tbody></table></div></section>`;
}

function row(model, { compared, now, several }) {
  const [last] = model.evals;
  return html`<tr data-key=${model.key}><td class="box"><label class="model-check"><input type="checkbox" data-input="models-compare" data-key=${model.key} .checked=${compared} aria-label=${`Compare ${model.name}`} /></label></td>
    <td class="figure">${figure(model.rank)}</td><th scope="row" title=${model.id}>${model.name}</th><td>${model.status ?? "–"}</td><td class="figure">${model.score == null ? "–" : SCORE.format(model.score)}</td>
    <td>${last ? html`${last.suite ?? "no suite"} ${last.score == null ? last.status : SHARE.format(last.score)}${last.at ? html` <time class="quiet" datetime=${last.at} title=${exact(last.at)}>${ago(last.at, now)}</time>` : nothing}` : "–"}</td>${several ? html`<td>${model.source}</td>` : nothing}</tr>`;
}

function compareView(models) {
  const { suites } = comparison(models);
  const line = (name, values, say, judged = false) => {
    const best = judged ? bestOf(values) : null;
    return html`<tr><th scope="row">${name}</th>${values.map((value) => html`<td class="figure" ?data-best=${best !== null && value === best}>${value == null ? "–" : say(value)}${best !== null && value === best ? html`<span class="sr-only"> best</span>` : nothing}</td>`)}</tr>`;
  };
  return html`<section class="panel-box models-panel" aria-labelledby="compare-title"><div class="panel-line"><h2 class="panel-title" id="compare-title">Side by side</h2><span class="grow"></span><button class="tool" type="button" data-action="models-uncompare">${icons.x}Close</button></div>
    <div class="table-box" tabindex="0" role="region" aria-label="Models side by side"><table class="plain-table models-compare"><thead><tr><th scope="col"><span class="sr-only">Figure</span></th>${models.map(({ name }) => html`<th scope="col" class="figure">${name}</th>`)}</tr></thead>
      <tbody>${new Set(models.map(({ source }) => source)).size > 1 ? line("Source", models.map(({ source }) => source), String) : nothing}${line("Rank", models.map(({ rank }) => rank), figure)}${line("Benchmark", models.map(({ score }) => score), (value) => SCORE.format(value), true)}${line("Status", models.map(({ status }) => status), String)}
        ${line("Evaluations", models.map(({ evals }) => evals.length), figure)}${suites.map(({ suite, scores }) => line(suite, scores, (value) => SHARE.format(value), true))}</tbody></table></div></section>`;
}

function localView(models, several) {
  return html`<section class="panel-box models-panel" aria-labelledby="local-title"><h2 class="panel-title" id="local-title">On the machines</h2>
    <div class="table-box" tabindex="0" role="region" aria-label="Models on the machines"><table class="plain-table"><thead><tr><th scope="col">Model</th><th scope="col">Machine</th><th scope="col" class="figure">Size</th><th scope="col">Parameters</th><th scope="col">Quantization</th><th scope="col">Family</th>${several ? html`<th scope="col">Source</th>` : nothing}</tr></thead>
      <tbody>${repeat(models, ({ key }) => key, (model) => html`<tr data-key=${model.key}><th scope="row">${model.name}</th><td>${model.node}</td><td class="figure">${model.size ?? "–"}</td><td>${model.parameters ?? "–"}</td><td>${model.quantization ?? "–"}</td><td>${model.family ?? "–"}</td>${several ? html`<td>${model.source}</td>` : nothing}</tr>`)}</tbody></table></div></section>`;
}

/** Begin; returns what its buttons and fields do. */
export function start({ store, go }) {
  const here = ({ route }) => route.section === "workers" && route.more.tab === "models";
  const asked = keepAsked(store, { name: NAME, address: () => "/api/models", here, every: () => EVERY_MS });
  let typing = null;
  const choose = (field, value, how) => {
    const { [field]: _, ...more } = store.state.route.more;
    go({ ...store.state.route, more: value ? { ...more, [field]: value } : more }, how);
  };
  return {
    actions: { "models-retry": () => asked.now(), "models-uncompare": () => choose("compare", "") },
    inputs: {
      "models-sort": ({ value }) => choose("sort", value === "rank" ? "" : value),
      "models-compare": ({ dataset }) => choose("compare", toggled(comparedKeys(store.state.route.more), dataset.key)),
      "models-search": ({ value }) => {
        clearTimeout(typing);
        typing = setTimeout(() => here(store.state) && choose("q", value.trim(), { replace: true }), TYPING_MS);
      },
    },
  };
}
