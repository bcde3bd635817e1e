// The keyboard: one table of keys, arrows by where cards stand on the screen, and nothing while somebody types.
import { SECTIONS } from "./url.js";

const LETTERS = {
  "/": "search", a: "drawer", g: "group", t: "theme", c: "copy-id", n: "release-all", p: "problem", "?": "help",
};
const ARROWS = ["ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight", "Home", "End"];

/** Listen; `act(name, event)` does it, `letters()` says whether single letters may, `root` holds the cards. */
export function watchKeys(root, { act, letters, section, moved }) {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") return act("escape", event);
    if (event.key === "Enter" && event.target.matches?.("[data-input=search]")) return act("results", event);
    if (isTyping(event.target)) return;
    if (ARROWS.includes(event.key)) return arrow(root, event, moved);
    if (document.querySelector("dialog[open]") || !letters()) return;
    const number = Number(event.key);
    if (number >= 1 && number <= SECTIONS.length) return section(SECTIONS[number - 1]);
    const name = LETTERS[event.key];
    if (!name) return;
    event.preventDefault();
    act(name, event);
  });
}

function isTyping(target) {
  return target.closest?.("input:not([type=checkbox]), textarea, select, [contenteditable]") !== null;
}

function arrow(root, event, moved) {
  const here = document.activeElement?.closest?.(".card");
  if (!here || !root.contains(here)) return;
  const cards = [...root.querySelectorAll(".card")];
  const next = event.key === "Home" || event.key === "End" ? edge(cards, here, event.key) : nearest(cards, here, event.key);
  if (!next) return;
  event.preventDefault();
  moved(next);
}

function edge(cards, here, key) {
  const column = here.closest("[data-scroll]");
  const own = cards.filter((card) => column.contains(card));
  return key === "Home" ? own[0] : own.at(-1);
}

/** The next card in reading order within a column for up and down, the closest one of another column for left and right. */
function nearest(cards, here, key) {
  const column = here.closest("[data-scroll]");
  const box = here.getBoundingClientRect();
  const sideways = key === "ArrowLeft" || key === "ArrowRight";
  let best = null;
  let least = Infinity;
  for (const card of cards) {
    if (card === here) continue;
    const other = card.getBoundingClientRect();
    if (!other.width) continue;
    const [dx, dy] = [other.left - box.left, other.top - box.top];
    const ahead = { ArrowUp: dy < -1, ArrowDown: dy > 1, ArrowLeft: dx < -1, ArrowRight: dx > 1 }[key];
    if (!ahead || (!sideways && !column.contains(card))) continue;
    const distance = sideways ? Math.abs(dx) + 4 * Math.abs(dy) : Math.abs(dy) + 4 * Math.abs(dx);
    if (distance < least) [best, least] = [card, distance];
  }
  return best;
}
