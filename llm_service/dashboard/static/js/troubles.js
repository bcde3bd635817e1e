// What several questions to several servers came to, where they failed: one entry a server, one sentence a reason. Pure.
import { plural } from "./words.js";

const MOST_REASONS = 3;

/** [{source, error}] as [{source, reasons}], without the server's name before each; the same reason is told once. */
export function byReason(troubles) {
  return grouped(troubles, ({ source }) => source).map((told) => {
    const [{ source }] = told;
    return { source, reasons: reasonsOf(told.map(({ error }) => (error.startsWith(`${source}: `) ? error.slice(source.length + 2) : error))) };
  });
}

function reasonsOf(errors) {
  const same = grouped(errors, why);
  const told = same.slice(0, MOST_REASONS).map(([first, ...others]) => (others.length ? `${first}; ${plural(others.length, "more question")} failed for the same reason` : first));
  const left = same.length - told.length;
  return left > 0 ? [...told, `${left} more reasons are not shown`] : told;
}

/** A reason without what was asked, by which the same ones are told. */
function why(error) {
  return error.replace(/^[A-Z]+ \S+ /, "");
}

function grouped(values, nameOf) {
  const groups = new Map();
  for (const value of values) groups.set(nameOf(value), [...(groups.get(nameOf(value)) ?? []), value]);
  return [...groups.values()];
}
