// Tells the browser's own notifications of an alert, where the reader switched that on. Several tabs say it once.

/** `ui` holds the switch; `alert` is what came. */
export function notify({ notify: wanted }, alert) {
  if (!wanted || alert.kind === "cleared" || globalThis.Notification?.permission !== "granted") return;
  try {
    new Notification("Budget", { body: alert.sentence, tag: `llm-service-${alert.id}`, icon: "/favicon.svg" });
  } catch {
    // Phones offer notifications to service workers only; the strip on the page says the same.
  }
}
