// Tells of budget alerts that come while the page is open: to those who listen, and by the browser where that is switched on.

/** Returns told(alert). */
export function createAlerts(store, say) {
  return (alert) => {
    say(alert.sentence);
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
