"""A run's event as bytes on the wire, in both dialects and with the faults of a stream."""

from __future__ import annotations

import json
from typing import Any, Literal, NamedTuple

from llm_service.simulators.faults import Faults

Dialect = Literal["a", "b"]
BOM = b"\xef\xbb\xbf"
BROKEN = b'data: {"node":"code_agent","iteration":\n\n'


class RunEvent(NamedTuple):
    """One stored event of a run, as `GET /api/runs/{id}` lists it."""

    id: int
    type: str
    node: str
    data: dict[str, Any]
    ts: str

    def listed(self) -> dict[str, Any]:
        """Its row of run_events."""
        return {"id": self.id, "event_type": self.type, "node": self.node, "data": self.data, "ts": self.ts}


def frame(event: RunEvent, dialect: Dialect, faults: Faults) -> bytes:
    """The event for a stream: A named with flat data, B unnamed in an envelope."""
    data, name = event.data, b""
    if dialect == "a":
        name = b"event: %b\n" % event.type.encode()
        flat = {"node": event.node, **data} if event.type == "node_update" else data
    else:
        flat = {_type_key(faults): event.type, "node": event.node, "data": data}
    number = b"id: %d\n" % event.id if "ids" in faults else b""
    return b"%b%bdata: %b\n\n" % (number, name, json.dumps(flat).encode())


def _type_key(faults: Faults) -> str:
    return "type" if "aliases" in faults else "event_type"


class Wire:
    """The frames of one listener: which of them a fault spoils depends on how many it was sent."""

    def __init__(self, dialect: Dialect, faults: Faults, cut_after: int | None) -> None:
        self._dialect, self._faults, self._cut_after = dialect, faults, cut_after
        self._count = 0

    def opening(self) -> bytes:
        """What a stream begins with."""
        return BOM if "bom" in self._faults else b""

    def frames(self, event: RunEvent) -> tuple[bytes, bool]:
        """The bytes of an event, and whether the connection is cut after them."""
        self._count += 1
        if "comments-only" in self._faults:
            return b": still working\n\n", False
        data = frame(event, self._dialect, self._faults)
        if self._count % 5 == 0:
            if "broken-json" in self._faults:
                data = BROKEN + data
            if "unknown-events" in self._faults:
                strange = RunEvent(event.id, "tool_call", event.node, {"tool": "search", "query": "iam"}, event.ts)
                data = frame(strange, self._dialect, self._faults) + data
            if mib := self._faults.number("big-line", 2.0):
                data += b"data: " + b"x" * int(mib * (1 << 20))
        cut = "drop" in self._faults and self._cut_after is not None and self._count >= self._cut_after
        return data, cut
