"""The REST routes of loss curves."""

from __future__ import annotations

from llm_service.core.route import Param, Route
from llm_service.core.training import shapes as training_shapes

_KEY = Param("key", "the job's key, or its source's id for it while only one source has it", "path", required=True)
_SERIES = Param("series", "keys of series, comma separated, also of other jobs; without it all of this job")

LOSS_ROUTES: tuple[Route, ...] = (
    Route(
        "GET",
        "/api/training/<key>/series",
        training_shapes.SeriesAnswer,
        "Loss curves between two steps in at most so many buckets, with their extremes, smoothed; see docs/loss.md.",
        (
            _KEY,
            _SERIES,
            Param("from", "first step; the beginning without it"),
            Param("to", "last step; the end without it"),
            Param("points", "buckets a series at most, 10 to 2000, 1000 by default"),
            Param("smoothing", "0 to 0.999; taken is the nearest of 0, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999"),
        ),
        errors=(400, 404, 409, 503),
    ),
    Route(
        "GET",
        "/api/training/<key>/series.csv",
        None,
        "Every kept step of a job's series as CSV: series, step, loss, lr, epoch, at.",
        (_KEY, _SERIES),
        errors=(409, 503),
    ),
)
