"""Answers questions about loss curves from the database."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from llm_service.core.loss.questions import NoSuchSeries
from llm_service.core.loss.smoothing import nearest
from llm_service.core.named import Place, named
from llm_service.core.training.shapes import SeriesAnswer
from llm_service.telemetry import loss_series
from llm_service.telemetry.loss_keeping import Readable

PAGE_ROWS = 2_000
COLUMNS = ("series", "step", "loss", "lr", "epoch", "at")


class LossReader:
    """`database` gives the opened one, or raises `TelemetryUnavailable`."""

    def __init__(self, database: Callable[[], Readable]) -> None:
        self._database = database

    def series(
        self,
        job: str,
        names: Sequence[str],
        *,
        from_step: int | None,
        to_step: int | None,
        points: int,
        smoothing: float,
    ) -> SeriesAnswer:
        """The series of a job, or those that are named, of whatever job. Raises `NoSuchSeries`, `SeveralKeys`."""
        weight = nearest(smoothing)
        found = []
        with self._database().reading() as connection:
            # One state of the file for all that is read.
            connection.execute("BEGIN")
            for key in names or loss_series.keys_of(connection, self._job(connection, job)):
                one = loss_series.read(
                    connection, key, from_step=from_step, to_step=to_step, points=points, weight=weight
                )
                if one is None:
                    raise NoSuchSeries(f"there is no series {key[:200]}")
                found.append(one)
        return {"series": found}

    def steps(self, job: str, names: Sequence[str]) -> tuple[Sequence[str], Iterator[dict[str, Any]]]:
        """The columns, and every kept step of these series as a row."""
        with self._database().reading() as connection:
            keys = list(names) or loss_series.keys_of(connection, self._job(connection, job))
        return COLUMNS, self._rows(keys)

    def _rows(self, keys: Sequence[str]) -> Iterator[dict[str, Any]]:
        for key in keys:
            after = -1
            while True:
                with self._database().reading() as connection:
                    rows = loss_series.steps(connection, key, after, PAGE_ROWS)
                yield from rows
                if len(rows) < PAGE_ROWS:
                    break
                after = rows[-1]["step"]

    def _job(self, connection: Any, name: str) -> str:
        """The key of a job, which may be named by its source's own id while that is unique."""
        place = Place(
            lambda key: key if loss_series.keys_of(connection, key) else None,
            lambda bare_id: loss_series.jobs_of(connection, bare_id),
        )
        return named("training job", name, [place]) or name
