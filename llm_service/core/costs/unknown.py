"""What is told of costs while nothing is known: nulls, which are not zeros, and the reason."""

from __future__ import annotations

from collections.abc import Sequence

from llm_service.core.costs.burn import UNKNOWN
from llm_service.core.costs.shapes import CostUpdate


def unknown_costs(timezone: str, condition: Sequence[str], timestamp: str) -> CostUpdate:
    """`condition` are sentences that say why."""
    return {
        "costs": {"today": None, "month": None, "total": None},
        "tokens": {"today": None, "month": None, "total": None},
        "unpriced": {"invocations": None, "tokens": None},
        "models": [],
        "trends": [],
        "active_operations": [],
        "burn": UNKNOWN,
        "projection": {"day_usd": None, "month_usd": None},
        "timezone": timezone,
        "condition": list(condition),
        "timestamp": timestamp,
    }
