// What happened to machines, for those who listen and do not look. Pure.

const GRAVE = { unknown: 0, ok: 0, warn: 1, critical: 2, offline: 3 };
const WORDS = { ok: "no longer near its limits", warn: "above 70 percent", critical: "above 90 percent", offline: "offline" };

/**
 * {levels, text} after some machines told their level: `levels` is {key: level} of all that were heard, `text` says what
 * became worse, and what is well again after it was critical or offline. What is heard for the first time is not said.
 */
export function levelsHeard(levels, nodes) {
  const said = nodes.filter(({ key, level }) => isSaid(levels[key], level)).map(({ name, source, level }) => `${name} of ${source} is ${WORDS[level]}`);
  return { levels: { ...levels, ...Object.fromEntries(nodes.map(({ key, level }) => [key, level])) }, text: said.length ? `${said.join(", ")}.` : "" };
}

function isSaid(before, level) {
  if (before === undefined || before === level || !WORDS[level]) return false;
  return GRAVE[level] > GRAVE[before] || GRAVE[before] >= GRAVE.critical;
}
