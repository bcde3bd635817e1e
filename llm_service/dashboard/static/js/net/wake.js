// A page that slept must not believe what it last knew: on waking it checks the line, after a long sleep it starts afresh.

const TICK_MS = 5_000;
const LONG_MS = 60_000;

/** Calls `checked()` when the page may have missed something and `slept()` after a sleep of more than a minute. */
export function watchSleep({ checked, slept, ticked }) {
  let last = Date.now();
  const look = () => {
    const gap = Date.now() - last;
    last = Date.now();
    if (gap > LONG_MS + TICK_MS) slept();
    else checked();
  };
  addEventListener("online", look);
  addEventListener("pageshow", (event) => event.persisted && slept());
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && look());
  setInterval(() => {
    const gap = Date.now() - last;
    last = Date.now();
    if (gap > LONG_MS + TICK_MS) slept();
    ticked(last);
  }, TICK_MS);
}
