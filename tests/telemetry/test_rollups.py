"""However rows come (twice, better, by several doors, in any batches), the sums equal a slow recount of what counts."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from llm_service.core.invocations.rollups import ABOVE, Line, bucket_of, summed
from llm_service.core.invocations.usage import SEEN_THROUGH, Door, Invocation
from llm_service.core.pricing.price import cost_nano
from llm_service.core.zones import Zone
from llm_service.telemetry.ingest import Kept
from llm_service.telemetry.integrity import check
from tests.kit.store import (
    DAY_MS,
    HOUR_MS,
    NOON_MS,
    ZONE,
    FlatPrices,
    expected_sums,
    kept_buckets,
    kept_sums,
    open_database,
    recording,
    row,
)

ROWS = st.builds(
    Invocation,
    invocation_id=st.sampled_from([f"id-{number}" for number in range(12)]),
    at_ms=st.sampled_from([NOON_MS, NOON_MS - 1, NOON_MS - 5 * HOUR_MS, NOON_MS - 27 * DAY_MS, NOON_MS - 120 * DAY_MS]),
    model=st.sampled_from(["sonnet", "haiku", "new-model"]),
    tool=st.sampled_from(["claude-code", "codex"]),
    door=st.sampled_from(list(Door)),
    session=st.sampled_from([None, "one", "two"]),
    agent=st.sampled_from([None, "ann"]),
    task=st.sampled_from([None, "t1"]),
    project=st.sampled_from([None, "p"]),
    input_tokens=st.integers(0, 3_000),
    output_tokens=st.integers(0, 300),
    cache_read_tokens=st.integers(0, 10),
    cache_write_1h_tokens=st.integers(0, 10),
    latency_ms=st.sampled_from([None, 0, 50, 51, 400_000]),
    status=st.sampled_from(["success", "error"]),
    reported_nano=st.sampled_from([None, 0, 1_234_567]),
    rank=st.integers(0, 2),
    # Left to itself Hypothesis makes up the rest by type, with numbers that no table holds.
    provider=st.sampled_from([None, "anthropic"]),
    node=st.sampled_from([None, "spark"]),
    reasoning_tokens=st.integers(0, 5),
    cache_write_tokens=st.just(0),
    cache_write_5m_tokens=st.integers(0, 5),
    web_searches=st.just(0),
    error=st.none(),
    tier=st.none(),
)


def what_counts(rows: list[Invocation]) -> list[Kept]:
    """The rule told once more, row after row: best rank, the first of equals; then the best door of each session."""
    kept: dict[str, Invocation] = {}
    best: dict[tuple[str, str], int] = {}
    for call in rows:
        if call.invocation_id in kept and call.rank <= kept[call.invocation_id].rank:
            continue
        kept[call.invocation_id] = call
        if call.door in SEEN_THROUGH and call.session:
            session = (call.tool, call.session)
            best[session] = max(best.get(session, -1), SEEN_THROUGH.index(call.door))
    counted = []
    for call in kept.values():
        lesser = call.door in SEEN_THROUGH and call.session
        if lesser and SEEN_THROUGH.index(call.door) < best[call.tool, call.session or ""]:
            continue
        cost = call.reported_nano
        if cost is None and call.model != "new-model":
            cost = call.input_tokens * 1000 + call.output_tokens * 2000 + cache_cost(call)
        counted.append(Kept(call, cost))
    return counted


def cache_cost(call: Invocation) -> int:
    """What the price list says of the cache, which is not what is tested here."""
    found = FlatPrices().quote_for(call)
    assert found is not None
    bare = call._replace(input_tokens=0, output_tokens=0)
    return cost_nano(found[0], bare)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.lists(ROWS, max_size=8), max_size=6))
def test_the_sums_of_any_batches_equal_a_recount(batches: list[list[Invocation]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        database = open_database(Path(folder) / "state")
        with recording(database) as recorder:
            for batch in batches:
                recorder.record(batch)
        right = what_counts([call for batch in batches for call in batch])
        hours_from_ms = database.hours_from_ms(NOON_MS)
        assert kept_sums(database) == expected_sums(right, hours_from_ms=hours_from_ms)
        report = check(database)
        assert report.ok, report


def test_hours_that_are_no_longer_kept_are_not_begun_again() -> None:
    old, new = row("old", NOON_MS - 100 * DAY_MS), row("new")
    found = summed([Line(old, 5), Line(new, 6)], Zone(ZONE), NOON_MS - 90 * DAY_MS)
    assert {key[2] for key in found.rollups if key[0] == "hour"} == {NOON_MS}
    assert found.rollups["ever", "all", 0, ""][9] == 11


def test_taking_a_row_out_leaves_nothing() -> None:
    call = row("a", latency_ms=70, status="error", session="s")
    found = summed([Line(call, 5), Line(call, 5, -1)], Zone(ZONE))
    assert not [values for values in found.rollups.values() if any(values)]
    assert not any(found.latencies.values())


def test_latencies_fall_into_the_bucket_that_ends_with_or_after_them(tmp_path: Path) -> None:
    assert [bucket_of(ms) for ms in (0, 50, 51, 300_000, 300_001)] == [50, 50, 100, 300_000, ABOVE]
    database = open_database(tmp_path)
    with recording(database) as recorder:
        recorder.record([row(f"id-{ms}", latency_ms=ms) for ms in (0, 50, 51, 999_999)] + [row("none")])
    day = NOON_MS - 12 * HOUR_MS
    assert kept_buckets(database) == {
        (width, start, bound): count
        for width, start in (("hour", NOON_MS), ("day", day))
        for bound, count in ((50, 2), (100, 1), (ABOVE, 1))
    }


def test_only_what_logs_told_is_summed_as_logged(tmp_path: Path) -> None:
    database = open_database(tmp_path)
    with recording(database) as recorder:
        recorder.record([row("a", door=Door.LOG), row("b", door=Door.API, model="haiku")])
    assert {key[3] for key in kept_sums(database) if key[1] == "logged_model"} == {"sonnet"}
