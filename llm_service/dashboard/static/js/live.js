// Everything that arrives by itself: events from the socket, answers by polling while it is down, waking from sleep.
import { createAnnouncer } from "./announcer.js";
import { getJson } from "./net/api.js";
import { loadBudgets } from "./net/budgets.js";
import { openSocket } from "./net/socket.js";
import { watchSleep } from "./net/wake.js";
import { createAlerts } from "./notify.js";

const FIRST_POLL_MS = 3_000;
const POLL_MS = 30_000;
const AGAIN_MS = 1_000;
const UNLISTED_MS = 5_000;
const SPOKEN = { stale: "The server does not answer.", polling: "The live connection is down.", locked: "You are logged out.", live: "Live." };

/**
 * Start listening. `readAnchors()` says what must not be moved now; `noted(changes)` hears of every applied change,
 * `refreshed()` of every answer that may hold changes nobody told of one by one, `heard(name, payload)` of every event.
 */
export function startLive(store, { loading, readAnchors, noted, refreshed, heard, say }) {
  const announcer = createAnnouncer(say);
  const alerted = createAlerts(store, say);
  const signal = (kind, more = {}) => store.dispatch({ type: "connection", signal: { kind, ...more }, now: Date.now() });

  const socket = openSocket(() => store.state.streams, {
    event(name, payload) {
      const before = store.state.board;
      store.dispatch({ type: "event", name, payload, anchors: readAnchors(), now: Date.now() });
      heard(name, payload);
      if (name === "board.snapshot") refreshed();
      if (name === "costs.snapshot") loadBudgets(store);
      if (name === "budget.alert") alerted(payload.alert);
      if (store.state.board === before || !(payload.task || payload.changes)) return;
      const changes = payload.changes ?? [{ event: name, ...payload }];
      announcer.note(changes);
      noted(changes);
    },
    up: (ack) => signal("up", { version: ack.version }),
    down: () => signal("down"),
    refused: () => signal("down"),
    stopping: () => signal("stopping"),
    lost: (topic) => store.dispatch({ type: "resubscribe", topic }),
  });

  /** A line that is only opened for the first time, or gone for a moment, is nobody's news. */
  function sayLine(word, before) {
    if (word !== before && SPOKEN[word] && (word !== "live" || SPOKEN[before])) say(SPOKEN[word]);
  }

  async function subscribe(topic) {
    try {
      await socket.subscribe(topic);
    } catch {
      // The topic of one thing is refused while the thing is not listed: it may still come.
      setTimeout(() => socket.connected && store.state.wanted[topic] && subscribe(topic), topic.includes(":") ? UNLISTED_MS : AGAIN_MS);
    }
  }

  const poll = createPolling(store, loading, refreshed);
  store.subscribe((state, before) => {
    for (const topic of Object.keys(before.streams)) if (!(topic in state.streams)) socket.leave(topic);
    for (const topic of Object.keys(state.wanted)) if (state.wanted[topic] && !before.wanted[topic]) subscribe(topic);
    sayLine(state.connection.word, before.connection.word);
    if (state.connection.lost !== before.connection.lost) poll.follow(state.connection.lost);
  });
  watchSleep({
    checked: () => socket.check(),
    slept: () => Object.keys(store.state.streams).forEach((topic) => store.dispatch({ type: "resubscribe", topic })) ?? socket.check(),
    ticked: (now) => {
      signal("tick");
      if (!document.hidden) store.dispatch({ type: "clock", now });
    },
  });
  return { check: () => socket.check() };
}

/** While the line is down: ask soon, then every 30 seconds. */
function createPolling(store, loading, refreshed) {
  let timer = null;
  const now = async () => {
    if (!(await loading.load())) return;
    refreshed();
    getJson("/api/costs/now").then((told) => store.dispatch({ type: "costs", patch: { now: told } }), () => {});
    const { entries } = await getJson("/api/activity").catch(() => ({}));
    if (entries) store.dispatch({ type: "activity", entries });
  };
  const later = (ms) => {
    timer = setTimeout(async () => {
      await now();
      if (timer !== null) later(POLL_MS);
    }, ms);
  };
  return {
    follow(lost) {
      clearTimeout(timer);
      timer = null;
      if (lost) later(FIRST_POLL_MS);
    },
  };
}
