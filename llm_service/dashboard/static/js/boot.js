// Runs before the first paint: sets the theme, so that nothing flashes, and asks for the first cards, and for what may have
// to be said above them, while modules load.
(() => {
  let theme = null;
  try {
    theme = localStorage.getItem("llm-service.theme");
  } catch {
    // Storage may be forbidden; the system's theme it is.
  }
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;

  const text = location.hash.replace(/^#/, "");
  const params = new URLSearchParams(text.includes("?") ? text.slice(text.indexOf("?") + 1) : "");
  const asked = ["q", "agent", "priority", "status", "tag", "problem", "sort"]
    .filter((name) => params.get(name))
    .map((name) => `${name}=${encodeURIComponent(params.get(name))}`);
  const address = `/api/board${asked.length ? `?${asked.join("&")}` : ""}`;
  const ask = (what) => {
    const answer = fetch(what, { headers: { Accept: "application/json" } });
    answer.catch(() => {});
    return answer;
  };
  globalThis.llmServiceFirst = { address, answer: ask(address), session: ask("/api/session"), budgets: ask("/api/budgets") };
})();
