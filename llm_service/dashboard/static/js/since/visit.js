// When this browser last looked at this board. Storage may be forbidden; then every visit is the first.

const PREFIX = "llm-service.";
const EVERY_MS = 15_000;

/** How long somebody must have been away to be told what happened. */
export const AWAY_MS = 10 * 60_000;

/**
 * The visits to one instance: `shared` is kept by all tabs (localStorage), `own` by this one (sessionStorage).
 * `look(now)` notes that somebody looks and returns since when nobody did, in ms, or null.
 */
export function createVisits(instance, shared, own) {
  const visit = `${PREFIX}visit.${instance}`;
  const told = `${PREFIX}since.${instance}`;
  return {
    look(now) {
      const last = number(shared, visit);
      if (last === null || now - last >= EVERY_MS || now < last) keep(shared, visit, now);
      return last !== null && now - last >= AWAY_MS ? last : null;
    },
    leave: (now) => keep(shared, visit, now),
    /** What this tab has told of and nobody has dismissed: a reload tells it again. */
    pending: () => number(own, told),
    tell: (since) => keep(own, told, since),
    dismiss: () => keep(own, told, ""),
  };
}

function number(storage, key) {
  try {
    const text = storage.getItem(key);
    return text && Number.isFinite(Number(text)) ? Number(text) : null;
  } catch {
    return null;
  }
}

function keep(storage, key, value) {
  try {
    storage.setItem(key, String(value));
  } catch {
    // Forbidden or full.
  }
}
