"""Invocations one by one: filters, pages, and a walk that never looks at more than it may."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from llm_service.core.invocations.query import InvocationQuery, decode_place
from llm_service.core.invocations.usage import Door
from llm_service.core.query import BadQuery
from tests.telemetry.costs_kit import Ledger, ledger


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Ledger]:
    with ledger(tmp_path, "2026-11-21 16:30") as made:
        yield made


def pages(books: Ledger, query: InvocationQuery) -> Iterator[dict]:
    """Every page up to the end."""
    while True:
        page = books.costs.newest(query)
        yield page
        if page["next"] is None:
            assert page["searched_to"] is None
            return
        query = query._replace(after=decode_place(page["next"]))


def ids(books: Ledger, query: InvocationQuery) -> list[str]:
    return [row["invocation_id"] for page in pages(books, query) for row in page["rows"]]


def test_the_newest_come_first_and_pages_lose_and_repeat_nothing_also_among_equal_times(books: Ledger) -> None:
    times = [5, 3, 3, 3, 9, 1, 3]
    books.recorder.record([books.call(books.now_ms - 1000 * seconds, 1.0) for seconds in times])
    expected = [f"call-{number}" for number in (5, 6, 3, 2, 1, 0, 4)]
    for limit in (1, 2, 3, 7, 100):
        assert ids(books, InvocationQuery(limit=limit)) == expected


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"model": "a"}, [0, 1]),
        ({"agent": "anna"}, [0]),
        ({"agent": ""}, [1, 2]),
        ({"tool": "u"}, [2]),
        ({"project": "/p"}, [1]),
        ({"node": "spark"}, [2]),
        ({"node": ""}, [0, 1]),
        ({"task": "T1"}, [0]),
        ({"session": "s"}, [2]),
        ({"status": "timeout"}, [1]),
        ({"door": "import"}, [2]),
        ({"unpriced": True}, [1]),
        ({"model": "a", "status": "success"}, [0]),
        ({"model": "A"}, []),
        ({"model": "' OR 1 --"}, []),
    ],
)
def test_each_filter_finds_what_it_says(books: Ledger, asked: dict, found: list[int]) -> None:
    now = books.now_ms
    books.spend(now - 1, 1.0, model="a", agent="anna", task="T1")
    books.spend(now - 2, None, model="a", project="/p", status="timeout")
    books.spend(now - 3, 1.0, model="b", tool="u", session="s", node="spark", door=Door.IMPORT)
    assert ids(books, InvocationQuery(**asked)) == [f"call-{number}" for number in found]


def test_a_stretch_of_time_ends_before_its_end(books: Ledger) -> None:
    for at_ms in (10, 20, 30, 40):
        books.spend(at_ms, 1.0)
    assert ids(books, InvocationQuery(from_ms=20, to_ms=40)) == ["call-2", "call-1"]


def test_a_rare_filter_looks_at_so_many_rows_a_page_and_goes_on_in_the_next(
    books: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("llm_service.telemetry.newest.LOOKS_AT", 10)
    rows = [
        books.call(books.now_ms - 1000 * number, 1.0, model="rare" if number == 34 else "m") for number in range(41)
    ]
    books.recorder.record(rows)
    found = list(pages(books, InvocationQuery(model="rare")))
    assert [len(page["rows"]) for page in found] == [0, 0, 0, 1, 0]
    assert found[0]["searched_to"] == "2026-11-21T15:29:51.000Z"
    assert found[3]["rows"][0]["invocation_id"] == "call-34"


def test_a_row_has_everything_that_was_kept_and_what_was_also_seen_is_marked(books: Ledger) -> None:
    full = books.spend(
        books.now_ms,
        0.25,
        tool="claude",
        session="s",
        door=Door.LOG,
        provider="anthropic",
        agent="anna",
        task="T",
        project="/p",
        node="spark",
        input_tokens=1,
        output_tokens=2,
        reasoning_tokens=1,
        cache_read_tokens=3,
        cache_write_tokens=4,
        cache_write_5m_tokens=5,
        cache_write_1h_tokens=6,
        web_searches=7,
        latency_ms=8,
        status="error",
        error="refused",
        tier="batch",
    )
    books.spend(books.now_ms - 5, None, tool="claude", session="s", door=Door.OTLP_METRICS)
    also_seen, row = books.costs.newest(InvocationQuery())["rows"][::-1]
    assert not also_seen["counted"]
    assert also_seen["cost_usd"] is None
    expected = full._asdict()
    for name in ("at_ms", "reported_nano", "rank"):
        expected.pop(name)
    assert row == {
        **expected,
        "timestamp": "2026-11-21T15:30:00.000Z",
        "total_tokens": 21,
        "cost_usd": 0.25,
        "reported_usd": 0.25,
        "estimated_usd": None,
        "price": None,
        "counted": True,
    }


@pytest.mark.parametrize(
    "text", ["x", "", "W10", "e30", "WyJhIiwyXQ", "WzFlOTksMV0", "Wzk5OTk5OTk5OTk5OTk5OTk5OTk5LDFd"]
)
def test_a_cursor_of_somebody_else_is_refused(text: str) -> None:
    with pytest.raises(BadQuery):
        decode_place(text)
