// Put into the page before its own scripts: when the series were answered, and when each drawing of them was painted.
(() => {
  const seen = { answered: null, asked: null, painted: [], tasks: [] };
  globalThis.benchLoss = seen;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      if (!entry.name.includes("/series?") || seen.answered !== null) continue;
      seen.asked = entry.startTime;
      seen.answered = entry.responseEnd;
    }
  }).observe({ type: "resource", buffered: true });
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) seen.tasks.push({ at: entry.startTime, ms: entry.duration });
  }).observe({ type: "longtask", buffered: true });

  // A message posted in a frame's callback is handled after that frame was painted.
  const painted = (then) => requestAnimationFrame(() => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => then(performance.now());
    channel.port2.postMessage(null);
  });
  const drawn = (chart) => {
    const last = chart.view.lines[0].curve.facts.last_step;
    painted((at) => seen.painted.push({ at, wall: performance.timeOrigin + at, last }));
  };
  addEventListener("DOMContentLoaded", () => new MutationObserver((changes) => {
    for (const { target } of changes) if (target.localName === "loss-canvas") drawn(target);
  }).observe(document.body, { subtree: true, attributes: true, attributeFilter: ["data-drawn"] }));
})();
