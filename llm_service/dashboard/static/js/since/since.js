// Since you left: when a browser comes back after a while, one strip tells what happened meanwhile. Loaded after the board.
import { render, nothing } from "../lit.js";
import { ApiError, getJson } from "../net/api.js";
import { styleSheet } from "../sections.js";
import { partsOf, sentence, whenWords } from "./parts.js";
import { sinceView } from "./view.js";
import { createVisits } from "./visit.js";

const SAY_MS = 1_500;
const AGAIN_MS = 5_000;
const MOST_FAILURES = 12;

/** Start it for an instance; returns {actions}. `host` is where the strip is drawn. */
export function startSince({ store, say, host, instance }) {
  const visits = createVisits(instance, storage("localStorage"), storage("sessionStorage"));
  let strip = null;
  let wanted = null;
  let failures = 0;

  const draw = () => render(strip ? sinceView({ ...strip, now: store.state.now }) : nothing, host);

  async function ask(since) {
    wanted = since;
    try {
      const answer = await getJson(`/api/since?at=${encodeURIComponent(new Date(since).toISOString())}`);
      if (wanted !== since) return;
      wanted = null;
      const parts = partsOf(answer);
      if (!parts.length) return;
      await styleSheet("since.css");
      const when = whenWords(since, Date.now());
      strip = { since, when, parts, open: null };
      visits.tell(since);
      draw();
      setTimeout(() => say(sentence(when, parts)), SAY_MS);
    } catch (error) {
      // A server that is away is asked again when the line is up, one that has just begun in a moment; without telemetry
      // there is nothing to tell.
      if (!(error instanceof ApiError)) throw error;
      failures += 1;
      if (error.status === 503 && failures < MOST_FAILURES) setTimeout(() => wanted === since && ask(since), AGAIN_MS);
      else if (error.status !== 0) wanted = null;
    }
  }

  function look() {
    if (document.hidden) return;
    const since = visits.look(Date.now());
    if (since !== null) ask(strip?.since ?? since);
  }

  function toggle(name) {
    strip = { ...strip, open: strip.open === name ? null : name };
    draw();
  }

  function dismiss() {
    strip = null;
    visits.dismiss();
    draw();
    document.getElementById("main").focus({ preventScroll: true });
  }

  document.addEventListener("visibilitychange", () => (document.hidden ? visits.leave(Date.now()) : look()));
  host.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !strip?.open) return;
    event.preventDefault();
    host.querySelector(`[data-part="${strip.open}"]`).focus();
    toggle(strip.open);
  });
  store.subscribe((state, before) => {
    if (state.now !== before.now) look();
    if (wanted !== null && state.connection.word === "live" && before.connection.word !== "live") ask(wanted);
  });
  const pending = visits.pending();
  look();
  if (wanted === null && pending !== null) ask(pending);
  return { actions: { "since-open": ({ dataset }) => toggle(dataset.part), "since-dismiss": dismiss }, inputs: {} };
}

function storage(name) {
  try {
    return globalThis[name];
  } catch {
    return null;
  }
}
