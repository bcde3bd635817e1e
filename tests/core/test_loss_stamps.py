"""Many times at once read as each of them alone."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from llm_service.core.loss.stamps import stamps
from llm_service.core.times import iso_seconds


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.integers(0, 253_402_300_799_000), max_size=20))
def test_many_times_at_once_are_written_as_each_alone(times_ms: list[int]):
    alone = [iso_seconds(ms / 1000) for ms in times_ms]
    # A float of seconds holds no thousandths so far from now.
    near = [(ours, theirs) for ours, theirs, ms in zip(stamps(times_ms), alone, times_ms, strict=True) if ms < 2**42]
    assert all(ours == theirs for ours, theirs in near)
    assert [text[:10] for text in stamps(times_ms)] == [text[:10] for text in alone]
