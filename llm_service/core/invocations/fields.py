"""The fields of a row that somebody handed in: their names, their ranges, and the sentence for what is outside."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from llm_service.core.invocations.texts import NAME_CHARS, PLACE_CHARS, shown, text_problem
from llm_service.core.invocations.usage import STATUSES

MOST_TOKENS = 10**12
MOST_LATENCY_MS = 10**9
MOST_USD = 10**6
EARLIEST_MS = 1_420_070_400_000
"""2015-01-01: before it there was nothing to count, so an earlier time is a mistake."""
AHEAD_MS = 24 * 3_600_000
"""How far in the future a time may lie: clocks differ, and some write the local time as UTC."""

COUNTS = (
    "input_tokens",
    "output_tokens",
    "reasoning_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "cache_write_5m_tokens",
    "cache_write_1h_tokens",
    "web_searches",
)
TEXTS = {
    "invocation_id": NAME_CHARS,
    "model": NAME_CHARS,
    "tool": NAME_CHARS,
    "provider": NAME_CHARS,
    "agent": NAME_CHARS,
    "task": PLACE_CHARS,
    "session": PLACE_CHARS,
    "project": PLACE_CHARS,
    "node": NAME_CHARS,
    "tier": NAME_CHARS,
}
"""The most characters of each."""
FIELDS = frozenset((*TEXTS, *COUNTS, "timestamp", "latency_ms", "status", "error", "cost_usd"))
"""Every name a row may have."""

_OTHER_NAMES = {
    "model_name": "model",
    "tool_name": "tool",
    "agent_name": "agent",
    "host": "node",
    "hostname": "node",
    "machine": "node",
    "prompt_tokens": "input_tokens",
    "completion_tokens": "output_tokens",
    "cached_tokens": "cache_read_tokens",
    "cache_read_input_tokens": "cache_read_tokens",
    "cache_creation_input_tokens": "cache_write_tokens",
    "cost": "cost_usd",
    "duration_ms": "latency_ms",
    "error_message": "error",
    "id": "invocation_id",
    "time": "timestamp",
    "ts": "timestamp",
    "at": "timestamp",
}
_NANO = Decimal(10**9)


class RowRefused(ValueError):
    """A row cannot be taken; its text names the field, the value and what is allowed."""


def text_of(raw: Mapping[str, Any], name: str) -> str | None:
    """The text; an empty one is as good as none, except where there must be one."""
    value = raw.get(name)
    if value is None or (value == "" and name not in ("model", "invocation_id")):
        return None
    if not isinstance(value, str):
        raise RowRefused(f"{name} is {shown(value)}; a text is needed")
    if problem := text_problem(value, TEXTS[name]):
        raise RowRefused(f"{name} {problem}")
    return str(value)


def count_of(raw: Mapping[str, Any], name: str) -> int:
    value = raw.get(name)
    if value is None:
        return 0
    if not isinstance(value, (int, float)) or isinstance(value, bool) or value != value or value % 1:
        raise RowRefused(f"{name} is {shown(value)}; a whole number from 0 to {MOST_TOKENS:,} is needed")
    if not 0 <= value <= MOST_TOKENS:
        raise RowRefused(f"{name} is {shown(value)}; allowed is 0 to {MOST_TOKENS:,}")
    return int(value)


def latency_of(value: object) -> int | None:
    """Milliseconds; a measured fraction is rounded."""
    if value is None:
        return None
    if not isinstance(value, (int, float)) or isinstance(value, bool) or not 0 <= value <= MOST_LATENCY_MS:
        raise RowRefused(f"latency_ms is {shown(value)}; allowed is a number from 0 to {MOST_LATENCY_MS:,}")
    return round(value)


def status_of(value: object) -> str:
    if value is None:
        return "success"
    if value not in STATUSES:
        raise RowRefused(f"status is {shown(value)}; allowed are {', '.join(STATUSES)}")
    return str(value)


def cost_of(value: object) -> int | None:
    if value is None:
        return None
    number = isinstance(value, (int, float, Decimal)) and not isinstance(value, bool)
    if not number or value != value or not 0 <= value <= MOST_USD:  # type: ignore[operator]
        raise RowRefused(f"cost_usd is {shown(value)}; allowed is a number of US dollars from 0 to {MOST_USD:,}")
    return nano_dollars(value)  # type: ignore[arg-type]


def unknown_field(name: object) -> str:
    if name == "door":
        return "door cannot be given: it says by which way a row came, and that is known"
    from difflib import get_close_matches

    text = str(name)
    close = _OTHER_NAMES.get(text.lower()) or next(iter(get_close_matches(text.lower(), FIELDS, 1, 0.6)), None)
    hint = f"; did you mean {close}" if close else f"; known are {', '.join(sorted(FIELDS))}"
    return f"{shown(name)} is no field{hint}"


def nano_dollars(usd: float | int | Decimal) -> int:
    """US dollars as whole nano-dollars; of a float what its shortest decimal says, so 0.1 is exactly 100,000,000."""
    return int((Decimal(str(usd)) * _NANO).to_integral_value())
