"""The demo's costs: calls of models over the past 30 days, handed in through the API, and new ones as agents work."""

from __future__ import annotations

import json
import logging
import random
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from llm_service.background import Background
from llm_service.simulators.demo_board import AGENTS, DemoBoard

log = logging.getLogger(__name__)

DAYS, DAY_S = 30, 86_400.0
A_DAY = 160
BATCH = 1_000
AGAIN_S = 0.5
MODELS = (
    ("claude-sonnet-4-5", "claude-code", 5, 2_200, 640),
    ("claude-haiku-4-5", "claude-code", 3, 1_400, 420),
    ("gpt-5", "codex", 3, 2_600, 900),
    ("gpt-4o", "python", 2, 1_200, 310),
    ("gemini-2.5-pro", "opencode", 1, 1_900, 520),
)
"""Model, tool, how often of all, usual input and output."""


def call(chance: random.Random, at: float, agent: str, task: str | None, number: int | str) -> dict[str, Any]:
    """One call as the API takes it."""
    model, tool, _, tokens_in, tokens_out = chance.choices(MODELS, weights=[row[2] for row in MODELS])[0]
    failed = chance.random() < 0.02
    output = 0 if failed else int(chance.lognormvariate(0, 0.7) * tokens_out)
    row = {
        "invocation_id": f"demo-{number}",
        "timestamp": datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds"),
        "model": model,
        "tool": tool,
        "agent": agent,
        "project": chance.choice(("datasets", "datasets", "evals", "fine-tunes")),
        "task": task,
        "input_tokens": int(chance.lognormvariate(0, 0.8) * tokens_in),
        "output_tokens": output,
        "cache_read_tokens": int(chance.lognormvariate(0, 1) * 9_000) if chance.random() < 0.6 else 0,
        "latency_ms": int(300 + output * chance.uniform(9, 22)),
        "status": "error" if failed else "success",
        "error": "overloaded_error" if failed else None,
    }
    return {name: value for name, value in row.items() if value is not None}


def past(chance: random.Random, now: float, board: DemoBoard) -> Iterator[dict[str, Any]]:
    """Thirty days of calls: fewer at weekends and by night; those of finished tasks name their task."""
    number = 0
    for day in range(DAYS, -1, -1):
        midnight = now - now % DAY_S - day * DAY_S
        weekend = datetime.fromtimestamp(midnight, UTC).weekday() >= 5
        for _ in range(int(A_DAY * (0.35 if weekend else 1) * chance.uniform(0.6, 1.4))):
            at = midnight + chance.triangular(0, DAY_S, DAY_S * 0.58)
            number += 1
            if at < now:
                yield call(chance, at, chance.choice(AGENTS), None, number)
    for agent, task, done_at in board.finished():
        done = datetime.fromisoformat(done_at).timestamp()
        for _ in range(chance.randint(2, 9)):
            number += 1
            yield call(chance, done - chance.uniform(30, 1_500), agent, task, number)


class DemoCosts(Background):
    """Hands the past in, newest first, then a call every few seconds, until it is stopped."""

    def __init__(self, url: str, token: str | None, board: DemoBoard, seed: int, now: Callable[[], float]) -> None:
        super().__init__("demo-costs")
        self._url, self._token, self._board, self._now = url.rstrip("/"), token, board, now
        self._chance = random.Random(f"{seed}:costs")  # noqa: S311 - reproducible on purpose

    def _run(self) -> None:
        rows = sorted(past(self._chance, self._now(), self._board), key=lambda row: str(row["timestamp"]), reverse=True)
        for start in range(0, len(rows), BATCH):
            self._hand_in(rows[start : start + BATCH])
        number = 0
        while not self._stopping.wait(self._chance.uniform(2.0, 9.0)):
            for agent, task in self._chance.sample(busy := self._board.busy(), min(1, len(busy))):
                number += 1
                self._hand_in([call(self._chance, self._now(), agent, task, f"live-{number}")])

    def _hand_in(self, rows: list[dict[str, Any]]) -> None:
        """Until they are taken: telemetry opens a moment after the page."""
        while not self._stopping.is_set():
            try:
                return self._post(rows)
            except (OSError, ValueError) as error:
                self.failures += 1
                if isinstance(error, urllib.error.HTTPError) and error.code < 500:
                    log.warning("the demo's costs were refused: %s", error)
                    return None
                self._stopping.wait(AGAIN_S)
        return None

    def _post(self, rows: list[dict[str, Any]]) -> None:
        headers = {"Content-Type": "application/json"}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        body = json.dumps({"rows": rows}).encode()
        request = urllib.request.Request(  # noqa: S310 - the address of our own server
            f"{self._url}/api/telemetry/invocations", data=body, headers=headers, method="POST"
        )
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=30) as response:
            response.read()
