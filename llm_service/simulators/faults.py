"""The faults a simulator can be told to have: names, their arguments, and which of them are on now."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable

KNOWN = {
    "drop": "cuts a stream after N events (default: 3 to 12), without an end",
    "no-stream-end": "closes every stream without stream_end",
    "missing-tokens": "leaves tokens_out out of every third node_update",
    "reset-tokens": "lets tokens_out of a stream begin again from 0 in the middle of a run",
    "http-500": "answers 500 for the paths that match (http-500:/api/runs/queue)",
    "http-404": "answers 404 for the paths that match (http-404:/api/datagen/*)",
    "slow-headers": "waits N seconds (default 5) before it answers at all",
    "comments-only": "sends comments and no events on streams",
    "huge-snippet": "sends snippets of 300,000 characters",
    "broken-json": "puts an event whose JSON is broken before every fifth",
    "unknown-events": "sends an event nobody knows (tool_call) before every fifth",
    "vanish": "forgets a run in its second iteration: 404, no word on its stream",
    "html": "answers 200 with an HTML login page for the paths that match (default: all)",
    "redirect": "answers 302 to a metadata address for the paths that match (default: all)",
    "skew": "tells all times N seconds ahead (skew:-90 behind)",
    "bom": "begins every stream with a byte order mark",
    "close-delimited": "streams without chunks: the end is the end of the connection",
    "big-line": "sends one line of N MiB (default 2) without an end in every stream's fifth event",
    "hostile": "puts markup and scripts into every text",
    "aliases": "uses the other names of every field (aliases:2 the third ones)",
    "bare-lists": "answers lists bare instead of wrapped, and wraps those that are bare",
    "same-job": "answers a second start of a fine-tune with the running one's id instead of 409",
    "ids": "numbers stream events with id: and honours Last-Event-ID",
    "heartbeats": "sends a comment every N seconds (default 15) on streams",
    "busy": "answers 503 with Retry-After: N (default 2) on streams",
}
HOSTILE = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>\u202e\u0000'


class Faults:
    """The faults that are on. ValueError names one that is not known. Reading is free of locks: a set is replaced."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        self._on: dict[str, list[str]] = {}
        self.replace(names)

    def replace(self, names: Iterable[str]) -> None:
        """These and no others from now on."""
        on: dict[str, list[str]] = {}
        for written in names:
            name, _, argument = written.partition(":")
            if name not in KNOWN:
                raise ValueError(f"fault {written!r} is not known; known are {', '.join(KNOWN)}")
            if name in ("slow-headers", "skew", "heartbeats", "drop", "big-line", "busy", "aliases") and argument:
                _number(written, argument)
            on.setdefault(name, []).append(argument)
        self._on = on

    def __contains__(self, name: str) -> bool:
        return name in self._on

    def number(self, name: str, default: float) -> float:
        """The number after the name, `default` where the fault is on without one, 0 where it is off."""
        if name not in self._on:
            return 0.0
        return float(self._on[name][-1] or default)

    def hits(self, name: str, path: str) -> bool:
        """Whether the fault is on for this path; a pattern may hold *, a slash at the end does not matter."""
        wanted = path.rstrip("/") or "/"
        return any(
            not pattern or fnmatch.fnmatchcase(wanted, pattern.rstrip("/") or "/") for pattern in self._on.get(name, ())
        )

    def names(self) -> list[str]:
        """As they were written."""
        return [f"{name}:{argument}" if argument else name for name, all_ in self._on.items() for argument in all_]


def _number(written: str, argument: str) -> None:
    try:
        float(argument)
    except ValueError:
        raise ValueError(f"fault {written!r} takes a number after the colon") from None
