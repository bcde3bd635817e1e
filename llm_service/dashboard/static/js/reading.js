// Where the reader is in each column: the cards under the pointer, with the focus, and first in view once scrolled.
import { COLUMNS } from "./reduce/order.js";

const FRESH_MS = 30;

let pointed = null;
let last = { at: -FRESH_MS, found: {} };

/** Follow the pointer; `left()` is called when a column stops being read. */
export function watchReading(root, left) {
  root.addEventListener("pointerover", (event) => {
    if (event.pointerType === "touch") return;
    // On its way to the chip the pointer still reads.
    if (event.target.closest(".held")) return;
    pointed = event.target.closest(".card") ?? stillIn(event.target.closest("[data-scroll]"));
    left();
  });
  root.addEventListener("pointerleave", () => {
    pointed = null;
    left();
  });
  root.addEventListener("focusout", () => queueMicrotask(left));
  root.addEventListener("scroll", (event) => event.target.dataset?.scroll && event.target.scrollTop === 0 && left(), true);
}

/** {column: [paths]} that must not be moved now. Many events within one frame share one look. */
export function recentAnchors(root) {
  const now = performance.now();
  if (now - last.at > FRESH_MS) last = { at: now, found: anchors(root) };
  return last.found;
}

/** The same, looked up. */
export function anchors(root) {
  const found = {};
  for (const name of COLUMNS) {
    const scroller = root.querySelector(`[data-scroll="${name}"]`);
    if (!scroller) continue;
    const cards = [cardIn(scroller, pointed), cardIn(scroller, document.activeElement?.closest(".card")), firstInView(scroller)];
    const paths = cards.filter(Boolean).map((card) => card.dataset.path);
    if (paths.length) found[name] = [...new Set(paths)];
  }
  return found;
}

/** Between two cards the pointer still points at the one it came from. */
function stillIn(scroller) {
  return scroller && pointed?.isConnected && scroller.contains(pointed) ? pointed : null;
}

function cardIn(scroller, card) {
  return card && scroller.contains(card) ? card : null;
}

function firstInView(scroller) {
  if (scroller.scrollTop <= 0) return null;
  const box = scroller.getBoundingClientRect();
  // Between two cards there is a gap; one of two points a gap apart is on a card.
  for (const down of [16, 30]) {
    const card = document.elementFromPoint(box.left + 24, box.top + down)?.closest?.(".card");
    if (card) return card;
  }
  return null;
}
