// The colours of tokens.css as a canvas needs them, and word of every change of theme.

const NAMES = ["text", "text-2", "text-3", "line", "surface", "raised", "accent", "error", "done"];
const SLOTS = ["1", "2", "3", "4", "5", "6", "7", "8", "other", "none"];

/** {text, line, …, series: {1: …, other: …}, font} as the theme of now has them. */
export function readTheme() {
  const probe = document.createElement("span");
  probe.hidden = true;
  // Where the system sets the colours of a page, lines of one colour could not be told apart.
  probe.style.forcedColorAdjust = "none";
  document.body.append(probe);
  const style = getComputedStyle(probe);
  const colour = (name) => {
    probe.style.color = `var(--${name})`;
    return style.color;
  };
  const theme = Object.fromEntries(NAMES.map((name) => [name, colour(name)]));
  theme.series = Object.fromEntries(SLOTS.map((slot) => [slot, colour(`series-${slot}`)]));
  theme.font = getComputedStyle(document.body).fontFamily;
  probe.remove();
  return theme;
}

/** Calls back after every change of theme; returns a function that stops it. */
export function watchTheme(changed) {
  const media = matchMedia("(prefers-color-scheme: dark)");
  const observer = new MutationObserver(changed);
  media.addEventListener("change", changed);
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
  return () => {
    media.removeEventListener("change", changed);
    observer.disconnect();
  };
}

/** Whether the reader wants things to stand still. */
export function wantsStillness() {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}
