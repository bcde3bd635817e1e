"""A server of runs that only says how many tokens there are, as fast or as steadily as it is told; its own process.

`python -m benchmarks.kit.run_emitter STREAMS` prints its port. `POST /_go {"count", "rate"}` sends `count` events on
every stream that is open, `rate` a second on each (null: as fast as they are taken), and answers with the wall-clock
nanoseconds of each event's sending, by stream.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

BURST = 50
"""Events in one write where there is no rate, as a busy server's buffers make them."""


class Emitter:
    """Tokens of each run count up by one with each event, so a figure on a page tells which event it is from."""

    def __init__(self, streams: int) -> None:
        self.tokens = [0] * streams
        self.files: dict[int, Any] = {}
        self.closing = threading.Event()

    def row(self, number: int) -> dict[str, Any]:
        """Without tokens: they are to be told by the stream alone."""
        return {"id": f"r{number}", "model": "m", "status": "running", "tokens_out": None, "task": "T"}

    def go(self, count: int, rate: float | None) -> list[list[int]]:
        sent: list[list[int]] = [[] for _ in self.tokens]
        if rate is None:
            threads = [
                threading.Thread(target=self._flood, args=(number, count, sent[number])) for number in self.files
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            return sent
        began_s, between_s = time.monotonic(), 1 / rate / len(self.files)
        order = sorted(self.files)
        for step in range(count * len(order)):
            number = order[step % len(order)]
            wait_s = began_s + step * between_s - time.monotonic()
            if wait_s > 0:
                time.sleep(wait_s)
            data = self._event(number)
            sent[number].append(time.time_ns())
            self.files[number].write(data)
        return sent

    def _flood(self, number: int, count: int, sent: list[int]) -> None:
        for start in range(0, count, BURST):
            size = min(BURST, count - start)
            data = b"".join(self._event(number) for _ in range(size))
            sent += [time.time_ns()] * size
            try:
                self.files[number].write(data)
            except OSError:
                return  # the reader has what it wanted

    def _event(self, number: int) -> bytes:
        self.tokens[number] += 1
        data = {
            "node": "code_agent",
            "active_agent": "code_agent",
            "iteration": 3,
            "max_iter": 20,
            "tokens_in": 640,
            "tokens_out": self.tokens[number],
            "snippet": "def load(path): return json.loads(Path(path).read_text())",
            "message": "",
            "next_node": "supervisor",
        }
        return b"event: node_update\ndata: %b\n\n" % json.dumps(data).encode()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 0
    emitter: Emitter

    def log_message(self, *_: object) -> None:
        """Nothing is logged."""

    def do_GET(self) -> None:
        parts = self.path.partition("?")[0].strip("/").split("/")
        emitter = self.emitter
        if parts == ["_tokens"]:
            self._answer(emitter.tokens)
        elif parts[:2] != ["api", "runs"]:
            self._answer({"detail": "Not Found"}, 404)
        elif len(parts) == 2:
            self._answer({"runs": [emitter.row(number) for number in range(len(emitter.tokens))]})
        elif parts[2:3] == ["queue"]:
            self._answer({"queue": []})
        elif len(parts) == 3:
            self._answer({"run": emitter.row(int(parts[2][1:])), "events": []})
        else:
            self._stream(int(parts[2][1:]))

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self._answer(self.emitter.go(body["count"], body["rate"]))

    def _stream(self, number: int) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        self.emitter.files[number] = self.wfile
        self.emitter.closing.wait()

    def _answer(self, value: Any, status: int = 200) -> None:
        data = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


def main() -> None:
    _Handler.emitter = Emitter(int(sys.argv[1]))
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    print(server.server_address[1], flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
