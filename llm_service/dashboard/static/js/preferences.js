// What the reader chose, kept in this browser only. Storage may be forbidden; then the choice lasts as long as the page.

const PREFIX = "llm-service.";

/** The saved preferences, with defaults. */
export function readPreferences() {
  return {
    theme: ["light", "dark"].includes(get("theme")) ? get("theme") : "system",
    drawer: get("drawer") === null ? innerWidth >= 1_800 : get("drawer") === "open" && innerWidth >= 760,
    letterKeys: get("keys") !== "off",
    closedGroups: list("closed-groups"),
    openRows: [],
    dismissed: [],
    notify: get("notify") === "on",
    skeleton: false,
  };
}

/** Save the preferences that differ between two states of the page. */
export function savePreferences(ui, before) {
  if (ui.theme !== before.theme) applyTheme(ui.theme);
  if (ui.drawer !== before.drawer) set("drawer", ui.drawer ? "open" : "closed");
  if (ui.letterKeys !== before.letterKeys) set("keys", ui.letterKeys ? "on" : "off");
  if (ui.notify !== before.notify) set("notify", ui.notify ? "on" : "off");
  if (ui.closedGroups !== before.closedGroups) set("closed-groups", JSON.stringify(ui.closedGroups.slice(-200)));
}

function applyTheme(theme) {
  set("theme", theme);
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}

function list(name) {
  try {
    const found = JSON.parse(get(name) ?? "[]");
    return Array.isArray(found) ? found : [];
  } catch {
    return [];
  }
}

function get(name) {
  try {
    return localStorage.getItem(PREFIX + name);
  } catch {
    return null;
  }
}

function set(name, value) {
  try {
    localStorage.setItem(PREFIX + name, value);
  } catch {
    // Forbidden or full: the choice lasts as long as the page.
  }
}
