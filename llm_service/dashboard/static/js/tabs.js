// The tabs of a section. The first comes with the page; each other is a module of its own, fetched when it is first opened.
import { html, nothing } from "./lit.js";
import { icons } from "./icons.js";
import { styleSheet } from "./sections.js";

const AGAIN_MS = 3_000;
const SOON_MS = 300;

/**
 * Tabs of `section` ("workers", named "Workers"): `tabs` is {name: {name, load?, styles?}} in their order, the first is the
 * one that needs no `tab` in the address. A module that `load` brings exports view(state), reads(state), start(parts) →
 * {actions, inputs}, and where it needs them topics(state) and heard(name, payload, store).
 */
export function defineTabs(section, title, tabs) {
  const usual = Object.keys(tabs)[0];
  const tabOf = (more) => (Object.hasOwn(tabs, more.tab ?? "") ? more.tab : usual);
  return {
    /** The tab of a route's choices. */
    tabOf,
    /** The links to all of them. */
    bar: (current) => html`<nav class="tabs" aria-label=${title}>${Object.entries(tabs).map(([name, tab]) => html`<a class="tab"
      href=${name === usual ? `#${section}` : `#${section}?tab=${name}`} aria-current=${name === current ? "page" : nothing}>${tab.name}</a>`)}</nav>`,
    create: (parts) => createTabs(parts, { section, tabs, tabOf }),
    /** What stands in place of a tab whose module is not there. */
    absent: (name, word) => absentView(tabs[name].name, word),
  };
}

/** Fetches them. `of(name)` is the module or null; `word(name)` says why not: "soon", "loading" or "failed". */
function createTabs(parts, { section, tabs, tabOf }) {
  const loaded = new Map();
  const words = new Map();
  const shown = () => (parts.store.state.route.section === section ? tabOf(parts.store.state.route.more) : null);

  async function open(name) {
    if (!tabs[name].load || loaded.has(name) || ["soon", "loading"].includes(words.get(name))) return;
    words.set(name, "soon");
    const slow = setTimeout(() => say(name, "loading"), SOON_MS);
    try {
      const [module] = await Promise.all([tabs[name].load(), ...(tabs[name].styles ?? []).map(styleSheet)]);
      parts.add(module.start(parts));
      loaded.set(name, module);
    } catch {
      setTimeout(() => shown() === name && open(name), AGAIN_MS);
    }
    clearTimeout(slow);
    say(name, loaded.has(name) ? "ready" : "failed");
  }
  function say(name, word) {
    words.set(name, word);
    parts.store.dispatch({ type: "slice", name: "tabs", patch: { [`${section} ${name}`]: word } });
  }

  parts.store.subscribe(({ route }, before) => {
    if (route === before.route || !shown()) return;
    open(shown());
    bringIntoView();
  });
  if (shown()) open(shown());
  bringIntoView();
  return { of: (name) => loaded.get(name) ?? null, word: (name) => words.get(name) ?? "soon" };
}

/** On a phone the tabs scroll: the one that is shown is seen. */
function bringIntoView() {
  setTimeout(() => document.querySelector('.tab[aria-current="page"]')?.scrollIntoView({ block: "nearest", inline: "nearest" }), SOON_MS);
}

function absentView(name, word) {
  if (word === "soon") return nothing;
  if (word === "loading") return html`<p class="tab-absent" role="status">Loading ${name}</p>`;
  return html`<div class="page-failure" role="alert">${icons["triangle-alert"]}<p>${name} could not be loaded from the server. The page tries again every few seconds; the other tabs work.</p></div>`;
}
