// Whether something is to be celebrated: a job that this page saw running completes while the page listens. Not what is
// told of the past: an answer, a snapshot, or events that were missed and are told again after a lost line.

const TRAINED = ["finetune", "skill", "pipeline"];

/** A fresh watch. `now` everywhere is the browser's clock in milliseconds. */
export function createWatch() {
  const running = new Set();
  let skew = Infinity;
  let upAt = -Infinity;

  /** The smallest distance ever seen between a server's stamp and its arrival is the difference of the clocks. */
  function learn(at, now) {
    const then = Date.parse(at ?? "");
    if (!Number.isNaN(then)) skew = Math.min(skew, now - then);
    return then + skew;
  }

  return {
    /** The line is up (again): what happened before this moment is past. */
    up: (now) => (upAt = now),
    /** Jobs as they are listed now. */
    saw(rows) {
      for (const { key, status, kind } of Object.values(rows)) if (status === "running" && TRAINED.includes(kind)) running.add(key);
    },
    /** An event; returns the job that has just completed, else null. Each completes once. */
    heard(name, payload, now) {
      const happened = learn(payload.at, now);
      if (name !== "job.finished" || !running.delete(payload.job.key)) return null;
      const live = payload.was === "running" && happened >= upAt;
      return live && payload.job.status === "completed" ? payload.job : null;
    },
  };
}
