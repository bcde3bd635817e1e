"""What an hour of one's own machines costs: the table ``gpu_hours`` of llm-service.toml, read with clear refusals.

[gpu_hours]
spark = 0.35        # US dollars an hour of the machine named spark
linux = 0.10
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import NamedTuple

MOST_USD = 10_000
_HOUR_MS = 3_600_000


class GpuHour(NamedTuple):
    """A machine, as servers name it, and nano-dollars an hour."""

    node: str
    nano: int


def read_gpu_hours(value: object) -> tuple[GpuHour, ...]:
    """The table of the settings file. Raises ValueError."""
    if not isinstance(value, Mapping):
        raise ValueError("write it as a table: [gpu_hours] with a line like spark = 0.35")
    found = []
    for node, usd in value.items():
        is_number = isinstance(usd, (int, float)) and not isinstance(usd, bool)
        if not is_number or not 0 <= usd <= MOST_USD:  # also refuses NaN
            raise ValueError(f"{node} is {usd!r}; allowed: US dollars an hour from 0 to {MOST_USD:,}")
        found.append(GpuHour(str(node).strip().lower(), int((Decimal(str(usd)) * 10**9).to_integral_value())))
    return tuple(found)


def plain_gpu_hours(hours: Iterable[GpuHour]) -> dict[str, float]:
    """The table as JSON, in dollars, as `config show` prints it."""
    return {hour.node: hour.nano / 1e9 for hour in hours}


def time_cost_nano(hours: Iterable[GpuHour], node: str | None, duration_ms: int | None) -> int | None:
    """What this long on this machine costs; None where its price or its time is not known."""
    if node is None or duration_ms is None:
        return None
    nano = next((hour.nano for hour in hours if hour.node == node.lower()), None)
    return None if nano is None else (duration_ms * nano + _HOUR_MS // 2) // _HOUR_MS
