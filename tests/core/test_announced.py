"""What other parts of the house announce: numbered, and where it stands, the topic's snapshot."""

from __future__ import annotations

from llm_service.core.observations import Announced
from llm_service.core.state import State

AT, LATER = "2026-11-21T15:30:00.000Z", "2026-11-21T15:31:00.000Z"


def told(state: State, total: float, *, standing: bool = True, at: str = AT) -> dict:
    (event,) = state.apply(Announced("costs", "cost.update", {"total": total, "timestamp": "x"}, standing), 0.0, at)
    return event.payload


def test_its_own_timestamp_is_the_moment_it_is_told() -> None:
    state = State("e", "/root")
    assert told(state, 1.0) == {"epoch": "e", "topic": "costs", "seq": 1, "at": AT, "total": 1.0, "timestamp": AT}
    snapshot = state.snapshot("costs", LATER).payload
    assert snapshot == {"epoch": "e", "topic": "costs", "seq": 1, "at": LATER, "total": 1.0, "timestamp": LATER}


def test_only_what_stands_is_the_snapshot() -> None:
    state = State("e", "/root")
    told(state, 1.0)
    told(state, 2.0, standing=False)
    assert state.snapshot("costs", AT).payload["total"] == 1.0


def test_of_large_standing_bodies_few_are_kept_to_be_replayed() -> None:
    state = State("e", "/root")
    for total in range(100):
        told(state, total)
    missed = state.streams["costs"].since("e", 60)
    assert missed is not None
    assert [event.payload["total"] for event in missed] == list(range(60, 100))
    assert state.streams["costs"].since("e", 40) is None
