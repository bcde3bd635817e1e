// The wall: all workers on a second monitor, the whole screen, nothing to click. Escape leaves it.
import { html, nothing } from "../lit.js";
import { icons } from "../icons.js";
import { shut } from "../routing.js";
import { clock } from "../time.js";
import { figure } from "../words.js";
import { etaOf, isActive, rate } from "./figures.js";
import { cards } from "./live.js";
import { noteClock } from "./live_actions.js";
import { shownRuns } from "./order.js";
import { ownOf } from "./slice.js";
import { sourceStrips } from "./source_strips.js";
import { bobsparks } from "./source_trouble.js";
import { hatching } from "./sparkline.js";

const MOST = 48;
const LINE_WORDS = { live: "Live", connecting: "Connecting", reconnecting: "Reconnecting", polling: "Polling", stale: "Stale", locked: "Logged out" };

/** What it reads of the state. */
export function reads({ listed, slices, route, connection }) {
  return [listed.runs, listed.sources, slices.workers, route.more, connection.word];
}

/** The wall: as many as a screen can show, those that work before all others. */
export function view(state) {
  const own = ownOf(state);
  const { runs } = state.listed;
  const sources = bobsparks(state.listed);
  const all = shownRuns(own.order, runs.rows, own.cleared, state.route.more);
  const shown = all.length <= MOST ? all : [...all.filter(isActive), ...all.filter((run) => !isActive(run))].slice(0, MOST);
  return html`<div class="page wall" data-size=${sizeOf(shown.length)}>${hatching()}
    <header class="wall-head"><h2 class="sr-only">Workers</h2>
      ${runs.ready ? figures(runs.aside.fleet) : nothing}
      <span class="grow"></span><span class="pill" data-word=${state.connection.word}><i></i>${LINE_WORDS[state.connection.word] ?? state.connection.word}</span><time class="wall-clock">${own.now ? clock(own.now) : nothing}</time>
      <button class="icon-button wall-leave" type="button" data-action="wall-leave" aria-label="Leave the wall (Escape)" title="Leave (Escape)">${icons["minimize-2"]}</button></header>
    ${sourceStrips(sources)}
    ${shown.length ? cards(state, { own, shown, sources }) : html`<p class="wall-empty">${runs.ready ? "Nothing is running" : nothing}</p>`}</div>`;
}

function figures(fleet) {
  const [eta] = etaOf(fleet);
  return [
    big("Running", figure(fleet?.running)), big("Queued", figure(fleet?.queued)), big("Done", figure(fleet?.done)),
    big("Failed", figure(fleet?.failed)), big("tok/s", rate(fleet?.tokens_per_s)), big("Time left", eta),
  ];
}

function big(label, value) {
  return html`<dl class="wall-figure"><dt>${label}</dt><dd>${value}</dd></dl>`;
}

/** How large cards can be. */
function sizeOf(count) {
  return count <= 1 ? "1" : count <= 4 ? "4" : count <= 9 ? "9" : count <= 20 ? "20" : "many";
}

/** Begin; returns what its buttons do. */
export function start({ store, go }) {
  const open = () => store.state.route.section === "workers" && Boolean(store.state.route.more.wall);
  const close = () => {
    const { wall: _, ...more } = store.state.route.more;
    if (open()) shut(go, { ...store.state.route, more });
  };
  // The end of the full screen closes the wall, see below.
  const leave = () => (document.fullscreenElement ? document.exitFullscreen().catch(close) : close());
  document.addEventListener("keydown", (event) => event.key === "Escape" && !event.repeat && open() && leave());
  // The browser's own Escape ends its full screen without a key that a page sees.
  document.addEventListener("fullscreenchange", () => !document.fullscreenElement && close());
  return {
    actions: {
      "wall-open": (_, event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey || event.button > 0) return;
        event.preventDefault();
        document.documentElement.requestFullscreen?.().catch(() => {});
        const { route } = store.state;
        go({ ...route, more: { ...route.more, wall: "yes" } }, { opens: true });
      },
      "wall-leave": leave,
    },
    inputs: {},
  };
}

/** Topics to listen to. */
export function topics() {
  return ["runs"];
}

/** Every event tells the server's time. */
export function heard(name, payload) {
  if (name.startsWith("run")) noteClock(payload);
}
