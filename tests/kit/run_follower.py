"""A client that keeps the live runs as the page does: the snapshot, then what changed."""

from __future__ import annotations

from typing import Any

from tests.kit.boards import Board
from tests.kit.follower import Follower


def post(board: Board, path: str, body: object = None, method: str = "POST") -> tuple[int, Any]:
    """Send JSON to a route; status and JSON of the answer."""
    import json
    import urllib.error
    import urllib.request

    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(board.url.rstrip("/") + path, data=data, method=method)
    request.add_header("Content-Type", "application/json")
    if board.token:
        request.add_header("Authorization", f"Bearer {board.token}")
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, json.loads(refused.read())


class RunFollower(Follower):
    """`runs` by key, whole; `fleet` and `batches` as last told."""

    def __init__(self, board: Board, *topics: str) -> None:
        self.runs: dict[str, dict[str, Any]] = {}
        self.fleet: dict[str, Any] = {}
        self.batches: list[dict[str, Any]] = []
        super().__init__(board.url, board.token, topics=("runs", *topics))
        board.followers.append(self)

    def _apply(self, name: str, event: dict[str, Any]) -> None:
        super()._apply(name, event)
        if event.get("topic") != "runs":
            return
        if name == "runs.snapshot":
            self.runs = {}
        for row in [*event.get("runs", ()), *([event["run"]] if "run" in event else [])]:
            self.runs[row["key"]] = {**self.runs.get(row["key"], {}), **row}
        for key in event.get("gone", ()):
            self.runs.pop(key, None)
        self.fleet = event.get("fleet", self.fleet)
        self.batches = event.get("batches", self.batches)

    def ended(self, count: int, within_s: float = 30.0) -> dict[str, dict[str, Any]]:
        """The runs, once there are so many and all have ended."""

        def over() -> bool:
            done = ("completed", "failed", "cancelled", "vanished")
            return len(self.runs) >= count and all(run["status"] in done for run in list(self.runs.values()))

        self.until(over, f"end of {count} runs, of {[run['status'] for run in self.runs.values()]}", within_s)
        return self.runs
