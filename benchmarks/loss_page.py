"""A curve of a million steps in Chromium: the first drawing, one more step on it, and a zoom into it."""

from __future__ import annotations

import math
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.kit.board import Board
from benchmarks.kit.browser import chromium, open_page, until
from benchmarks.kit.figures import Row, median, percentile, shown
from benchmarks.kit.store import now_ms
from llm_service.core.loss.points import Point
from llm_service.core.loss.questions import NoSuchSeries
from llm_service.core.observations import Announced
from llm_service.instance import Instance
from llm_service.runtime import Runtime
from llm_service.settings import Settings
from llm_service.telemetry.loss_log import LossLog
from llm_service.telemetry.loss_reader import LossReader

NAME = "loss-page"
TITLE = "A loss curve of a million steps in Chromium"
STEPS, QUICK_STEPS = 1_000_000, 100_000
JOB = "bench:curve"
_PROBE = Path(__file__).parent / "kit" / "loss_probe.js"
_BATCH = 5_000
_MOST_DRAW_MS, _MOST_APPEND_MS = 150, 100
_CHART = "document.querySelector('loss-canvas')"


class _Served:
    """What `open_page` wants to know of a server; this one shares the process, so that steps can be handed to it."""

    def __init__(self, runtime: Runtime, token: str | None) -> None:
        self.port = int(runtime.url.rstrip("/").rpartition(":")[2])
        self.token = token


def run(folder: Path, *, quick: bool) -> list[Row]:
    """All rows of this benchmark."""
    count = QUICK_STEPS if quick else STEPS
    with _running(folder) as (runtime, served), chromium() as browser:
        log = runtime.upstreams.loss_log()
        log.start()
        _fill(log, LossReader(lambda: runtime.telemetry.opened().database), count)
        card = {"key": JOB, "id": "curve", "source": "bench", "kind": "finetune", "status": "running", "name": "curve"}
        row = {**_unknown(), **card, "series": [JOB]}
        runtime.hub.publish(Announced("training", "job.started", {"job": row}, rows={JOB: row}))
        rows = _first(browser, served, count, 3 if quick else 9)
        rows += _live(browser, served, log, count, 10 if quick else 40)
        return rows


@contextmanager
def _running(folder: Path) -> Iterator[tuple[Runtime, _Served]]:
    board = Board(folder / "board", 10, 3_000)
    settings = Settings(
        watch_dir=board.root, state_dir=folder / "state", port=0, port_given=True, browser=False, agent_logs=False
    )
    instance = Instance.open(settings, {})
    runtime = Runtime(instance=instance, settings=settings)
    try:
        runtime.start()
        yield runtime, _Served(runtime, instance.token)
    finally:
        runtime.stop()
        instance.close()


def _unknown() -> dict[str, Any]:
    names = (
        "base_model node step steps epoch epochs progress loss first_loss best_loss learning_rate rating steps_per_s"
    )
    names += " eta_s elapsed_s started_at finished_at heard_at gpu examples pipeline"
    texts = {"error": "", "preview_in": "", "preview_out": "", "log": [], "alarms": [], "config": {}, "actions": []}
    return {**dict.fromkeys(names.split()), **texts}


def _fill(log: LossLog, reader: LossReader, count: int) -> None:
    """A falling, noisy curve, a batch after the other as it is kept."""
    chance = random.Random(7)
    begin_ms = now_ms() - count * 300
    for first in range(0, count, _BATCH):
        log.append(JOB, JOB, [_point(step, count, chance, begin_ms) for step in range(first, first + _BATCH)])
        if first % (10 * _BATCH) == 9 * _BATCH or first + _BATCH >= count:
            _kept(reader, first + _BATCH)
    while log.behind:
        time.sleep(0.05)


def _kept(reader: LossReader, count: int) -> None:
    end_s = time.monotonic() + 120
    while time.monotonic() < end_s:
        try:
            answer = reader.series(JOB, [], from_step=None, to_step=None, points=10, smoothing=0)
        except NoSuchSeries:
            answer = {"series": []}
        if answer["series"] and answer["series"][0]["facts"]["count"] >= count:
            return
        time.sleep(0.05)
    raise RuntimeError(f"{count} steps were not kept within two minutes")


def _point(step: int, count: int, chance: random.Random, begin_ms: int) -> Point:
    loss = 3.4 * math.exp(-step / (count / 5)) + 0.2 + chance.gauss(0, 0.05)
    return Point(step, loss, 2e-4, step / 36_000, begin_ms + step * 300)


def _first(browser: Any, served: _Served, count: int, times: int) -> list[Row]:
    """Each in a context of its own: nothing is cached, nothing compiled. The list is open, a job is opened."""
    drawn, whole = [], []
    for _ in range(times):
        page = open_page(browser, served, _PROBE, "training")  # type: ignore[arg-type]
        until(page, "document.querySelector('.job-name a') !== null && globalThis.Chart !== undefined")
        page.wait_for_timeout(300)
        clicked = page.evaluate("(document.querySelector('.job-name a').click(), performance.now())")
        until(page, "benchLoss.painted.length > 0 && benchLoss.answered !== null")
        seen = page.evaluate("benchLoss")
        drawn.append(seen["painted"][0]["at"] - seen["answered"])
        whole.append(seen["painted"][0]["at"] - clicked)
        page.context.close()
    buckets = f"{count:,} steps"
    return [
        Row("first drawing: from the answer to painted", median(drawn), "ms", _MOST_DRAW_MS, _spread(drawn, buckets)),
        Row("a job is opened: from the click to painted, with the question", median(whole), "ms", None, _spread(whole)),
    ]


def _live(browser: Any, served: _Served, log: LossLog, count: int, times: int) -> list[Row]:
    """Single steps, one a third of a second; then a zoom into the middle."""
    page = open_page(browser, served, _PROBE, f"job={JOB}&smooth=0.9")  # type: ignore[arg-type]
    until(page, "benchLoss.painted.length > 0")
    page.wait_for_timeout(1_500)
    took = []
    for number in range(times):
        page.wait_for_timeout(333)
        handed_in = time.time() * 1000
        log.append(JOB, JOB, [Point(count + number, 0.2, 2e-4, None, now_ms())])
        until(page, f"benchLoss.painted.some(({{ last }}) => last >= {count + number})", every_ms=5)
        at = page.evaluate(f"benchLoss.painted.find(({{ last }}) => last >= {count + number}).wall")
        took.append(at - handed_in)
    tasks = [task["ms"] for task in page.evaluate("benchLoss.tasks")]
    zoomed = _zoom(page, count)
    page.context.close()
    longest = f"longest task since the page began {shown(max(tasks, default=0))} ms"
    remark = f"p99 {shown(percentile(took, 0.99))} ms of {times}; {longest}"
    return [
        Row("one more step: from handed in to painted, p50", median(took), "ms", _MOST_APPEND_MS, remark),
        Row("a zoom to a fiftieth: until its detail is painted", zoomed, "ms", None, "the question within"),
    ]


def _zoom(page: Any, count: int) -> float:
    middle, part = count // 2, count // 100
    begin = f"""(() => {{
      const began = performance.now();
      location.hash += "&from={middle - part}&to={middle + part}";
      return began;
    }})()"""
    began = page.evaluate(begin)
    before = page.evaluate("benchLoss.painted.length")
    until(page, f"{_CHART}.view.lines[0].curve.to_step < {middle + 2 * part}", every_ms=5)
    until(page, f"benchLoss.painted.length > {before}", every_ms=5)
    return page.evaluate("benchLoss.painted.at(-1).at") - began


def _spread(values: list[float], more: str = "") -> str:
    return f"median of {len(values)}; {shown(min(values))} to {shown(max(values))}{f'; {more}' if more else ''}"
