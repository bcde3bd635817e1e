// Runs, events and sources for the tests of Workers, with only what matters written out.

export function run(key, more = {}) {
  const id = key.includes(":") ? key.slice(key.indexOf(":") + 1) : key;
  return {
    key: key.includes(":") ? key : `spark:${key}`, id, source: key.includes(":") ? key.slice(0, key.indexOf(":")) : "spark", status: "running", badge: "RUNNING",
    task: "", type: null, domain: null, model: null, node: null, agent: null, iteration: null, max_iter: null, progress: null, tokens_in: null, tokens_out: null,
    tokens_per_s: null, rates: [], first_token_s: null, last_token_at: null, stalled: false, snippet: "", message: "", error: "", created_at: null, started_at: null,
    finished_at: null, duration_s: null, queue_position: null, wait_s: null, gaps: [], line: line(), batch: null, cost_usd: null, config: {}, ...more,
  };
}

export function line(more = {}) {
  return { state: "live", since: "2026-11-21T08:00:00.000Z", last_heard_at: null, next_try_at: null, reason: "", ...more };
}

export function event(n, more = {}) {
  return {
    n, id: String(n), at: new Date(Date.UTC(2026, 10, 21, 8, 0, n)).toISOString(), type: "node_update", known: true, node: "code_agent", agent: null, iteration: null,
    tokens_in: null, tokens_out: null, text: "", status: null, next_node: null, raw: {}, ...more,
  };
}

export function source(key, more = {}) {
  return { key, kind: "bobspark", url: "http://10.0.0.69:9010", clock_skew_s: null, concerns: [], streams: {}, ...line(), ...more };
}

export function byKey(...runs) {
  return Object.fromEntries(runs.map((one) => [one.key, one]));
}
