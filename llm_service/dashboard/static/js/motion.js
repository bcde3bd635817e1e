// How change is seen: a changed card is tinted, a moved one travels. Many at once do neither, so that nothing strobes.

import { cardAt, createFocusKeeper } from "./focus.js";

const TINT_MS = 600;
const TRAVEL_MS = 150;
const MOST = 12;
const STORM_MS = 1_000;

/** Collects what happened between two frames and shows it in the next. */
export function createMotion(root, layer) {
  const keepFocus = createFocusKeeper(root);
  let changed = new Map();
  let recent = [];

  /** Whether more has changed within a second than an eye can follow. */
  function isStorm(count) {
    const now = performance.now();
    recent = recent.filter((at) => now - at < STORM_MS).slice(-MOST);
    for (let i = 0; i < Math.min(count, MOST + 1); i += 1) recent.push(now);
    return recent.length > MOST;
  }

  return {
    /** Remember a task change: [{task, old_path?, event}]. */
    note(changes) {
      if (isStorm(changes.length)) changed = new Map([[null, null]]);
      else for (const { event, task, old_path: oldPath } of changes) if (event !== "task.removed") changed.set(task.path, oldPath ?? null);
    },
    /** Draw a frame around `draw`. */
    around(draw) {
      const mine = changed;
      changed = new Map();
      const calm = mine.has(null) || document.hidden;
      const from = calm ? new Map() : boxes(root, mine);
      keepFocus(draw, mine.has(null) ? new Map() : mine);
      if (calm) return;
      for (const [path, oldPath] of mine) show(root, layer, path, oldPath && from.get(oldPath));
    },
  };
}

function boxes(root, changed) {
  const found = new Map();
  for (const oldPath of changed.values()) {
    const card = oldPath && cardAt(root, oldPath);
    if (card) found.set(oldPath, card.getBoundingClientRect());
  }
  return found;
}

function show(root, layer, path, from) {
  const card = cardAt(root, path);
  if (!card) return;
  card.classList.add("changed");
  setTimeout(() => card.classList.remove("changed"), TINT_MS);
  if (!from || matchMedia("(prefers-reduced-motion: reduce)").matches) return;
  travel(card, layer, from);
}

/** A copy travels above everything, because a column's edge would cut off the card itself. */
function travel(card, layer, from) {
  const to = card.getBoundingClientRect();
  if (!to.width || !from.width) return;
  const copy = card.cloneNode(true);
  copy.inert = true;
  Object.assign(copy.style, { left: `${to.left}px`, top: `${to.top}px`, width: `${to.width}px`, height: `${to.height}px` });
  layer.append(copy);
  card.classList.add("away");
  const start = `translate(${from.left - to.left}px, ${from.top - to.top}px)`;
  const flight = copy.animate([{ transform: start }, { transform: "none" }], { duration: TRAVEL_MS, easing: "ease-out" });
  const land = () => {
    copy.remove();
    card.classList.remove("away");
  };
  flight.finished.then(land, land);
}

