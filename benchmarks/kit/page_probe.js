// Put into the page before its own scripts. Times are performance.now(): milliseconds since the navigation began.
(() => {
  const seen = { cards: null, search: null, interactive: null, tasks: [], frames: [] };
  globalThis.benchSeen = seen;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) seen.tasks.push({ at: entry.startTime, ms: entry.duration });
  }).observe({ type: "longtask", buffered: true });

  // A message posted in a frame's callback is handled after that frame was painted.
  const painted = (then) => requestAnimationFrame(() => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => then(performance.now());
    channel.port2.postMessage(null);
  });

  const until = (holds, then) => (holds() ? then() : requestAnimationFrame(() => until(holds, then)));
  const searching = () => document.activeElement?.matches?.("input[type=search], #search, [role=searchbox]");

  function use() {
    document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "/", bubbles: true, cancelable: true }));
    if (!searching()) return void requestAnimationFrame(use);
    seen.search = performance.now();
    document.activeElement.blur();
    document.querySelector(".card .card-title").click();
    until(() => document.querySelector("dialog[open]"), () => painted((at) => (seen.interactive = at)));
  }

  const watch = new MutationObserver(() => {
    if (!document.querySelector(".card .card-title")) return;
    watch.disconnect();
    painted((at) => {
      seen.cards = at;
      use();
    });
  });
  watch.observe(document, { childList: true, subtree: true });

  globalThis.benchFrames = (on) => {
    let last = performance.now();
    seen.tasks = [];
    seen.frames = [];
    const step = (now) => {
      seen.frames.push(now - last);
      last = now;
      if (globalThis.benchRunning) requestAnimationFrame(step);
    };
    globalThis.benchRunning = on;
    if (on) requestAnimationFrame(step);
  };
})();
