// The page's one polite live region. What is said stays long enough to be picked up; what comes meanwhile waits, and is then said together.

export const STANDS_MS = 700;

/** Returns say(text). A text that equals the last one differs by a space: else no reader would hear it again. */
export function createSpeech(region, later = setTimeout) {
  let waiting = [];
  let standing = false;

  function show(text) {
    region.textContent = region.textContent === text ? `${text} ` : text;
    standing = true;
    later(() => {
      standing = false;
      if (waiting.length) show(waiting.splice(0).join(" "));
    }, STANDS_MS);
  }

  return (text) => (standing ? void waiting.push(text) : show(text));
}
