// Topics whose snapshot is a list of things by key: runs, machines, queues, training jobs, sources. Events carry what
// changed: whole things, or only their changed fields beside the key.

/** Per topic: what its events call many things and one thing. */
const NAMES = {
  runs: ["runs", "run"],
  nodes: ["nodes", "node"],
  queue: ["queues", "queue"],
  training: ["jobs", "job"],
  sources: ["sources", "source"],
};
const EMPTY = Object.freeze({ ready: false, rows: Object.freeze({}), aside: Object.freeze({}) });
const HEAD = ["epoch", "topic", "seq", "at", "gone"];

/** Before anything is known: `rows` by key, `aside` what the topic says besides them (fleet, batches, alarms). */
export const NO_LISTED = Object.freeze(Object.fromEntries(Object.keys(NAMES).map((topic) => [topic, EMPTY])));

/** Whether events of this topic are folded here. */
export function isListed(topic) {
  return topic in NAMES;
}

/** The lists after an event of one of their topics. */
export function onListed(listed, topic, name, payload) {
  const [many, one] = NAMES[topic];
  const told = payload[many] ?? (payload[one] ? [payload[one]] : []);
  const fresh = name.endsWith(".snapshot");
  const rows = fresh ? {} : { ...listed[topic].rows };
  for (const row of told) rows[row.key] = { ...rows[row.key], ...row };
  for (const key of payload.gone ?? []) delete rows[key];
  const aside = fresh ? {} : { ...listed[topic].aside };
  for (const [field, value] of Object.entries(payload)) if (field !== many && field !== one && !HEAD.includes(field)) aside[field] = value;
  return { ...listed, [topic]: { ready: true, rows, aside } };
}
