// The section Workers: its tabs, and over them the page of one run and the wall for a second monitor.
import { html } from "../lit.js";
import * as live from "./live.js";
import * as run from "./run_page.js";
import { sentenceOf, tallied } from "./spoken.js";
import { TABS } from "./tabs.js";
import * as wall from "./wall.js";

const BATCH_MS = 2_500;
let tabs = null;
let speak = () => {};

/** The module that draws this route, or null while a tab's is not there. */
function shown({ more }) {
  if (more.run) return run;
  if (more.wall) return wall;
  const name = TABS.tabOf(more);
  return name === "live" ? live : (tabs?.of(name) ?? null);
}

/** What the section reads of the state. */
export function reads(state) {
  return [state.route.more, state.slices.tabs, ...(shown(state.route)?.reads(state) ?? [])];
}

/** The section. */
export function view(state) {
  const { route } = state;
  const module = shown(route);
  if (module === run || module === wall) return module.view(state);
  const name = TABS.tabOf(route.more);
  return html`<div class="page workers" data-tab=${name}>${TABS.bar(name)}${module ? module.view(state) : TABS.absent(name, tabs?.word(name) ?? "soon")}</div>`;
}

/** Start what is asked; returns what its buttons and fields do. */
export function start(parts) {
  tabs = TABS.create(parts);
  speak = createSpeaking(parts.say);
  const started = [live, run, wall].map((module) => module.start(parts));
  return {
    actions: Object.assign({}, ...started.map(({ actions }) => actions)),
    inputs: Object.assign({}, ...started.map(({ inputs }) => inputs)),
  };
}

/** Topics to listen to while it is open. */
export function topics(state) {
  return shown(state.route)?.topics?.(state) ?? [];
}

/** An event that came while it is open. */
export function heard(name, payload, store) {
  speak(name, payload);
  shown(store.state.route)?.heard?.(name, payload, store);
}

/** Ends and losses go through the page's one polite live region, a batch at a time. */
function createSpeaking(say) {
  let counts = {};
  return (name, payload) => {
    const before = counts;
    counts = tallied(counts, name, payload);
    if (counts === before || Object.keys(before).length) return;
    setTimeout(() => {
      say(sentenceOf(counts));
      counts = {};
    }, BATCH_MS);
  };
}
