// The live connection: subscribes with what is already known, so that a drop costs nothing, and asks again after a gap.
import { io } from "../../vendor/socket.io-client-4.8.4/socket.io.esm.min.js";

const EVENTS = [
  "board.snapshot", "board.changed", "board.noted", "task.created", "task.assigned", "task.completed", "task.returned",
  "task.updated", "task.removed", "task.invalid", "activity.snapshot", "activity.added", "costs.snapshot", "cost.update",
  "telemetry.update", "budget.alert", "budget.changed", "runs.snapshot", "run.snapshot", "run.started", "run.advanced", "run.finished",
  "run.lost", "run.resumed", "nodes.snapshot", "node.changed", "queue.snapshot", "queue.changed", "training.snapshot", "job.snapshot",
  "job.started", "job.advanced", "job.finished", "loss.appended", "alarm.raised", "alarm.cleared", "sources.snapshot", "source.connected",
  "source.lost", "source.changed",
];
const ACK_MS = 5_000;

/**
 * Open the connection. `positions()` gives {topic: {epoch, seq} | null}; `on` holds event(name, payload), up(ack), down(),
 * refused(), stopping() and lost(topic).
 */
export function openSocket(positions, on) {
  const socket = io("/dashboard", {
    path: "/socket.io/",
    transports: ["websocket", "polling"],
    tryAllTransports: true,
    // A proxy may accept the line and drop it before the greeting; only this timeout notices.
    timeout: 5_000,
    reconnectionDelay: 400,
    reconnectionDelayMax: 4_000,
    auth: (give) => give({ topics: known(positions()) }),
  });
  for (const name of EVENTS) socket.on(name, (payload) => on.event(name, payload));
  socket.on("connection_ack", (ack) => on.up(ack));
  socket.on("stream.lost", ({ topic }) => on.lost(topic));
  socket.on("server.stopping", () => on.stopping());
  socket.on("disconnect", () => on.down());
  socket.on("connect_error", () => on.refused());
  return {
    /** Ask for a topic from its snapshot on. */
    async subscribe(topic) {
      const answer = await socket.timeout(ACK_MS).emitWithAck("subscribe", { topic });
      if (!answer?.ok) throw new Error(answer?.error ?? "subscribe was refused");
    },
    /** Be told no more of a topic. */
    leave(topic) {
      if (socket.connected) socket.emit("unsubscribe", { topic });
    },
    /** Whether the other end still answers; a dead line is replaced. */
    async check() {
      if (!socket.connected) return socket.connect();
      try {
        await socket.timeout(ACK_MS).emitWithAck("ping", {});
      } catch {
        socket.disconnect().connect();
      }
    },
    /** Whether the line is up just now. */
    get connected() {
      return socket.connected;
    },
  };
}

function known(positions) {
  return Object.fromEntries(Object.entries(positions).map(([topic, at]) => [topic, at ?? {}]));
}
