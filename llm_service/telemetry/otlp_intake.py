"""What came by OpenTelemetry, into the database: rows, and with them how each cumulative series stands."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from sqlite3 import Connection
from typing import Any, NamedTuple, Protocol

from llm_service.core.otlp.logs import read_logs
from llm_service.core.otlp.points import Standing, read_metrics
from llm_service.core.otlp.reading import nothing_told
from llm_service.core.otlp.spans import read_spans
from llm_service.telemetry.recorder import Recorder

FUTURE_MS = 86_400_000
"""A record that is further ahead than this is kept as of now: its clock is wrong, its tokens are not."""
_KEEP = "INSERT OR REPLACE INTO otlp_series (series, start_ns, time_ns, value) VALUES (?, ?, ?, ?)"


class Readable(Protocol):
    """What is needed of the database."""

    def reading(self) -> AbstractContextManager[Connection]: ...


class Taken(NamedTuple):
    """What became of one request: rows kept and known already, records refused by reason, records not about usage."""

    accepted: int
    duplicate: int
    refused: Mapping[str, int]
    ignored: Mapping[str, int]


class OtlpIntake:
    """Safe on any thread. Counts what it refused and passed over since the start."""

    def __init__(self, database: Readable, recorder: Recorder, *, now_ms: Callable[[], int]) -> None:
        self._database = database
        self._recorder = recorder
        self._now_ms = now_ms
        # Differences of cumulative series must be taken in order, from reading the last point to keeping the new one.
        self._one_at_a_time = threading.Lock()
        self._counting = threading.Lock()
        self.refused: Counter[str] = Counter()
        self.ignored: Counter[str] = Counter()

    def take(self, signal: str, body: Any) -> Taken:
        """Keep what `body` (OTLP's JSON form) tells of usage; `signal` is logs, traces or metrics.

        Raises `TelemetryUnavailable` where it cannot be kept now; nothing of it is kept then.
        """
        told = nothing_told()
        now_ms = self._now_ms()
        if signal == "metrics":
            with self._one_at_a_time:
                advanced = read_metrics(body, told, now_ms, self._last)
                done = self._record(advanced.rows, advanced.standing)
        else:
            read = read_logs if signal == "logs" else read_spans
            done = self._record(read(body, told, now_ms), {})
        with self._counting:
            self.refused.update(told.refused)
            self.ignored.update(told.ignored)
        return Taken(*done, told.refused, told.ignored)

    def _record(self, rows: Iterable[Any], standing: Mapping[str, Standing]) -> tuple[int, int]:
        latest_ms = self._now_ms() + FUTURE_MS
        rows = [row if row.at_ms <= latest_ms else row._replace(at_ms=self._now_ms()) for row in rows]
        if not rows and not standing:
            return 0, 0
        kept = [(series, *stands) for series, stands in standing.items()]
        done = self._recorder.record(rows, also=(lambda db: db.executemany(_KEEP, kept)) if kept else None)
        return done.accepted + done.replaced, done.duplicate

    def _last(self, series: str) -> Standing | None:
        with self._database.reading() as db:
            sql = "SELECT start_ns, time_ns, value FROM otlp_series WHERE series = ?"
            found = db.execute(sql, (series,)).fetchone()
        return Standing(*found) if found else None
