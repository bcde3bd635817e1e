// The tab Datasets: what the servers have made, searched and sorted here, and one of them opened.
import { html, nothing, repeat } from "../lit.js";
import { icons } from "../icons.js";
import { askedOf, keepAsked } from "../asked.js";
import { chartActions } from "../charts/actions.js";
import { tokens } from "../charts/units.js";
import { SORTS, chosen, grownBy, heroOf } from "../datasets/choose.js";
import { PARTS, slideOut } from "../datasets/slide_out.js";
import { ApiError, getJson } from "../net/api.js";
import { remembered } from "../remembered.js";
import { shut } from "../routing.js";
import { ago, exact } from "../time.js";
import { failedView, isFormer, loadingView, troublesView } from "../views/asked_states.js";
import { figure, plural } from "../words.js";
import { noSource } from "./empty.js";
import { bobsparks } from "./source_trouble.js";

const NAME = "datasets";
const EVERY_MS = 60_000;
const TYPING_MS = 200;
const hero = remembered(heroOf);
const pick = remembered((datasets, more) => chosen(datasets, more));

/** What it reads of the state. */
export function reads({ slices, route, ui, listed, now, connection }) {
  return [slices[NAME], slices.dataset, route.more, ui.charts, listed.sources, connection.word, Math.floor(now / 60_000)];
}

/** The tab. */
export function view(state) {
  const asked = askedOf(state, NAME);
  const { data } = asked;
  const { more } = state.route;
  if (state.listed.sources.ready && !bobsparks(state.listed).length && !data?.datasets.length) return noSource();
  const open = data?.datasets.find(({ key }) => key === more.dataset);
  return html`${failedView(asked, "Datasets", "datasets-retry")}${troublesView(data?.troubles)}
    ${data ? loaded(data.datasets, more, { now: state.now, former: isFormer(asked, state.connection) }) : asked.word === "failed" ? nothing : loadingView(2)}
    ${data && more.dataset && !open ? html`<div class="strip" data-kind="warn" role="status">${icons["triangle-alert"]}<p>No dataset has the key ${more.dataset}, or its server has not told of it.</p><button class="icon-button" type="button" data-action="dataset-close" aria-label="Dismiss">${icons.x}</button></div>` : nothing}
    ${open ? slideOut(open, state.slices.dataset?.parts ?? {}, state.ui.charts) : nothing}`;
}

function loaded(datasets, more, { now, former }) {
  if (!datasets.length) return html`<section class="message">${icons.table}<h2>No dataset yet</h2><p>What data-generation runs have made is listed here as soon as a server tells of it.</p></section>`;
  const all = hero(datasets);
  const shown = pick(datasets, more);
  return html`<dl class="figure-strip" ?data-former=${former}>${[["Datasets", figure(all.datasets)], ["Examples", figure(all.examples)], ["Tokens", tokens(all.tokens)], ["Tags", figure(all.tags.length)], ["Origins", figure(all.origins.length)]].map(([word, value]) => html`<div class="stat"><dt>${word}</dt><dd class="stat-figure">${value}</dd></div>`)}</dl>
    <div class="live-tools" role="group" aria-label="Datasets">
      <label class="tool-search">${icons.search}<span class="sr-only">Search datasets</span><input type="search" placeholder="Name, tag or description" .value=${more.q ?? ""} data-input="datasets-search" autocomplete="off" spellcheck="false" /></label>
      ${select("tag", "Any tag", more.tag, all.tags)}${select("origin", "Any origin", more.origin, all.origins)}${select("source", "Any server", more.source, all.sources)}
      <label class="tool sort">${icons["arrow-up-down"]}<span class="sr-only">Order</span><select data-input="datasets-choose" data-field="sort">${Object.entries(SORTS).map(([value, word]) => html`<option value=${`=${value}`} .selected=${value === (more.sort ?? "newest")}>${word}</option>`)}</select>${icons["chevron-down"]}</label>
      <span class="grow"></span><span class="quiet">${shown.length < datasets.length ? `${shown.length} of ${plural(datasets.length, "dataset")}` : plural(shown.length, "dataset")}</span></div>
    ${shown.length ? html`<ul class="dataset-grid" ?data-former=${former}>${repeat(shown, ({ key }) => key, (one) => card(one, now, all.sources.length > 1))}</ul>` : html`<section class="message"><h2>No dataset matches</h2><button class="button" type="button" data-action="datasets-clear">${icons.x}Clear search and filters</button></section>`}`;
}

function select(name, any, chosenValue, values) {
  if (!chosenValue && values.length < 2) return nothing;
  const all = chosenValue && !values.includes(chosenValue) ? [chosenValue, ...values] : values;
  return html`<label class="tool sort" ?data-active=${Boolean(chosenValue)}><span class="sr-only">${any}</span><select data-input="datasets-choose" data-field=${name}><option value="" .selected=${!chosenValue}>${any}</option>
    ${all.map((value) => html`<option value=${`=${value}`} .selected=${value === chosenValue}>${value}</option>`)}</select>${icons["chevron-down"]}</label>`;
}

function card(dataset, now, several) {
  const grown = grownBy(dataset);
  return html`<li class="dataset-card" data-key=${dataset.key}><h3><button class="link-button" type="button" data-action="dataset-open" data-key=${dataset.key} title=${dataset.name} aria-haspopup="dialog">${dataset.name}</button></h3>
    ${dataset.description ? html`<p class="dataset-text">${dataset.description}</p>` : nothing}
    <p class="dataset-facts"><span><b>${figure(dataset.examples)}</b> examples${grown ? html` <span class="quiet" title="Since it is watched">(${grown > 0 ? "+" : ""}${figure(grown)})</span>` : nothing}</span><span><b>${tokens(dataset.tokens)}</b> tokens</span></p>
    ${dataset.tags.length ? html`<p class="dataset-tags">${dataset.tags.map((tag) => html`<span class="dataset-tag">${tag}</span>`)}</p>` : nothing}
    <p class="dataset-facts quiet">${several ? html`<span>${dataset.source}</span>` : nothing}${dataset.origin ? html`<span>${dataset.origin}</span>` : nothing}${dataset.created_at ? html`<time datetime=${dataset.created_at} title=${exact(dataset.created_at)}>${ago(dataset.created_at, now)}</time>` : nothing}</p></li>`;
}

/** Begin; returns what its buttons and fields do. */
export function start({ store, go }) {
  const here = ({ route }) => route.section === "workers" && route.more.tab === "datasets";
  const asked = keepAsked(store, { name: NAME, address: () => "/api/datasets", here, every: () => EVERY_MS });
  const own = () => store.state.slices.dataset;
  let typing = null;
  const withChoice = (field, value) => {
    const { [field]: _, ...more } = store.state.route.more;
    return { ...store.state.route, more: value ? { ...more, [field]: value } : more };
  };
  const choose = (field, value, how) => go(withChoice(field, value), how);

  async function ask(key, name) {
    const put = (value) => own().key === key && store.dispatch({ type: "slice", name: "dataset", patch: { parts: { ...own().parts, [name]: value } } });
    put({ word: "loading" });
    try {
      put({ word: "ready", data: await getJson(`/api/datasets/${encodeURIComponent(key)}/${name}`) });
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      put({ word: "failed", error: error.message });
    }
  }
  function follow({ route }) {
    const key = route.more.dataset ?? null;
    if (!here({ route }) || key === (own()?.key ?? null)) return;
    store.dispatch({ type: "slice", name: "dataset", patch: { key, parts: {} } });
    if (key) PARTS.forEach((name) => ask(key, name));
  }
  store.subscribe(follow);
  follow(store.state);

  return {
    actions: {
      ...chartActions(store),
      "datasets-retry": () => asked.now(),
      "datasets-clear": () => go({ ...store.state.route, more: { tab: "datasets" } }),
      "dataset-open": ({ dataset }) => choose("dataset", dataset.key, { opens: true }),
      "dataset-close": () => shut(go, withChoice("dataset", "")),
      "dataset-part": ({ dataset }) => ask(dataset.key, dataset.part),
    },
    inputs: {
      "datasets-choose": ({ dataset, value }) => choose(dataset.field, value === "=newest" ? "" : value.slice(1)),
      "datasets-search": ({ value }) => {
        clearTimeout(typing);
        typing = setTimeout(() => here(store.state) && choose("q", value.trim(), { replace: true }), TYPING_MS);
      },
    },
  };
}
