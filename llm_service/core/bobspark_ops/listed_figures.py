"""What is counted of the runs that a server lists."""

from __future__ import annotations

from collections.abc import Iterable

from llm_service.core.bobspark.run_rows import RunRow
from llm_service.core.runs.figures import RunFigures
from llm_service.core.times import parse_ms


def listed_figures(rows: Iterable[RunRow], source: str, seen_ms: int) -> list[RunFigures]:
    """Figures of listed runs; one without any time was created when it was seen; a length tells the end."""
    return [_figures(row, source, seen_ms) for row in rows]


def joined(kept: Iterable[RunFigures], listed: Iterable[RunFigures]) -> list[RunFigures]:
    """Each run once, oldest first: as it is listed now, with what only we know, such as its machine."""
    found: dict[str, RunFigures] = {run.key: run for run in kept}
    for run in listed:
        known = found.get(run.key)
        found[run.key] = run if known is None else _filled(run, known)
    return sorted(found.values(), key=lambda run: run.at_ms)


def _filled(run: RunFigures, known: RunFigures) -> RunFigures:
    return run._replace(
        model=run.model or known.model,
        node=run.node or known.node,
        at_ms=min(run.at_ms, known.at_ms),
        # What was heard at the time is exact; of a list only the length of a run is.
        started_ms=_either(known.started_ms, run.started_ms),
        ended_ms=_either(known.ended_ms, run.ended_ms),
        tokens_in=_either(run.tokens_in, known.tokens_in),
        tokens_out=_either(run.tokens_out, known.tokens_out),
    )


def _either(told: int | None, known: int | None) -> int | None:
    return known if told is None else told


def _figures(row: RunRow, source: str, seen_ms: int) -> RunFigures:
    started = _ms(row.started_at)
    created = _ms(row.created_at) or started
    ended = _ms(row.finished_at)
    begun = started or created
    if ended is not None and row.duration_s is not None:
        started = ended - round(row.duration_s * 1000)
    if ended is None and begun is not None and row.duration_s is not None and row.status not in ("running", "queued"):
        ended = begun + round(row.duration_s * 1000)
    return RunFigures(
        key=f"{source}:{row.id}",
        source=source,
        status=row.status,
        model=row.model,
        node=row.node,
        at_ms=seen_ms if created is None else created,
        started_ms=started,
        ended_ms=ended,
        tokens_in=row.tokens_in,
        tokens_out=row.tokens_out,
    )


def _ms(text: str | None) -> int | None:
    return parse_ms(text) if text else None
