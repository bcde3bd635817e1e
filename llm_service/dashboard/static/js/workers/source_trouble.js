// What is to be said about a watched server: that it does not answer, or not wholly. Pure.
import { sentence } from "../words.js";

/** The BobSpark servers among all sources, by name. */
export function bobsparks(listed) {
  return Object.values(listed.sources.rows).filter(({ kind }) => kind === "bobspark").sort((one, other) => (one.key < other.key ? -1 : 1));
}

/** Whether nothing of a source is heard now, so that what is shown of it is old. */
export function isOld(source) {
  return Boolean(source) && ["stale", "backing-off", "stopped"].includes(source.state);
}

/** Whether none of these has answered yet: what it has is not known, which is not the same as nothing. */
export function neverHeard(sources) {
  return sources.length > 0 && sources.every(({ last_heard_at: heard }) => !heard);
}

/** {kind, text, next} to say about a source, or null where all is well. `at` says a time. */
export function troubleOf(source, at) {
  const next = source.next_try_at ? ` Next try at ${at(source.next_try_at)}.` : "";
  if (isOld(source)) {
    const heard = source.last_heard_at ? ` What is shown of it is as it was at ${at(source.last_heard_at)}.` : "";
    return { kind: "error", text: `${source.key} (${source.url}) has not answered since ${at(source.since)}. ${reasonOf(source.reason, source.key)}${heard}${next}` };
  }
  if (source.state === "connecting" && source.reason) return { kind: "warn", text: `${source.key} (${source.url}): ${reasonOf(source.reason, source.key)}${next}` };
  const failing = source.concerns.filter(({ failures, missing }) => failures > 0 && !missing);
  if (!failing.length) return null;
  const parts = failing.map(({ name, reason, next_try_at: again }) => `${name}: ${reasonOf(reason, source.key)}${again ? ` Next try at ${at(again)}.` : ""}`);
  return { kind: "warn", text: `${source.key} answers only in part; the rest is up to date. ${parts.join(" ")}` };
}

/** A reason as a sentence, without the server's name before it and without what is tried next: both stand beside it. */
export function reasonOf(reason, key) {
  const plain = withoutNext(reason.startsWith(`${key}: `) ? reason.slice(key.length + 2) : reason);
  return plain ? sentence(plain.replace(/^\p{Ll}/u, (letter) => letter.toUpperCase())) : "";
}

/** A reason without what is tried next: that stands beside it as a time. */
function withoutNext(reason) {
  return reason.replace(/; it is \w+ again in [^;]*$/, "");
}

/** A reason where there is little room: without who was asked for what. */
export function shortReason(reason) {
  return withoutNext(reason).replace(/^.*?\b(?:GET|POST|PUT|DELETE) \S+ /, "").replace(/^\p{Ll}/u, (letter) => letter.toUpperCase());
}
