// Runs before the first paint: sets the theme, so that nothing flashes, and asks for the first cards while modules load.
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
  const answer = fetch(address, { headers: { Accept: "application/json" } });
  answer.catch(() => {});
  globalThis.llmServiceFirst = { address, answer };
})();
