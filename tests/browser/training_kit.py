"""Boards with training jobs: cards as the house tells them, steps through the real loss log, and their drawing."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from playwright.sync_api import Locator, Page, expect

from llm_service.core.loss.points import Point
from llm_service.core.observations import Announced
from tests.kit.boards import Board
from tests.kit.waiting import wait_until

UNKNOWN = """
base_model node step steps epoch epochs progress loss first_loss best_loss learning_rate rating steps_per_s eta_s
elapsed_s finished_at gpu examples pipeline
"""


def at(seconds_ago: float = 0.0) -> str:
    """A moment of the near past as the house writes it."""
    return (
        (datetime.now(UTC) - timedelta(seconds=seconds_ago)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    )


def card(key: str, **more: Any) -> dict[str, Any]:
    """A job card; what is not given nobody knows."""
    source, _, job_id = key.partition(":")
    blank = dict.fromkeys(UNKNOWN.split())
    known = {"key": key, "id": job_id, "source": source, "kind": "finetune", "status": "running", "name": job_id}
    texts = {"error": "", "preview_in": "", "preview_out": "", "started_at": at(600), "heard_at": at()}
    lists: dict[str, Any] = {"log": [], "series": [key], "alarms": [], "config": {}, "actions": ["cancel"]}
    return {**blank, **known, **texts, **lists, **more}


def curve(steps: int, *, seed: int = 1, tau: float = 0.25, floor: float = 0.2) -> list[Point]:
    """A healthy curve: falls from about 3.4 towards `floor`, with noise; one step a second until now."""
    dice = random.Random(seed)
    now_ms = int(datetime.now(UTC).timestamp() * 1000)
    return [
        Point(
            1 + i,
            max(0.01, 3.2 * math.exp(-i / (tau * steps)) + floor + dice.gauss(0, 0.05)),
            2e-4 * (1 - i / steps),
            3 * i / steps,
            now_ms - (steps - i) * 1000,
        )
        for i in range(steps)
    ]


class Training:
    """Tells a board of jobs as sources do, and keeps their steps."""

    def __init__(self, board: Board) -> None:
        self.board = board
        self.losses = board.runtime.upstreams.loss_log()
        self.losses.start()
        self.jobs: dict[str, dict[str, Any]] = {}

    def stop(self) -> None:
        self.losses.stop(2.0)

    def _tell(self, event: str, body: dict[str, Any], rows: dict[str, Any]) -> None:
        self.board.runtime.hub.publish(Announced("training", event, body, rows=rows))

    def watch(self, key: str, kind: str = "bobspark", **more: Any) -> None:
        """A server that could be asked, or could not."""
        card = source(key, kind, **more)
        self.board.runtime.hub.publish(Announced("sources", "source.connected", {"source": card}, rows={key: card}))

    def raise_alarm(self, **more: Any) -> None:
        """A curve shows a fault."""
        self._tell("alarm.raised", {"alarm": told(**more)}, {})

    def begin(self, key: str, **more: Any) -> dict[str, Any]:
        """A job that is seen from now on."""
        self.jobs[key] = card(key, **more)
        self._tell("job.started", {"job": dict(self.jobs[key])}, {key: dict(self.jobs[key])})
        return self.jobs[key]

    def advance(self, key: str, **changed: Any) -> None:
        """Some of its fields have changed."""
        self.jobs[key] = {**self.jobs[key], **changed}
        self._tell("job.advanced", {"jobs": [{"key": key, **changed}]}, {key: dict(self.jobs[key])})

    def end(self, key: str, status: str = "completed", **more: Any) -> None:
        """It ended."""
        was = self.jobs[key]["status"]
        self.jobs[key] = {**self.jobs[key], "status": status, "finished_at": at(), "actions": [], **more}
        self._tell("job.finished", {"job": dict(self.jobs[key]), "was": was}, {key: dict(self.jobs[key])})

    def forget(self, key: str) -> None:
        """It leaves the list."""
        del self.jobs[key]
        self._tell("job.advanced", {"jobs": [], "gone": [key]}, {key: None})

    def steps(self, key: str, points: Sequence[Point], series: str | None = None, *, running: bool = True) -> None:
        """Steps of its curve; returns when they are kept."""
        self.losses.append(key, series or key, points, running=running)
        last = points[-1].step

        def kept() -> bool:
            status, answer = self.board.get(f"/api/training/{key}/series?points=10")
            facts = [one["facts"] for one in answer["series"] if one["key"] == (series or key)] if status == 200 else []
            return bool(facts) and (facts[0]["last_step"] or 0) >= last

        wait_until(kept, f"step {last} of {key}")


def told(**more: Any) -> dict[str, Any]:
    """An alarm; as the detectors tell it."""
    known = {"id": "alarm-1", "kind": "spike", "job": "spark:ft_1", "series": "spark:ft_1", "step": 40}
    said = {
        "sentence": "The loss jumped to 6.1 at step 40, where 1.2 was usual.",
        "numbers": {"loss": 6.1, "usual": 1.2},
    }
    return {**known, **said, "at": at(), "cleared_at": None, **more}


def source(key: str, kind: str = "bobspark", **more: Any) -> dict[str, Any]:
    """The card of a watched server, which is well unless told otherwise."""
    line = {"state": "live", "since": at(900), "last_heard_at": at(), "next_try_at": None, "reason": ""}
    counts = dict.fromkeys(
        ("open", "connecting", "backing_off", "stopped", "events", "unknown_events", "broken_events"), 0
    )
    card = {"key": key, "kind": kind, "url": "http://192.0.2.1:9010", "clock_skew_s": None}
    return {**card, **line, "concerns": [], "streams": counts, **more}


def drawing(page: Page) -> Locator:
    """The loss chart, once it has been drawn."""
    found = page.locator("loss-canvas[data-drawn]")
    expect(found).to_be_attached()
    return found


def chip(page: Page, name: str) -> Locator:
    """One of the figures over the chart."""
    return page.locator(f".loss-chip[data-chip={name}] dd")


def asked(page: Page) -> list[str]:
    """Every question about curves from now on."""
    found: list[str] = []
    page.on("request", lambda request: found.append(request.url) if "/series" in request.url else None)
    return found


COUNT_CONFETTI = """
window.__confetti = 0;
addEventListener("DOMContentLoaded", () => new MutationObserver((changes) => {
  const added = changes.flatMap(({ addedNodes }) => [...addedNodes]);
  window.__confetti += added.filter(({ className }) => className === "confetti").length;
}).observe(document.body, { childList: true }));
"""
