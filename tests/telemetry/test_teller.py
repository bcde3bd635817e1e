"""When open pages are told: at once, then at most four times a second, and whenever what they show becomes untrue."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from llm_service.core.observations import Announced
from llm_service.errors import TelemetryUnavailable
from llm_service.telemetry.teller import AT_MOST_EVERY_S, Teller
from tests.kit.waiting import wait_until
from tests.telemetry.costs_kit import Ledger, at, ledger


class Page:
    """What was published, with the time at which it came."""

    def __init__(self, books: Ledger) -> None:
        self.books = books
        self.heard: list[tuple[float, Announced]] = []
        self.condition: tuple[str, ...] = ()
        self.teller = Teller(
            books.costs, self.hear, condition=lambda: self.condition, now_ms=lambda: books.now_ms, tick_s=0.01
        )
        books.recorder.on_commit(self.teller.hear)

    def hear(self, announced: Announced) -> None:
        self.heard.append((time.monotonic(), announced))

    def updates(self) -> list[Announced]:
        return [announced for _, announced in self.heard if announced.event == "cost.update"]

    def today(self) -> float | None:
        updates = self.updates()
        return updates[-1].body["costs"]["today"] if updates else None  # type: ignore[index]

    def until(self, today: float) -> None:
        wait_until(lambda: self.today() == today, f"{today} dollars on the ticker")


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Page]:
    with ledger(tmp_path, "2026-11-21 16:30") as books:
        made = Page(books)
        made.teller.start()
        made.until(0.0)
        yield made
        made.teller.stop()
        assert made.teller.failures == 0


def test_how_things_stand_is_told_at_the_start_and_stands_for_later_pages(page: Page) -> None:
    assert [(announced.event, announced.standing) for _, announced in page.heard] == [("cost.update", True)]


def test_a_call_is_told_by_itself_and_in_the_sums(page: Page) -> None:
    page.books.spend(page.books.now_ms, 1.5, agent="anna", input_tokens=3)
    page.until(1.5)
    single = [announced for _, announced in page.heard if announced.event == "telemetry.update"]
    assert single[0].body["invocation"] == {
        "invocation_id": "call-0",
        "timestamp": "2026-11-21T15:30:00.000Z",
        "agent_name": "anna",
        "tool_name": "t",
        "model_name": "m",
        "total_tokens": 3,
        "cost_usd": 1.5,
        "latency_ms": None,
        "status": "success",
    }


def test_a_storm_is_told_four_times_a_second_and_its_end_is_never_lost(page: Page) -> None:
    began_s = time.monotonic()
    for _ in range(60):
        page.books.spend(page.books.now_ms, 1.0)
    page.until(60.0)
    took_s = page.heard[-1][0] - began_s
    times = [moment for moment, announced in page.heard if announced.event == "cost.update"]
    assert len(times) <= took_s / AT_MOST_EVERY_S + 3


def test_many_rows_at_once_are_told_as_sums_only(page: Page) -> None:
    rows = [page.books.call(page.books.now_ms, 1.0) for _ in range(21)]
    page.books.recorder.record(rows)
    page.until(21.0)
    assert {announced.event for _, announced in page.heard} == {"cost.update"}


def test_midnight_begins_a_new_day_though_nothing_happens(page: Page) -> None:
    page.books.spend(page.books.now_ms, 2.0)
    page.until(2.0)
    page.books.now_ms = at("2026-11-22 00:00")
    page.until(0.0)
    assert page.updates()[-1].body["costs"] == {"today": 0.0, "month": 2.0, "total": 2.0}


def test_an_operation_leaves_after_five_minutes_though_nothing_happens(page: Page) -> None:
    page.books.spend(page.books.now_ms, 2.0)
    page.until(2.0)
    assert len(page.updates()[-1].body["active_operations"]) == 1  # type: ignore[arg-type]
    page.books.now_ms += 300_000
    wait_until(lambda: not page.updates()[-1].body["active_operations"], "the end of what was active")


def test_while_nothing_changes_nothing_is_told(page: Page) -> None:
    looked = threading.Event()
    asked = page.teller._is_late
    count = [0]

    def is_late() -> bool:
        count[0] += 1
        if count[0] > 20:
            looked.set()
        return asked()

    page.teller._is_late = is_late  # type: ignore[method-assign]
    assert looked.wait(10)
    assert len(page.heard) == 1


def test_a_condition_is_told_when_it_comes_and_when_it_goes(page: Page) -> None:
    page.condition = ("Telemetry is paused: disk full.",)
    wait_until(lambda: page.updates()[-1].body["condition"] == ["Telemetry is paused: disk full."], "the condition")
    page.condition = ()
    wait_until(lambda: page.updates()[-1].body["condition"] == [], "its end")


def test_when_the_database_cannot_be_read_the_last_figures_stay_with_the_reason(tmp_path: Path) -> None:
    with ledger(tmp_path, "2026-11-21 16:30") as books:
        page = Page(books)
        page.teller.start()
        books.spend(books.now_ms, 2.0)
        page.until(2.0)
        update = books.costs.update

        def broken() -> None:
            raise TelemetryUnavailable("the file is gone")

        books.costs.update = broken  # type: ignore[method-assign,assignment]
        page.teller.look_again()
        wait_until(lambda: page.updates()[-1].body["condition"], "the reason")
        assert page.updates()[-1].body["condition"] == ["Costs cannot be read: the file is gone."]
        assert page.today() == 2.0
        told = len(page.updates())
        failures = page.teller.failures
        wait_until(lambda: page.teller.failures > failures + 1, "further tries")
        assert len(page.updates()) == told
        books.costs.update = update  # type: ignore[method-assign]
        wait_until(lambda: page.updates()[-1].body["condition"] == [], "all well again")
        page.teller.stop()
