"""When alarms fire: the numbers of `[alarms]` in the settings file, and how that table is read."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, NamedTuple, get_args

from llm_service.core.training.shapes import AlarmKind

KINDS: tuple[AlarmKind, ...] = get_args(AlarmKind)


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Counts are of logged steps, whatever lies between two of them; docs/alarms.md says what each is for."""

    off: tuple[AlarmKind, ...] = ()
    nan_clear: int = 20
    spike_window: int = 64
    spike_times: float = 6.0
    spike_ratio: float = 2.0
    spike_clear: int = 10
    divergence_window: int = 32
    divergence_share: float = 0.5
    divergence_ratio: float = 1.5
    plateau_window: int = 480
    plateau_fall: float = 0.1
    plateau_loss: float = 0.3
    throughput_share: float = 0.5
    throughput_s: float = 40.0
    stalled_times: float = 10.0
    stalled_s: float = 120.0

    def __str__(self) -> str:
        return "as in alarms.md"


DEFAULTS = Thresholds()


class Range(NamedTuple):
    least: float
    most: float


RANGES = {
    "nan_clear": Range(1, 10_000),
    "spike_window": Range(16, 1_000),
    "spike_times": Range(2, 1_000),
    "spike_ratio": Range(1.01, 1_000),
    "spike_clear": Range(1, 10_000),
    "divergence_window": Range(8, 1_000),
    "divergence_share": Range(0.05, 10),
    "divergence_ratio": Range(1.01, 1_000),
    "plateau_window": Range(40, 8_000),
    "plateau_fall": Range(0.001, 1),
    "plateau_loss": Range(0, 1e9),
    "throughput_share": Range(0.01, 0.99),
    "throughput_s": Range(4, 86_400),
    "stalled_times": Range(1, 10_000),
    "stalled_s": Range(1, 86_400),
}


def read_alarms(value: object) -> Thresholds:
    """The `[alarms]` of a settings file. Raises ValueError with a sentence that names the key."""
    if not isinstance(value, dict):
        raise ValueError("write it as one table, headed [alarms]")
    found: dict[str, Any] = {}
    for key, given in value.items():
        if key == "off":
            found[key] = _kinds(given)
        elif key in RANGES:
            found[key] = _number(key, given)
        else:
            raise ValueError(f"{_shown(key)} is no threshold{_hint(key)}; allowed: {', '.join(_names())}")
    return Thresholds(**found)


def as_table(thresholds: Thresholds) -> Mapping[str, object]:
    """The thresholds as the table that says them."""
    return {name: getattr(thresholds, name) for name in _names()}


def _names() -> list[str]:
    return [field.name for field in fields(Thresholds)]


def _kinds(given: object) -> tuple[AlarmKind, ...]:
    if not isinstance(given, list) or not all(kind in KINDS for kind in given):
        raise ValueError(f"off: {_shown(given)} is not allowed; allowed: a list of {', '.join(KINDS)}")
    return tuple(given)


def _number(key: str, given: object) -> float | int:
    whole = isinstance(getattr(DEFAULTS, key), int)
    least, most = RANGES[key]
    number = given if isinstance(given, (int, float)) and not isinstance(given, bool) else None
    if number is None or not least <= number <= most or (whole and number != int(number)):
        what = "a whole number" if whole else "a number"
        raise ValueError(f"{key}: {_shown(given)} is not allowed; allowed: {what} from {least:g} to {most:g}")
    return int(number) if whole else float(number)


def _hint(key: object) -> str:
    close = difflib.get_close_matches(str(key), _names(), n=1)
    return f"; did you mean {close[0]}" if close else ""


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
