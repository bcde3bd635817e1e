"""The row that is told as final has the figures that made it final, though their card is still on its way."""

from __future__ import annotations

from typing import Any, cast

from llm_service.core.invocations.usage import Invocation
from llm_service.core.pricing.gpu_hours import GpuHour
from llm_service.core.runs.shapes import RunCard
from llm_service.sources.bobspark.run_keeper import Keeping, RunKeeper
from tests.kit.run_cards import run_card


class Store:
    """Takes everything."""

    room = 100
    waiting = 0

    def keep(self, *_: Any) -> None:
        """It is kept."""


class Books:
    """Remembers the rows that were offered while there was room."""

    def __init__(self) -> None:
        self.rows: list[Invocation] = []
        self.room = True

    def offer(self, rows: Any, *, again: bool = False) -> bool:
        self.rows += rows if self.room else ()
        return self.room

    def on_commit(self, _: Any) -> None:
        """Nothing is committed."""


def keeper_of(books: Books, card: RunCard | None = None) -> RunKeeper:
    """One whose runs are all settled; `card` is the run s:r as it stands."""
    return RunKeeper(
        lambda: Keeping(cast(Any, Store()), books),
        settled=lambda _: True,
        card=lambda key: card if key == "s:r" else None,
        priced=lambda *_: None,
        off=lambda: False,
        gpu_hours=(GpuHour("spark", 3_600 * 10**9),),
        now_ms=lambda: 0,
    )


def test_a_run_that_settles_while_its_last_card_is_on_its_way_costs_what_it_took() -> None:
    books = Books()
    heard = run_card("r", model="local/qwen", node="spark", duration_s=60.5)
    final = run_card("r", model="local/qwen", node="spark", duration_s=60.0)
    keeper = keeper_of(books, final)
    keeper.take({"s:r": heard, "s:gone": run_card("gone")}, [])
    keeper.flush()
    keeper.take({"s:r": final}, [])
    keeper.flush()
    rows = {row.invocation_id: row for row in books.rows}
    assert rows["bobspark:s:r"].reported_nano == 60 * 10**9
    assert {row.reported_nano for row in books.rows if row.session == "s:r"} == {60 * 10**9}
    assert rows["bobspark:s:gone"].latency_ms == 60_000


def test_a_final_row_that_finds_no_room_is_offered_until_it_does() -> None:
    books = Books()
    keeper = keeper_of(books)
    books.room = False
    keeper.take({"s:r": run_card("r"), "s:q": run_card("q")}, [])
    keeper.flush()
    keeper.flush()
    assert books.rows == []
    books.room = True
    keeper.flush()
    keeper.flush()
    assert [row.session for row in books.rows] == ["s:r", "s:q"]
