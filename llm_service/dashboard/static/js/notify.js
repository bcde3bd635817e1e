// Tells of budget alerts that come while the page is open: to those who listen, and by the browser where that is switched on.

const TOGETHER_MS = 300;

/** Returns told(alert). What comes together is said in one breath: the live region would keep only the last. */
export function createAlerts(store, say) {
  let waiting = [];
  const speak = () => {
    say(waiting.map(({ sentence }) => sentence).join(" "));
    waiting = [];
  };
  return (alert) => {
    if (!waiting.length) setTimeout(speak, TOGETHER_MS);
    waiting.push(alert);
    notify(store.state.ui, alert);
  };
}

/** Several tabs say one alert once: the tag makes the later ones replace the first. */
function notify({ notify: wanted }, alert) {
  if (!wanted || alert.kind === "cleared" || globalThis.Notification?.permission !== "granted") return;
  try {
    new Notification("Budget", { body: alert.sentence, tag: `llm-service-${alert.id}`, icon: "/favicon.svg" });
  } catch {
    // Phones offer notifications to service workers only; the strip on the page says the same.
  }
}
