// Put into the page before its own scripts. Notes when the ticker's figure of today changed, and when that was painted,
// in ms of the clock that the system shows (performance.timeOrigin + performance.now()).
(() => {
  const seen = [];
  globalThis.benchTicker = seen;
  globalThis.benchNow = () => performance.timeOrigin + performance.now();
  const shown = () => document.querySelector(".ticker [data-part=today]")?.textContent;

  // A message posted in a frame's callback is handled after that frame was painted.
  const painted = (then) => requestAnimationFrame(() => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => then();
    channel.port2.postMessage(null);
  });

  let last;
  new MutationObserver(() => {
    const text = shown();
    if (text === undefined || text === last) return;
    last = text;
    const change = { text, at: benchNow(), painted: null };
    seen.push(change);
    painted(() => (change.painted = benchNow()));
  }).observe(document, { childList: true, subtree: true, characterData: true });
})();
