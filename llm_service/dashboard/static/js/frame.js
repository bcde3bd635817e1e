// Drawing: each panel is drawn at most once a frame, and only when what it reads has changed.

const CALM_MS = 200;
const STORM = 40;
const HIDDEN_MS = 1_000;

/**
 * `panels` are {read(state) → array, draw(state)}; `around` wraps a whole frame (it measures before and moves after).
 * Under a storm (many changes a second) frames come further apart: nothing strobes and nothing is late by more than 200 ms.
 */
export function createFrames(store, panels, around) {
  const last = new Map();
  let asked = false;
  let changes = [];
  let drawnAt = 0;

  const draw = () => {
    asked = false;
    drawnAt = performance.now();
    around(() => {
      for (const panel of panels) drawPanel(panel, store.state, last);
    });
  };
  const ask = () => {
    if (asked) return;
    asked = true;
    const now = performance.now();
    changes = changes.filter((at) => now - at < 1_000);
    changes.push(now);
    // A hidden tab gets no frames, but its title still counts.
    if (document.hidden) return void setTimeout(draw, HIDDEN_MS);
    const wait = changes.length > STORM ? drawnAt + CALM_MS - now : 0;
    if (wait > 0) setTimeout(() => requestAnimationFrame(draw), wait);
    else requestAnimationFrame(draw);
  };
  store.subscribe(ask);
  return { ask, drawNow: draw };
}

function drawPanel(panel, state, last) {
  const reads = panel.read(state);
  const before = last.get(panel);
  if (before && reads.length === before.length && reads.every((value, index) => value === before[index])) return;
  last.set(panel, reads);
  panel.draw(state);
}
