"""Times in which a run was not heard: how long, and whether the server's own record filled them in."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from llm_service.core.bobspark.stream_events import RunNews
from llm_service.core.runs.shapes import RunGap
from llm_service.core.times import iso_seconds

MOST_GAPS = 100


class Lost(NamedTuple):
    """Since when a run is not heard (milliseconds since 1970), and how many tokens it had made by then."""

    at_ms: int
    tokens_out: int


def is_whole(record: Iterable[RunNews], told_tokens_out: int | None) -> bool:
    """Whether a server's list of events accounts for all the tokens that its row tells of.

    A run that has made no token is whole without events. Counts may begin again, so the growth is summed up.
    """
    if not told_tokens_out:
        return True
    below = last = 0
    for news in record:
        count = news.tokens_out
        if count is not None:
            below, last = (below + last, count) if count < last else (below, count)
    return below + last >= told_tokens_out


def gap_of(lost: Lost, now_ms: int, tokens_out: int | None, *, recovered: bool) -> RunGap:
    """The gap that ends now; `tokens_out` is what the run has made by now, None where nobody could be asked."""
    return {
        "start": iso_seconds(lost.at_ms / 1000),
        "end": iso_seconds(now_ms / 1000),
        "seconds": round(max(0, now_ms - lost.at_ms) / 1000, 1),
        "tokens_out": None if tokens_out is None else max(0, tokens_out - lost.tokens_out),
        "recovered": recovered,
    }


def gap_text(gap: RunGap) -> str:
    """The gap as a line among a run's events."""
    made = "" if gap["tokens_out"] is None else f"; {gap['tokens_out']:,} tokens were made meanwhile"
    return f"{gap['seconds']:g} s were not heard{made}"
