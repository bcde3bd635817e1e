"""Where a forked or spawned Codex session's own life begins, behind the copy of its parent's that it starts with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from llm_service.core.agentlogs.values import at_ms


def minted_ms(identifier: object) -> int | None:
    """When a UUID of version 7 was made, in milliseconds since 1970; None for any other."""
    if not isinstance(identifier, str):
        return None
    digits = identifier.replace("-", "")
    if len(digits) != 32 or digits[12] != "7":
        return None
    try:
        return int(digits[:12], 16)
    except ValueError:
        return None


class Replay:
    """Tells copied lines from a session's own (X8).

    A fork's file starts with its own `session_meta`, then its parent's, then the parent's lines with times that may be
    new or not. The ids of turns keep the moment the turn was made, so the first turn that is not older than the
    session is its own. Only the milliseconds count: the rest of an id is chance (tokscale #734). A turn without a
    readable id is the parent's unless its start says otherwise (tokscale #895), or its line is as young as the session
    and the copied lines kept their times (assumed; the first versions that forked gave turns no ids). Newer versions
    number the lines and say at which number the own ones begin. Without a copied meta nothing was copied.
    """

    def __init__(self, state: Mapping[str, Any] | None = None) -> None:
        kept = state or {}
        self._id: str | None = kept.get("id")
        self._born_ms: int | None = kept.get("born_ms")
        self._first_own: int | None = kept.get("first_own")
        self._copying: bool = kept.get("copying", False)
        self._settled: bool = kept.get("settled", False)
        self._times_kept: bool = kept.get("times_kept", False)
        self.inherited: bool = kept.get("inherited", False)
        """Whether the session began with something of another's, totals perhaps."""
        self._spawned: bool = kept.get("spawned", False)

    def state(self) -> dict[str, Any]:
        return {
            "id": self._id,
            "born_ms": self._born_ms,
            "first_own": self._first_own,
            "copying": self._copying,
            "settled": self._settled,
            "times_kept": self._times_kept,
            "inherited": self.inherited,
            "spawned": self._spawned,
        }

    def own_meta(self, meta: Mapping[str, Any], line_ms: int | None) -> None:
        """The first `session_meta` of the file."""
        identifier = meta.get("id")
        self._id = identifier if isinstance(identifier, str) else None
        self._born_ms = minted_ms(identifier) or at_ms(meta.get("timestamp")) or line_ms
        self._first_own = _whole(meta.get("subagent_history_start_ordinal"))
        self._spawned = _is_spawned(meta)
        self.inherited = self._spawned or bool(meta.get("forked_from_id"))

    def other_meta(self, meta: Mapping[str, Any], line_ms: int | None) -> None:
        """Any later `session_meta`: another session's is a copy, the own one is written again by a resume."""
        if meta.get("id") != self._id and not self._settled:
            self._copying = self._born_ms is not None
            self._times_kept = self._born_ms is not None and line_ms is not None and line_ms < self._born_ms
            self.inherited = True

    def turn(self, turn_id: object, line_ms: int | None, started: object = None, begins: bool = False) -> None:
        """A turn's context, or (`begins`) the event of its start with its time in seconds."""
        if not self._copying:
            self._settled = True
            return
        assert self._born_ms is not None
        made = minted_ms(turn_id)
        if made is not None:
            own = made >= self._born_ms
        elif self._times_kept and line_ms is not None and line_ms >= self._born_ms:
            own = True
        elif begins:
            own = type(started) in (int, float) and float(started) >= self._born_ms // 1000  # type: ignore[arg-type]
        else:
            # Only what a person forked is written without starts of turns; an agent's own turn was announced.
            own = bool(turn_id) and not self._spawned
        if own:
            self._copying, self._settled = False, True

    def is_copy(self, ordinal: object) -> bool:
        """Whether a line with this number (None where lines have none) was copied."""
        number = _whole(ordinal)
        if self._first_own is not None and number is not None:
            return number < self._first_own
        return self._copying


def _is_spawned(meta: Mapping[str, Any]) -> bool:
    source = meta.get("source")
    return (isinstance(source, Mapping) and "subagent" in source) or bool(meta.get("parent_thread_id"))


def _whole(value: object) -> int | None:
    """A number, which some versions write as text."""
    if type(value) is int:
        return value
    return int(value) if isinstance(value, str) and value.isdecimal() and len(value) < 16 else None
