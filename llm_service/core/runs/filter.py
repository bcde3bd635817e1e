"""Which runs are asked for, and the table they are given as."""

from __future__ import annotations

from typing import Any, NamedTuple, get_args

from llm_service.core.runs.shapes import RunCard, RunStatus

STATUSES: tuple[str, ...] = get_args(RunStatus)
TABLE = ("RUN ID", "TYPE", "DOMAIN", "NODE", "TOKENS", "ITERS", "DURATION", "STATUS")
"""Columns of the table of runs, as the server's own page names them; tokens are those in and out."""
_SEARCHED = ("id", "task", "type", "domain", "model", "node", "agent", "snippet", "error")
"""The same fields that the kept ones are searched in."""


class RunFilter(NamedTuple):
    """Which runs are wanted; None and "" are all."""

    source: str | None = None
    status: str | None = None
    model: str | None = None
    q: str = ""

    def fits(self, card: RunCard) -> bool:
        """Whether a run is one of them."""
        told: dict[str, Any] = {**card}
        for name in ("source", "status", "model"):
            value = getattr(self, name)
            if value is not None and told[name] != value:
                return False
        words = " ".join(str(told[name]) for name in _SEARCHED if told[name]).casefold()
        return all(word in words for word in self.q.casefold().split()[:10])


def table_row(card: RunCard) -> dict[str, Any]:
    """A run as a row of `TABLE`."""
    tokens = None
    if card["tokens_in"] is not None or card["tokens_out"] is not None:
        tokens = (card["tokens_in"] or 0) + (card["tokens_out"] or 0)
    cells = (
        *(card["id"], card["type"], card["domain"], card["node"]),
        *(tokens, card["iteration"], card["duration_s"], card["status"]),
    )
    return dict(zip(TABLE, cells, strict=True))
