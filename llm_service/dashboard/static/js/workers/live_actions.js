// What the tab Live does: keeps the cards' order, lets time pass, cancels, clears, filters; and what its launches ask for.
import { send } from "../net/send.js";
import { isActive } from "./figures.js";
import { launchActions } from "./launch_actions.js";
import { placed } from "./order.js";
import { ownOf, putInto } from "./slice.js";

const TICK_MS = 1_000;
const KEY = "llm-service.cleared-runs";
const MOST = 500;
const MORE = 240;
let aheadMs = 0;

/** {actions, inputs}; `parts` are {store, go, say}. */
export function liveActions({ store, go, say }) {
  const put = putInto(store);
  const own = () => ownOf(store.state);
  const here = () => store.state.route.section === "workers";
  put({ cleared: readCleared(), now: Date.now() - aheadMs });
  store.subscribe((state, before) => {
    if (here() && state.listed.runs !== before.listed.runs) follow(state);
  });
  follow(store.state);
  setInterval(() => here() && !document.hidden && put({ now: Date.now() - aheadMs }), TICK_MS);
  watchArrows();

  function follow({ listed: { runs } }) {
    if (!runs.ready) return;
    const order = placed(own().order, runs.rows, anchor);
    const cancel = Object.fromEntries(Object.entries(own().cancel).filter(([key]) => runs.rows[key] && isActive(runs.rows[key])));
    const same = Object.keys(cancel).length === Object.keys(own().cancel).length;
    if (order !== own().order || !same) put({ order, cancel: same ? own().cancel : cancel });
  }

  async function cancel(key) {
    const wish = (value) => put({ cancel: { ...own().cancel, [key]: value } });
    put({ asking: null, cancel: { ...own().cancel, [key]: { word: "asked" } } });
    try {
      await send("DELETE", `/api/runs/${encodeURIComponent(key)}`);
      say("Cancelling.");
    } catch (error) {
      wish({ word: "failed", error: error.message });
    }
  }

  function clear() {
    const { rows } = store.state.listed.runs;
    keep([...own().cleared, ...Object.keys(rows).filter((key) => !isActive(rows[key]) && !own().cleared.includes(key))].slice(-MOST));
    say("Cleared.");
  }

  function keep(cleared) {
    put({ cleared });
    saveCleared(cleared);
  }

  function filter(field, value) {
    const { [field]: _, ...more } = store.state.route.more;
    go({ ...store.state.route, more: value ? { ...more, [field]: value } : more });
  }

  const launching = launchActions({ store, put, own, say });
  return {
    actions: {
      ...launching.actions,
      "run-ask-cancel": ({ dataset }) => put({ asking: dataset.key }),
      "run-keep": () => put({ asking: null }),
      "run-cancel": ({ dataset }) => cancel(dataset.key),
      "runs-clear": clear,
      "runs-unclear": () => keep([]),
      "runs-more": () => put({ most: own().most + MORE }),
      "runs-unfilter": () => go({ ...store.state.route, more: {} }),
    },
    inputs: { ...launching.inputs, "runs-filter": ({ dataset, value }) => filter(dataset.field, value.slice(1)) },
  };
}

/** How far this browser's clock is ahead of the server's, from the time an event carries. */
export function noteClock({ at }) {
  const sent = Date.parse(at ?? "");
  if (!Number.isNaN(sent)) aheadMs = Date.now() - sent;
}

/** The last drawn card that must not be moved: it has the pointer or the focus, or is being read by somebody who scrolled. */
function anchor() {
  const grid = document.querySelector(".run-grid");
  if (!grid) return null;
  const scrolled = grid.closest(".page")?.scrollTop > 40;
  const held = [...grid.children].filter((card) => card.matches(":hover, :focus-within") || (scrolled && isInView(card)));
  return held.at(-1)?.dataset.key ?? null;
}

function isInView(card) {
  const box = card.getBoundingClientRect();
  return box.bottom > 0 && box.top < innerHeight;
}

/** Arrows go from card to card by where they stand; Home and End to the first and the last. */
function watchArrows() {
  document.addEventListener("keydown", (event) => {
    const here = document.activeElement?.closest?.(".run-card");
    if (!here || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    const next = neighbour(here, event.key);
    if (!next) return;
    event.preventDefault();
    next.querySelector(".run-title a").focus({ preventScroll: true });
    next.scrollIntoView({ block: "nearest" });
  });
}

function neighbour(here, key) {
  const cards = [...here.parentElement.children];
  const at = cards.indexOf(here);
  const columns = cards.filter((card) => card.offsetTop === cards[0].offsetTop).length;
  const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns }[key];
  if (key === "Home") return cards[0];
  if (key === "End") return cards.at(-1);
  return step ? cards[at + step] : null;
}

function readCleared() {
  try {
    const found = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    return Array.isArray(found) ? found.filter((key) => typeof key === "string") : [];
  } catch {
    return [];
  }
}

function saveCleared(cleared) {
  try {
    localStorage.setItem(KEY, JSON.stringify(cleared));
  } catch {
    // Forbidden or full: it lasts as long as the page.
  }
}
